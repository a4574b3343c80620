"""The sample model's own eye: every symbol in every turn and size, and what only resembles one."""

from __future__ import annotations

import random

import numpy as np
import pymupdf
import pytest
from numpy.typing import NDArray

from tilescout_local.engines.symbol_matching import SymbolFinder
from tilescout_local.engines.symbol_templates import SIZES
from tilescout_local.samples.sheet import Sheet
from tilescout_local.samples.symbols import place_near_miss, place_symbol

CERTAIN = 50.0


@pytest.fixture(scope="module")
def finder() -> SymbolFinder:
    return SymbolFinder()


def shown(sheet: Sheet, dpi: int) -> NDArray[np.uint8]:
    drawn = sheet.finish()[0].get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY)
    return np.frombuffer(drawn.samples, np.uint8).reshape(drawn.height, drawn.width)


def found(finder: SymbolFinder, image: NDArray[np.uint8]) -> list[tuple[str, tuple[float, ...]]]:
    sure = [label for label in finder.find(image) if label.confidence >= CERTAIN]
    return sorted((label.name, label.box) for label in sure)


@pytest.mark.parametrize("dpi", [150, 200])
def test_every_symbol_is_found_in_every_turn_and_nothing_else(
    finder: SymbolFinder, dpi: int
) -> None:
    sheet = Sheet(120.0, 160.0, random.Random(5))
    for row, (label, size) in enumerate(SIZES.items()):
        for column, turn in enumerate((0, 90, 180, 270)):
            place_symbol(sheet, label, (15.0 + 28 * column, 12.0 + 22 * row), size, turn)

    seen = found(finder, shown(sheet, dpi))

    pixels = dpi / 72
    truth = sorted(
        (row["label"], [side * pixels for side in row["box_pt"]]) for row in sheet.truth.symbols
    )
    assert [label for label, _ in seen] == [label for label, _ in truth]
    for label in SIZES:
        boxes = [box for name, box in seen if name == label]
        for wanted in (box for name, box in truth if name == label):
            nearest = min(boxes, key=lambda box: abs(box[0] - wanted[0]) + abs(box[1] - wanted[1]))
            assert nearest == pytest.approx(wanted, abs=0.03 * dpi)


def test_what_only_resembles_a_symbol_is_none(finder: SymbolFinder) -> None:
    sheet = Sheet(120.0, 160.0, random.Random(5))
    for row, (label, size) in enumerate(SIZES.items()):
        for column, turn in enumerate((0, 90, 180, 270)):
            place_near_miss(sheet, label, (15.0 + 28 * column, 12.0 + 22 * row), size, turn)

    assert found(finder, shown(sheet, 200)) == []


def test_an_empty_or_a_very_small_image_holds_nothing(finder: SymbolFinder) -> None:
    assert finder.find(np.full((512, 512), 255, np.uint8)) == []
    assert finder.find(np.zeros((64, 64), np.uint8)) == []
