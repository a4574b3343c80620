"""Text larger than the tiles, through the whole system: with a second scale, and without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.local.drawings import drawing
from tests.local.whole import TEXTRACT, Configuration, Whole, deployed, synthesised
from tilescout.documents import Document

pytestmark = pytest.mark.long

LETTERS = 900.0
"""Points; at 72 dpi the capitals are 650 px high, in tiles of 512 px with 64 px overlap."""
TITLE = (100.0, 960.0, "PLAN 27")
SIZE = (3800.0, 1200.0)


def profiles(configuration: Configuration) -> None:
    plain = {"detector": "textract", "dpi": 72, "tile_size": 512, "overlap": 64}
    configuration["profiles"] = {
        "once": plain | {"default": True},
        "twice": plain | {"second_scale": "page"},
    }


def titled() -> bytes:
    """A title across the sheet."""
    return drawing(TITLE, size=SIZE, font=LETTERS)


@dataclass(frozen=True)
class Looked:
    whole: Whole
    once: Document
    twice: Document
    billed: int


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looked]:
    """The title under both profiles, run."""
    assembly = synthesised(tmp_path_factory.mktemp("scales"), profiles)
    with deployed(tmp_path_factory.mktemp("scales-aws"), assembly) as whole:
        ids = [whole.queued(titled(), name, f"{name}.pdf") for name in ("once", "twice")]
        assert whole.run("textract") == "SUCCEEDED"
        once, twice = map(whole.document, ids)
        yield Looked(whole, once, twice, whole.billed(TEXTRACT))


def test_text_larger_than_the_tiles_is_found_once_with_a_second_scale(looked: Looked) -> None:
    (found,) = [row for row in looked.whole.rows(looked.twice.id) if row["text"] == "PLAN 27"]

    left, top, right, bottom = found["box_px"]
    assert (left, right) == (pytest.approx(170, abs=60), pytest.approx(3680, abs=100))
    assert (top, bottom) == (pytest.approx(310, abs=60), pytest.approx(960, abs=60))
    assert found["open_sides"] == []


def test_without_a_second_scale_it_is_not_found(looked: Looked) -> None:
    assert looked.once.status == "DONE"
    assert "PLAN 27" not in looked.whole.texts(looked.once.id)


def test_the_second_look_costs_one_call(looked: Looked) -> None:
    assert looked.twice.tiles_planned == looked.once.tiles_planned + 1
    assert looked.billed == looked.once.calls + looked.twice.calls
    assert looked.twice.calls == looked.once.calls + 1
