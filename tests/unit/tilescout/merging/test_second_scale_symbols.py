"""A symbol larger than a tile before the trained sample model, rendered and merged as in a run."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.second_scale import DPI, TILE_SIZE, detect_page
from benchmarks.symbols.accuracy import Counts, counts
from tilescout.detectors.onnx.model import OnnxModel
from tilescout.geometry import POINTS_PER_INCH, Box
from tilescout.profiles import SecondScale
from tilescout_datasets.annotations import Annotation
from tilescout_local.engines.symbol_detector import SAMPLE_MODEL
from tilescout_samples.sheet import Sheet
from tilescout_samples.symbols import place_symbol

PUMP = 104.0
"""Millimetres; the model knows pumps of 13."""


@pytest.fixture(scope="module")
def model() -> OnnxModel:
    return OnnxModel(SAMPLE_MODEL)


def seen(model: OnnxModel, folder: Path, second_scale: SecondScale) -> Counts:
    sheet = Sheet(297.0, 210.0, random.Random(1))
    place_symbol(sheet, "pump", (140.0, 100.0), PUMP, 0)
    sheet.finish().save(folder / "pump.pdf")
    (drawn,) = sheet.truth.symbols
    truth = Annotation("pump", Box(*drawn["box_pt"]).scale(DPI / POINTS_PER_INCH))
    assert min(truth.box.width, truth.box.height) > TILE_SIZE
    page, _ = detect_page(model, (folder / "pump.pdf").read_bytes(), (truth,), second_scale)
    return counts([page], 50.0)


@pytest.mark.parametrize(("second_scale", "right"), [(0.0, 0), (0.125, 1)])
def test_a_symbol_larger_than_a_tile_is_found_once_with_a_second_scale_only(
    model: OnnxModel, tmp_path: Path, second_scale: SecondScale, right: int
) -> None:
    found = seen(model, tmp_path, second_scale)

    assert found.right == right
