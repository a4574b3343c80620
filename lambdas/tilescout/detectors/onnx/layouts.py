"""Outputs of YOLO- and DETR-family exports as boxes. numpy only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilescout.detectors.onnx.answers import (
    FLOOR,
    MAX_FOUND,
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
from tilescout.detectors.onnx.layout_choice import Layout

MAX_COMPARED = 3000
"""Boxes that non-max suppression looks at, the most confident: what is beyond was never sure."""
UNUSED = "-"
"""The label of a column that stands for no class."""
MAX_RATIO = 1.5
"""Boxes of queries that saw nothing lie a little beside the image."""
OF_GRIDS = ("yolo-columns", "yolo-rows", "yolox", "obb-columns")
"""Layouts that answer an object many times."""
TWIN_IOU = 0.7
"""DETR gives an object once, so only what overlaps as much is taken for the same."""

Arrays = list[NDArray[Any]]
Ints = NDArray[np.int64]


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
    boxes, scores = decoded(outputs, card.layout, len(card.labels), fitted.canvas)
    unused = [at for at, label in enumerate(card.labels) if label == UNUSED]
    scores[:, unused] = 0
    boxes = boxes / np.float32(fitted.scale)
    angles = box_angles(outputs, card.layout)
    if angles is None:
        return _sure(boxes, scores, card, size, floor)[0]
    sure, rows = _sure(boxes, scores, card, size, floor)
    return replace(sure, angles=angles[rows])


def decoded(
    outputs: Arrays, layout: Layout, count: int, canvas: tuple[int, int]
) -> tuple[Floats, Floats]:
    """Returns boxes n x 4 (left, top, right, bottom, canvas px) and scores n x ``count`` (0 to 1).

    A row of a class that there is not has no score. Raises ValueError for other shapes.
    """
    sides = np.tile(np.asarray(canvas, dtype=np.float32), 2)
    if layout == "boxes-and-labels":
        return _apart(outputs, count, sides)
    rows = np.asarray(outputs[0][0], dtype=np.float32)
    if layout in ("detr-sigmoid", "detr-softmax", "rf-detr"):
        softmax = layout == "detr-softmax"
        boxes, scores = detr(rows, np.asarray(outputs[1][0]), softmax=softmax)
        return _corners(boxes) * sides, scores
    if layout in ("yolo-columns", "obb-columns"):
        rows = rows.T
    if layout in ("yolo-columns", "rtdetr-rows"):
        boxes, scores = rows[:, :4], rows[:, 4 : 4 + count].copy()
    elif layout == "obb-columns":
        boxes, scores = upright(rows[:, :4], rows[:, -1]), rows[:, 4 : 4 + count].copy()
    elif layout in ("yolo-rows", "yolox"):
        boxes, scores = yolo_rows(rows)
    elif layout == "end-to-end":
        return rows[:, :4], _one_hot(rows[:, 4], rows[:, 5], count)
    else:
        is_turned = layout == "obb-end-to-end"
        boxes = upright(rows[:, :4], rows[:, 6]) if is_turned else rows[:, :4]
        scores = _one_hot(rows[:, 4], rows[:, 5], count)
    corners = _corners(boxes)
    return (corners * sides if layout.startswith("rtdetr") else corners), scores


def box_angles(outputs: Arrays, layout: Layout) -> Floats | None:
    """Returns by how much the longer side of each oriented box is turned clockwise from level, 0
    to under 180 degrees; None for layouts of upright boxes.

    Exports give radians, clockwise with y down, from level to the first side: the width.
    """
    if not layout.startswith("obb"):
        return None
    rows = np.asarray(outputs[0][0], dtype=np.float32)
    rows = rows.T if layout == "obb-columns" else rows
    turned = np.degrees(rows[:, -1] if layout == "obb-columns" else rows[:, 6])
    return np.asarray((turned + 90 * (rows[:, 3] > rows[:, 2])) % 180, dtype=np.float32)


def _apart(outputs: Arrays, count: int, sides: Floats) -> tuple[Floats, Floats]:
    """Labels, boxes and scores of a postprocessor; boxes in px, or ratios where none is over 1."""
    labels, boxes, scores = (np.asarray(each, dtype=np.float32) for each in outputs[:3])
    boxes, labels, scores = boxes.reshape(-1, 4), labels.reshape(-1), scores.reshape(-1)
    # Of a batch the first image is the one that was asked for.
    first = len(outputs[1][0]) if outputs[1].ndim == 3 else len(boxes)
    are_ratios = boxes.size and float(np.abs(boxes[:first]).max()) <= MAX_RATIO
    boxes = boxes[:first] * sides if are_ratios else boxes[:first]
    return boxes, _one_hot(scores[:first], labels[:first], count)


def _one_hot(scores: Floats, classes: Floats, count: int) -> Floats:
    """Scores n x ``count``: each in the column of its class."""
    found = np.zeros((len(scores), count), dtype=np.float32)
    numbers = np.rint(classes).astype(np.int64)
    known = np.nonzero((numbers >= 0) & (numbers < count))[0]
    found[known, numbers[known]] = scores[known]
    return found


def upright(boxes: Floats, angles: Floats) -> Floats:
    """Returns the upright boxes, centre and size, around boxes turned by angles in radians."""
    cos, sin = np.abs(np.cos(angles)), np.abs(np.sin(angles))
    width = boxes[:, 2] * cos + boxes[:, 3] * sin
    height = boxes[:, 2] * sin + boxes[:, 3] * cos
    return np.stack((boxes[:, 0], boxes[:, 1], width, height), axis=1)


def yolo_rows(output: NDArray[Any]) -> tuple[Floats, Floats]:
    """Returns boxes and scores of YOLOv5's n x (5 + labels), the fifth scores any label."""
    rows = output.astype(np.float32)
    return rows[:, :4], rows[:, 4:5] * rows[:, 5:]


def detr(logits: NDArray[Any], boxes: NDArray[Any], *, softmax: bool) -> tuple[Floats, Floats]:
    """Returns boxes and scores (0 to 1) of a DETR.

    ``logits`` are n x labels (and one for no object under softmax), ``boxes`` n x 4: centre x, y,
    width and height as ratios of the canvas.
    """
    values = logits.astype(np.float32)
    if not softmax:
        # The logistic function, of which exp alone overflows for values far below 0.
        scores = np.exp(-np.logaddexp(0, -values), dtype=np.float32)
        return boxes.astype(np.float32), scores
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
    """Returns left, top, right, bottom of boxes given by centre, width and height."""
    half = boxes[:, 2:] / 2
    return np.concatenate((boxes[:, :2] - half, boxes[:, :2] + half), axis=1)


def _sure(
    boxes: Floats,
    scores: Floats,
    card: OnnxCard,
    size: tuple[int, int],
    floor: float,
) -> tuple[FoundBoxes, Ints]:
    """The likeliest label of each box, from ``floor`` on, the same object once; and the rows of
    these boxes."""
    labels = scores.argmax(axis=1)
    thresholds = np.asarray(card.thresholds, dtype=np.float32)[labels]
    confidences = calibrated(scores[np.arange(len(labels)), labels], thresholds)
    limits = np.tile(np.asarray(size, dtype=np.float32), 2)
    boxes = np.clip(boxes, 0, limits).astype(np.float32)
    is_shown = np.all(boxes[:, 2:] > boxes[:, :2], axis=1)
    chosen = np.nonzero(is_shown & (confidences >= floor))[0]
    chosen = chosen[np.argsort(-confidences[chosen], kind="stable")][:MAX_COMPARED]
    same = SAME_IOU if card.layout in OF_GRIDS else TWIN_IOU
    kept = chosen[suppressed(boxes[chosen], labels[chosen], same=same)][:MAX_FOUND]
    return FoundBoxes(boxes[kept], confidences[kept], labels[kept].astype(np.int64)), kept
