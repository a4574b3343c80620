"""The sample model as a function serves it: as the project's own code does, and no other file."""

from __future__ import annotations

import io
import random

import numpy as np
import pymupdf
import pytest
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as state
from PIL import Image

from tilescout.detectors.onnx.cards import card_from_json, card_to_json
from tilescout.detectors.onnx.model import OnnxModel, ServedModel, decoded
from tilescout.errors import UnusableModel
from tilescout_local.engines.symbol_detector import SAMPLE_MODEL
from tilescout_samples.sheet import Sheet
from tilescout_samples.symbols import place_symbol

FILE = SAMPLE_MODEL.read_bytes()


@pytest.fixture(scope="module")
def image() -> NDArray[np.uint8]:
    """355 x 237 px at 150 dpi, with two symbols."""
    sheet = Sheet(60.0, 40.0, random.Random(2))
    place_symbol(sheet, "pump", (15.0, 15.0), 13.0, 90)
    place_symbol(sheet, "light", (40.0, 25.0), 7.0, 0)
    pixels = sheet.finish()[0].get_pixmap(dpi=150, colorspace=pymupdf.csGRAY)
    file = io.BytesIO()
    Image.frombytes("L", (pixels.width, pixels.height), pixels.samples).save(file, "PNG")
    return decoded(file.getvalue())


def test_a_function_finds_what_the_project_s_own_code_finds(image: NDArray[np.uint8]) -> None:
    own, served = OnnxModel(FILE), ServedModel(FILE)
    wanted, found = own.find(image), served.find(image)
    assert sorted(served.card.labels[label] for label in found.labels[:2]) == ["light", "pump"]
    assert np.array_equal(wanted.boxes, found.boxes)
    assert np.array_equal(wanted.confidences, found.confidences)
    assert np.array_equal(wanted.labels, found.labels)


def test_a_card_that_was_stored_serves_as_the_file_s_own(image: NDArray[np.uint8]) -> None:
    served = ServedModel(FILE)
    again = ServedModel(FILE, card_from_json(card_to_json(served.card)))
    assert np.array_equal(served.find(image).boxes, again.find(image).boxes)


def test_a_coloured_tile_is_read_as_grey_where_the_model_takes_grey(
    image: NDArray[np.uint8],
) -> None:
    served = ServedModel(FILE)
    coloured = np.repeat(image[:, :, None], 3, axis=2)
    assert np.array_equal(served.find(image).boxes, served.find(coloured).boxes)


@pytest.mark.parametrize("file", [b"", b"no model", FILE[:100_000]], ids=["empty", "text", "torn"])
def test_what_is_no_model_is_refused_with_what_onnxruntime_said(file: bytes) -> None:
    with pytest.raises(UnusableModel, match="onnxruntime must load the model and run it"):
        ServedModel(file)


@pytest.mark.parametrize(
    "error",
    [
        state.Fail("Non-zero status code returned while running Reshape node"),
        state.RuntimeException("Failed to allocate memory for requested buffer"),
        state.EPFail("the execution provider failed"),
        MemoryError("std::bad_alloc"),
        RuntimeError("could not create a primitive"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_fails_while_an_image_is_looked_at_is_told(
    image: NDArray[np.uint8], error: Exception
) -> None:
    class Failing:
        def run(self, *_: object) -> None:
            raise error

    model = ServedModel(SAMPLE_MODEL.read_bytes())
    model._session = Failing()
    with pytest.raises(UnusableModel, match=str(error)):
        model.find(image)
