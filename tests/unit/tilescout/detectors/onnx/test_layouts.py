"""Outputs of YOLO- and DETR-family models, by arrays written by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tilescout.detectors.onnx.answers import FoundBoxes
from tilescout.detectors.onnx.cards import ModelInput, OnnxCard
from tilescout.detectors.onnx.inputs import FittedImage, fitted
from tilescout.detectors.onnx.layout_choice import Layout
from tilescout.detectors.onnx.layouts import found

LABELS = ("valve", "pump")
SIZE = (200, 100)


def card(layout: Layout, thresholds: tuple[float, ...] = (0.5, 0.5)) -> OnnxCard:
    return OnnxCard(
        layout=layout,
        labels=LABELS,
        thresholds=thresholds,
        input=ModelInput(name="images", type="float32", channels=3),
        outputs=("output0",),
    )


def given(scale: float = 1.0, canvas: tuple[int, int] = (200, 100)) -> FittedImage:
    return FittedImage({}, scale, canvas)


def rows(seen: FoundBoxes) -> list[tuple[str, float, list[float]]]:
    return [
        (LABELS[label], round(float(confidence), 1), [round(side, 1) for side in box])
        for box, confidence, label in zip(
            seen.boxes.tolist(), seen.confidences, seen.labels, strict=True
        )
    ]


def array(*values: Any) -> NDArray[np.float32]:
    return np.array([values], dtype=np.float32)


def test_columns_of_yolo_v8_are_centre_size_and_a_score_a_label() -> None:
    output = array([50, 150], [40, 60], [20, 10], [10, 30], [0.9, 0.1], [0.2, 0.8])
    seen = found([output], card("yolo-columns"), given(), SIZE)
    assert rows(seen) == [
        ("valve", 90.0, [40.0, 35.0, 60.0, 45.0]),
        ("pump", 80.0, [145.0, 45.0, 155.0, 75.0]),
    ]


def test_rows_of_yolo_v5_have_a_score_for_anything_too() -> None:
    output = array([50, 40, 20, 10, 0.5, 0.9, 0.2], [150, 60, 10, 30, 1.0, 0.1, 0.8])
    seen = found([output], card("yolo-rows"), given(), SIZE)
    assert rows(seen) == [
        ("pump", 80.0, [145.0, 45.0, 155.0, 75.0]),
        ("valve", 45.0, [40.0, 35.0, 60.0, 45.0]),
    ]


def test_detr_with_sigmoid_gives_ratios_of_the_canvas() -> None:
    logits, boxes = array([0.0, -9.0], [-9.0, 2.0]), array([0.25, 0.4, 0.1, 0.1], [0.5] * 4)
    seen = found([logits, boxes], card("detr-sigmoid"), given(), SIZE)
    assert rows(seen) == [
        ("pump", 88.1, [50.0, 25.0, 150.0, 75.0]),
        ("valve", 50.0, [40.0, 35.0, 60.0, 45.0]),
    ]


def test_detr_with_softmax_has_a_last_class_for_nothing() -> None:
    logits, boxes = array([3.0, 0.0, 3.0], [0.0, 0.0, 9.0]), array([0.5] * 4, [0.25] * 4)
    seen = found([logits, boxes], card("detr-softmax"), given(), SIZE)
    assert rows(seen) == [("valve", 48.8, [50.0, 25.0, 150.0, 75.0])]


def test_boxes_go_back_to_the_image_that_was_scaled_down() -> None:
    output = array([25], [20], [10], [5], [0.9], [0.1])
    seen = found([output], card("yolo-columns"), given(scale=0.5, canvas=(100, 100)), SIZE)
    assert rows(seen) == [("valve", 90.0, [40.0, 35.0, 60.0, 45.0])]


def test_a_box_is_cut_off_at_the_image_and_one_on_the_paper_beside_it_is_none() -> None:
    output = array([195, 250], [50, 50], [20, 20], [20, 20], [0.9, 0.9], [0, 0])
    seen = found([output], card("yolo-columns"), given(canvas=(256, 128)), SIZE)
    assert rows(seen) == [("valve", 90.0, [185.0, 40.0, 200.0, 60.0])]


def test_the_same_object_is_given_once() -> None:
    output = array([50, 51, 80], [40, 40, 40], [20] * 3, [10] * 3, [0.8, 0.9, 0.7], [0, 0, 0])
    seen = found([output], card("yolo-columns"), given(), SIZE)
    assert [round(float(each)) for each in seen.confidences] == [90, 70]


def test_a_label_s_threshold_is_a_confidence_of_fifty() -> None:
    output = array([50], [40], [20], [10], [0.2], [0.0])
    seen = found([output], card("yolo-columns", (0.2, 0.5)), given(), SIZE)
    assert rows(seen)[0][1] == 50.0


def test_nothing_under_the_floor_is_given() -> None:
    output = array([50, 150], [40, 60], [20, 10], [10, 30], [0.9, 0.29], [0, 0])
    seen = found([output], card("yolo-columns"), given(), SIZE, floor=30)
    assert len(seen.labels) == 1


def test_a_model_that_sees_nothing_answers_nothing() -> None:
    seen = found([np.zeros((1, 6, 0), np.float32)], card("yolo-columns"), given(), SIZE)
    assert (seen.boxes.shape, len(seen.labels)) == ((0, 4), 0)


def grey(width: int, height: int, value: int = 0) -> NDArray[np.uint8]:
    return np.full((height, width), value, dtype=np.uint8)


def taken(height: int = 0, width: int = 0, **more: Any) -> ModelInput:
    values: dict[str, Any] = {"name": "images", "type": "float32", "channels": 3}
    return ModelInput(height=height, width=width, **values | more)


def test_a_small_image_lies_on_paper_at_its_own_size() -> None:
    image = fitted(grey(100, 50), taken(64, 128))
    pixels = image.feed["images"]
    assert (image.scale, image.canvas, pixels.shape) == (1.0, (128, 64), (1, 3, 64, 128))
    assert pixels[0, :, :50, :100].max() == 0.0
    assert pixels[0, :, 50:, :].min() == pixels[0, :, :, 100:].min() == 1.0


def test_a_large_image_is_scaled_down_as_a_whole() -> None:
    image = fitted(grey(256, 128), taken(64, 64))
    pixels = image.feed["images"]
    assert (image.scale, pixels.shape) == (0.25, (1, 3, 64, 64))
    assert pixels[0, 0, :32, :].max() == 0.0
    assert pixels[0, 0, 32:, :].min() == 1.0


def test_an_input_of_any_size_is_a_multiple_of_its_step() -> None:
    assert fitted(grey(100, 50), taken()).canvas == (128, 64)


def test_bytes_are_given_as_they_are_and_grey_is_one_channel() -> None:
    colours = np.zeros((32, 32, 3), np.uint8)
    colours[:, :, 0] = 255
    pixels = fitted(colours, taken(type="uint8", channels=1)).feed["images"]
    assert (pixels.dtype, pixels.shape, int(pixels[0, 0, 0, 0])) == (np.uint8, (1, 1, 32, 32), 76)


def test_values_are_normalised_where_the_model_was_trained_so() -> None:
    values = {"mean": (0.5, 0.25, 0.0), "deviation": (0.5, 0.25, 0.5)}
    pixels = fitted(grey(32, 32, 255), taken(**values)).feed["images"]
    assert pixels[0, :, 0, 0].tolist() == [1.0, 3.0, 2.0]


def test_half_precision_is_given_as_such() -> None:
    assert fitted(grey(32, 32), taken(type="float16")).feed["images"].dtype == np.float16


def test_a_mask_is_one_where_the_image_is() -> None:
    mask = fitted(grey(20, 10), taken(mask="pixel_mask")).feed["pixel_mask"]
    assert (mask.shape, mask.dtype, int(mask.sum())) == ((1, 32, 32), np.int64, 200)


@pytest.mark.parametrize("side", [32, 33, 1000])
def test_a_canvas_holds_the_image(side: int) -> None:
    image = fitted(grey(side, side), taken())
    assert side <= image.canvas[0] < side + 32
