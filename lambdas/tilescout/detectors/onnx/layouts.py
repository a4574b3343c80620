"""Outputs of YOLO- and DETR-family exports as boxes. numpy only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilescout.detectors.onnx.answers import (
    FLOOR,
    MOST_FOUND,
    SAME_IOU,
    Floats,
    FoundBoxes,
    ModelCard,
    calibrated,
    found_boxes,
    suppressed,
)
from tilescout.detectors.onnx.cards import OnnxCard
from tilescout.detectors.onnx.inputs import FittedImage

MOST_COMPARED = 3000
"""Boxes that non-max suppression looks at, the most confident: what is beyond was never sure."""
TWIN_IOU = 0.7
"""DETR gives an object once, so only what overlaps as much is taken for the same."""

Arrays = list[NDArray[Any]]


def found(
    outputs: Arrays,
    card: OnnxCard,
    fitted: FittedImage,
    size: tuple[int, int],
    floor: float = FLOOR,
) -> FoundBoxes:
    """The objects of one image of ``size`` (width, height px), boxes in its pixels.

    ``outputs`` are those that the card names, of a batch of one; ``fitted`` is what was given to
    the model. Nothing under ``floor`` (confidence 0 to 100) is given.
    """
    if card.layout == "centres":
        return _centres(outputs, card, size, floor)
    same = SAME_IOU
    if card.layout == "yolo-columns":
        boxes, scores = yolo_columns(outputs[0][0])
    elif card.layout == "yolo-rows":
        boxes, scores = yolo_rows(outputs[0][0])
    else:
        softmax = card.layout == "detr-softmax"
        boxes, scores = detr(outputs[0][0], outputs[1][0], softmax=softmax)
        boxes = boxes * np.tile(np.asarray(fitted.canvas, dtype=np.float32), 2)
        same = TWIN_IOU
    boxes = _corners(boxes) / np.float32(fitted.scale)
    return _sure(boxes, scores, card, size, floor, same)


def yolo_columns(output: NDArray[Any]) -> tuple[Floats, Floats]:
    """(4 + labels) x n of YOLOv8 and later: boxes n x 4 (centre x, y, width, height, canvas px)
    and scores n x labels (0 to 1).
    """
    rows = output.T.astype(np.float32)
    return rows[:, :4], rows[:, 4:]


def yolo_rows(output: NDArray[Any]) -> tuple[Floats, Floats]:
    """n x (5 + labels) of YOLOv5, whose fifth column is how likely anything is there."""
    rows = output.astype(np.float32)
    return rows[:, :4], rows[:, 4:5] * rows[:, 5:]


def detr(logits: NDArray[Any], boxes: NDArray[Any], *, softmax: bool) -> tuple[Floats, Floats]:
    """n x labels (and one for no object under softmax) and n x 4 (centre x, y, width, height as
    ratios of the canvas): boxes and scores (0 to 1).
    """
    values = logits.astype(np.float32)
    if not softmax:
        return boxes.astype(np.float32), np.asarray(1 / (1 + np.exp(-values)), dtype=np.float32)
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return boxes.astype(np.float32), powers[:, :-1] / powers.sum(axis=1, keepdims=True)


def _centres(outputs: Arrays, card: OnnxCard, size: tuple[int, int], floor: float) -> FoundBoxes:
    own = ModelCard(
        labels=card.labels,
        thresholds=card.thresholds,
        step=card.input.step,
        stride=card.stride,
        dpi=card.dpi,
        tile_size=card.tile_size,
    )
    return found_boxes(outputs[0][0], outputs[1][0], own, size, floor)


def _corners(boxes: Floats) -> Floats:
    """Left, top, right, bottom of boxes given by centre, width and height."""
    half = boxes[:, 2:] / 2
    return np.concatenate((boxes[:, :2] - half, boxes[:, :2] + half), axis=1)


def _sure(
    boxes: Floats,
    scores: Floats,
    card: OnnxCard,
    size: tuple[int, int],
    floor: float,
    same: float,
) -> FoundBoxes:
    """The likeliest label of each box, from ``floor`` on, the same object once."""
    labels = scores.argmax(axis=1)
    thresholds = np.asarray(card.thresholds, dtype=np.float32)[labels]
    confidences = calibrated(scores[np.arange(len(labels)), labels], thresholds)
    limits = np.tile(np.asarray(size, dtype=np.float32), 2)
    boxes = np.clip(boxes, 0, limits).astype(np.float32)
    is_shown = np.all(boxes[:, 2:] > boxes[:, :2], axis=1)
    chosen = np.nonzero(is_shown & (confidences >= floor))[0]
    chosen = chosen[np.argsort(-confidences[chosen], kind="stable")][:MOST_COMPARED]
    kept = chosen[suppressed(boxes[chosen], labels[chosen], same=same)][:MOST_FOUND]
    return FoundBoxes(boxes[kept], confidences[kept], labels[kept].astype(np.int64))
