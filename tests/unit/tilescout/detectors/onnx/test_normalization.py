"""Values as a model takes them: from a file beside it, or from a person; both in the same unit."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tilescout.detectors.onnx.cards import ModelInput, OnnxCard
from tilescout.detectors.onnx.inputs import fitted
from tilescout.detectors.onnx.layout_choice import Layout
from tilescout.detectors.onnx.normalization import (
    KNOWN,
    Normalization,
    from_options,
    from_processor,
    is_ambiguous,
    normalized,
)
from tilescout.errors import UnusableModel

IMAGENET: dict[str, Any] = {
    "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225],
}  # fmt: skip
BYTES: dict[str, Any] = {
    "image_mean": [123.675, 116.28, 103.53], "image_std": [58.395, 57.12, 57.375],
}  # fmt: skip


def card(layout: Layout = "detr-sigmoid", first: str = "logits", **taken: Any) -> OnnxCard:
    values = {"name": "pixel_values", "type": "float32", "channels": 3} | taken
    return OnnxCard(layout=layout, labels=("valve",), thresholds=(0.5,), outputs=(first, "boxes"),
                    input=ModelInput(**values))  # fmt: skip


def white(values: Normalization) -> list[float]:
    """The three channels of a white pixel as the model gets them."""
    taken = normalized(card(), values).input
    pixels = fitted(np.full((32, 32), 255, np.uint8), taken).feed["pixel_values"]
    return [round(float(value), 3) for value in pixels[0, :, 0, 0]]


@pytest.mark.parametrize(
    ("told", "channels"),
    [
        ({"do_normalize": True} | IMAGENET, [2.249, 2.429, 2.64]),
        ({"do_normalize": False} | IMAGENET, [1.0, 1.0, 1.0]),
        ({"do_rescale": True, "rescale_factor": 0.00392156862745098} | IMAGENET,
         [2.249, 2.429, 2.64]),
        ({"do_rescale": False, "do_normalize": False}, [255.0, 255.0, 255.0]),
        ({"do_rescale": False} | BYTES, [2.249, 2.429, 2.64]),
        ({"rescale_factor": 1 / 127.5, "image_mean": [1, 1, 1], "image_std": [1, 1, 1]},
         [1.0, 1.0, 1.0]),
        ({"image_mean": [0.5], "image_std": [0.5]}, [1.0, 1.0, 1.0]),
        ({"image_processor_type": "DetrImageProcessor", "size": {"height": 640}},
         [2.249, 2.429, 2.64]),
    ],
)  # fmt: skip
def test_a_file_beside_the_model_tells_its_values(
    told: dict[str, Any], channels: list[float]
) -> None:
    assert white(from_processor(json.dumps(told))) == channels


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "has 1 errors; correct or move it"),
        ('{"image_mean": "half"}', "has 1 errors"),
        ('{"image_std": [0, 0, 0]}', "the deviation over 0; here they are 0.485,0.456,0.406 and"),
        ('{"image_mean": [1, 2], "image_std": [1, 2]}', "one per channel"),
        ('{"rescale_factor": 0}', "says 0; correct it"),
    ],
)
def test_a_file_that_tells_nothing_that_can_be_is_refused(text: str, said: str) -> None:
    with pytest.raises(UnusableModel, match=said):
        from_processor(text)


def test_numbers_over_one_are_those_of_values_to_255() -> None:
    ratios = from_options((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    levels = from_options((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
    assert white(levels) == white(ratios) == [2.249, 2.429, 2.64]


@pytest.mark.parametrize(
    ("mean", "deviation"),
    [((), (0.5,)), ((0.5,), ()), ((0.5, 0.5), (1.0,)), ((0.5,), (0.0,)), ((float("nan"),), (1.0,))],
)
def test_options_that_can_be_none_are_refused(
    mean: tuple[float, ...], deviation: tuple[float, ...]
) -> None:
    with pytest.raises(UnusableModel, match="correct --mean and --std"):
        from_options(mean, deviation)


@pytest.mark.parametrize(
    ("name", "channels"),
    [("0 to 1", [1.0] * 3), ("-1 to 1", [1.0] * 3), ("0 to 255", [255.0] * 3),
     ("normalised as ImageNet", [2.249, 2.429, 2.64])],
)  # fmt: skip
def test_known_values_have_their_range(name: str, channels: list[float]) -> None:
    assert white(KNOWN[name]) == channels


def test_values_that_a_person_tells_replace_those_of_the_layout() -> None:
    taken = normalized(card("yolox", largest=255, is_bgr=True), KNOWN["0 to 1"]).input
    assert (taken.largest, taken.mean, taken.deviation, taken.is_bgr) == (1, (0.0,), (1.0,), True)


def test_a_model_of_bytes_takes_no_other_values() -> None:
    with pytest.raises(UnusableModel, match="leave --mean and --std out"):
        normalized(card(type="uint8"), KNOWN["0 to 1"])


@pytest.mark.parametrize(
    ("layout", "first", "ambiguous"),
    [("detr-sigmoid", "logits", True), ("detr-sigmoid", "pred_logits", False),
     ("detr-softmax", "logits", False), ("yolo-columns", "output0", False)],
)  # fmt: skip
def test_names_of_transformers_with_a_column_per_label_tell_no_values(
    layout: Layout, first: str, ambiguous: bool
) -> None:
    assert is_ambiguous(card(layout, first)) is ambiguous
