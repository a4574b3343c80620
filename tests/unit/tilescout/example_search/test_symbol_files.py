"""Learned symbols are written to a file and read back as they were."""

from __future__ import annotations

import pytest

from tests.unit.tilescout.example_search.drawn_strokes import VALVE, box_at, page_of, placed
from tests.unit.tilescout.example_search.pixels.drawn_pixels import scan_of, valve_box
from tilescout.errors import UnusableModel
from tilescout.example_search import (
    Example,
    find_pixels,
    find_symbols,
    learn_pixels,
    learn_symbol,
    with_reject,
)
from tilescout.example_search.symbol_files import SymbolFile, from_file, to_file

PARTS = [placed(VALVE, x, 40) for x in (40, 100, 160, 220)]


@pytest.fixture(scope="module")
def symbols() -> SymbolFile:
    page = page_of([*PARTS, placed(VALVE[:4], 40, 130)])
    learned = learn_symbol(page, Example(box_at(40, 40), "valve"))
    learned = with_reject(page, learned, box_at(40, 130))
    scanned = learn_pixels(scan_of(PARTS), Example(valve_box(40, 40), "valve"))
    return SymbolFile(strokes=(learned,), pixels=(scanned,))


def test_a_search_with_symbols_of_a_file_finds_the_same(symbols: SymbolFile) -> None:
    read = from_file(to_file(symbols))

    page, scan = page_of(PARTS), scan_of(PARTS)
    assert find_symbols(page, read.strokes[0]) == find_symbols(page, symbols.strokes[0])
    assert find_pixels(scan, read.pixels[0]) == find_pixels(scan, symbols.pixels[0])
    assert read.labels == ("valve",)


def test_the_same_symbols_give_the_same_file(symbols: SymbolFile) -> None:
    assert to_file(symbols) == to_file(symbols)


@pytest.mark.parametrize("body", [b"", b"PK", b"no archive", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_file_of_examples_is_refused_with_a_remedy(body: bytes) -> None:
    with pytest.raises(UnusableModel, match="write it again with `tilescout find-like"):
        from_file(body)
