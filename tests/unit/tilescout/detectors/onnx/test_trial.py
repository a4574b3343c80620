"""A model is tried: what comes out must be what its layout says, and what is not is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tilescout.detectors.onnx import trial
from tilescout.detectors.onnx.cards import ModelInput, OnnxCard
from tilescout.detectors.onnx.inputs import FittedImage, fitted
from tilescout.detectors.onnx.layout_choice import Layout
from tilescout.detectors.onnx.layouts import found
from tilescout.errors import UnusableModel

LABELS = ("valve", "pump")
SIZE = (640, 640)
ROWS: list[list[float]] = [
    [100, 100, 180, 180, 0.9, 0],
    [300, 300, 360, 380, 0.8, 1],
    [0, 0, 0, 0, 0, 0],
]
"""Corners in px, score and class of two objects."""


def card(layout: Layout, labels: tuple[str, ...] = LABELS, **more: Any) -> OnnxCard:
    taken = ModelInput(name="images", type="float32", channels=3, height=640, width=640, **more)
    return OnnxCard(layout=layout, labels=labels, thresholds=(0.5,) * len(labels), input=taken,
                    outputs=("output0",))  # fmt: skip


def answering(*arrays: Any) -> trial.Run:
    """A model that answers always the same."""
    outputs = [np.asarray(array, dtype=np.float32) for array in arrays]
    return lambda card, feed: outputs


def seen(layout: Layout, *arrays: Any, labels: tuple[str, ...] = LABELS) -> list[Any]:
    outputs = [np.asarray(array, dtype=np.float32) for array in arrays]
    boxes = found(outputs, card(layout, labels), FittedImage({}, 1.0, SIZE), SIZE)
    return [
        (labels[label], round(float(confidence)), [round(float(side)) for side in box])
        for box, confidence, label in zip(boxes.boxes, boxes.confidences, boxes.labels, strict=True)
    ]


def as_ratios(rows: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    """Centre and size in ratios of 640 px, and the rest of each row."""
    table = np.asarray(rows, dtype=np.float32)
    corners = table[:, :4]
    centres = np.concatenate(
        ((corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]), axis=1
    )
    return np.concatenate((centres / 640, table[:, 4:]), axis=1)


TWO: list[Any] = [("valve", 90, [100, 100, 180, 180]), ("pump", 80, [300, 300, 360, 380])]


def test_rows_that_are_answered_once_have_corners_score_and_class() -> None:
    assert seen("end-to-end", [ROWS]) == TWO


def test_masks_behind_the_six_columns_are_not_looked_at() -> None:
    assert seen("end-to-end", [[row + [7.0] * 32 for row in ROWS]]) == TWO


def test_an_oriented_box_has_the_upright_box_around_it() -> None:
    row = [140, 140, 80, 40, 0.9, 0, np.pi / 2]
    assert seen("obb-end-to-end", [[row]]) == [("valve", 90, [120, 100, 160, 180])]


def test_columns_of_oriented_boxes_have_their_angle_last() -> None:
    columns = np.transpose([[140, 140, 80, 40, 0.9, 0.1, np.pi / 2]])
    assert seen("obb-columns", [columns]) == [("valve", 90, [120, 100, 160, 180])]


def test_rtdetr_answers_in_ratios() -> None:
    assert seen("rtdetr-end-to-end", [as_ratios(ROWS)]) == TWO
    scores = [[*row[:4], 0.9, 0.0] for row in ROWS[:1]]
    assert seen("rtdetr-rows", [as_ratios(scores)]) == TWO[:1]


def test_masks_behind_the_scores_of_columns_are_no_scores() -> None:
    columns = np.transpose([[140, 140, 80, 80, 0.9, 0.1, *[30.0] * 32]])
    assert seen("yolo-columns", [columns]) == TWO[:1]


@pytest.mark.parametrize("scale", [1, 640])
def test_a_postprocessor_s_boxes_are_pixels_or_ratios(scale: float) -> None:
    boxes = np.asarray([row[:4] for row in ROWS]) * scale / 640
    answer = ([[0, 1, 0]], [boxes], [[0.9, 0.8, 0.0]])
    assert seen("boxes-and-labels", *answer) == TWO


def test_a_column_that_stands_for_nothing_is_never_found() -> None:
    logits, boxes = [[[2.2, 9.0]]], [[[0.21875, 0.21875, 0.125, 0.125]]]
    assert seen("rf-detr", logits, boxes, labels=("valve", "-")) == [
        ("valve", 90, [100, 100, 180, 180])
    ]


def test_what_answers_by_its_layout_is_taken() -> None:
    assert trial.chosen([card("end-to-end")], answering([ROWS])).layout == "end-to-end"


@pytest.mark.parametrize(
    ("layout", "answer", "said"),
    [
        ("yolo-rows", [[[140, 140, 80, 80, 0.9, 30.0, 0.1]]], "scores are from"),
        ("end-to-end", [[[180, 180, 100, 100, 0.9, 0]]], "corners are the wrong way round"),
        ("end-to-end", [[[100, 100, 180, 180, 0.9, 0.4]]], "classes are no whole numbers"),
        ("end-to-end", [[[100, 100, 180, 180, 0.9, 2]]], "there are classes up to 2 for 2 labels"),
        ("end-to-end", [[[0.1, 0.1, 0.2, 0.2, 0.9, 0]]], "they are ratios, or not decoded"),
        ("yolo-columns", [np.full((6, 9), np.nan)], "some numbers are not finite"),
        ("yolox", [[[2.0, 3.0, 2.3, 1.1, 0.9, 0.9, 0.0]]], "export it with tools/export_onnx.py"),
        ("end-to-end", [[[1000, 1000, 1200, 1200, 0.9, 0]]], "lie outside the 640 x 640 px"),
        ("obb-end-to-end", [ROWS], "its shape is another"),
    ],
)
def test_another_layout_is_refused_with_what_was_seen(
    layout: Layout, answer: Any, said: str
) -> None:
    with pytest.raises(UnusableModel, match=said):
        trial.chosen([card(layout)], answering(answer))


def test_classes_by_number_tell_one_of_two_layouts() -> None:
    both = [card("end-to-end"), card("rtdetr-rows")]
    assert trial.chosen(both, answering([ROWS])).layout == "end-to-end"


def test_scores_of_two_labels_are_no_classes() -> None:
    both = [card("rtdetr-end-to-end"), card("rtdetr-rows")]
    rows = as_ratios([[100, 100, 180, 180, 0.9, 0.2], [300, 300, 360, 380, 0.3, 0.8]])
    assert trial.chosen(both, answering([rows])).layout == "rtdetr-rows"


def test_what_cannot_be_told_apart_asks_for_the_layout() -> None:
    both = [card("yolo-rows"), card("yolox")]
    with pytest.raises(UnusableModel, match=r"yolo-rows .*; yolox .*; name one with --layout"):
        trial.chosen(both, answering([[[140, 140, 80, 80, 0.9, 0.9, 0.1]]]))


def test_a_model_that_never_looks_is_told() -> None:
    assert trial.is_constant(card("end-to-end"), answering([ROWS]))
    assert not trial.is_constant(
        card("end-to-end"), lambda card, feed: [feed["images"].mean(axis=(1, 2, 3))]
    )


def test_a_fixed_batch_is_filled() -> None:
    feed = fitted(np.zeros((64, 64), np.uint8), card("yolo-columns", batch=4).input).feed
    assert feed["images"].shape == (4, 3, 640, 640)


def test_yolox_takes_values_up_to_255_and_blue_first() -> None:
    red = np.zeros((640, 640, 3), np.uint8)
    red[..., 0] = 200
    pixels = fitted(red, card("yolox", largest=255, is_bgr=True).input).feed["images"]
    assert pixels[0, :, 0, 0].tolist() == [0.0, 0.0, 200.0]
