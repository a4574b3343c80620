"""The sample model as it is served: every symbol in every turn, and what only resembles one."""

from __future__ import annotations

import io
import json
import random
from collections import Counter

import pymupdf
import pytest
from PIL import Image

from tilescout.geometry import Box, iou
from tilescout_local.engines.symbol_detector import SAMPLE_MODEL, SymbolDetector
from tilescout_samples.sheet import Sheet
from tilescout_samples.symbols import place_near_miss, place_symbol

DPI = 150
CERTAIN = 50.0
SIZES = {"gate-valve": 9.0, "control-valve": 9.0, "pump": 13.0, "light": 7.0,
         "socket-outlet": 6.0, "fire-alarm": 6.5, "switch": 5.0}  # fmt: skip
TURNS = (0, 90, 180, 270)


@pytest.fixture(scope="module")
def finder() -> SymbolDetector:
    return SymbolDetector()


def shown(sheet: Sheet) -> bytes:
    drawn = sheet.finish()[0].get_pixmap(dpi=DPI, colorspace=pymupdf.csGRAY)
    file = io.BytesIO()
    Image.frombytes("L", (drawn.width, drawn.height), drawn.samples).save(file, "JPEG", quality=85)
    return file.getvalue()


def found(finder: SymbolDetector, image: bytes) -> list[tuple[str, tuple[float, ...]]]:
    sure = [label for label in finder.find(image) if label.confidence >= CERTAIN]
    return sorted((label.name, label.box) for label in sure)


def test_every_symbol_is_found_in_every_turn_and_nothing_else(finder: SymbolDetector) -> None:
    sheet = Sheet(120.0, 160.0, random.Random(5))
    for row, (label, size) in enumerate(SIZES.items()):
        for column, turn in enumerate(TURNS):
            place_symbol(sheet, label, (15.0 + 28 * column, 12.0 + 22 * row), size, turn)

    seen = found(finder, shown(sheet))

    assert Counter(label for label, _ in seen) == dict.fromkeys(SIZES, 4)
    for symbol in sheet.truth.symbols:
        wanted = Box(*symbol["box_pt"]).scale(DPI / 72)
        assert max(iou(Box(*box), wanted) for name, box in seen if name == symbol["label"]) > 0.7


def test_what_only_resembles_a_symbol_is_none(finder: SymbolDetector) -> None:
    sheet = Sheet(120.0, 160.0, random.Random(5))
    for row, (label, size) in enumerate(SIZES.items()):
        for column, turn in enumerate(TURNS):
            place_near_miss(sheet, label, (15.0 + 28 * column, 12.0 + 22 * row), size, turn)

    assert found(finder, shown(sheet)) == []


@pytest.mark.parametrize("size", [(64, 64), (333, 77)])
def test_an_empty_image_of_any_size_holds_nothing(
    finder: SymbolDetector, size: tuple[int, int]
) -> None:
    file = io.BytesIO()
    Image.new("L", size, 255).save(file, "PNG")

    assert finder.find(file.getvalue()) == []


def test_the_model_is_small_and_comes_with_its_recipe() -> None:
    recipe = json.loads(SAMPLE_MODEL.with_suffix(".json").read_text())

    assert SAMPLE_MODEL.stat().st_size == recipe["bytes"]
    assert recipe["bytes"] <= 2_000_000
    assert set(recipe["labels"]) == set(SIZES)
    assert recipe["settings"]["seed"] == 1
    assert recipe["training_cpu_seconds"] > 0
