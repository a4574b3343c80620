"""How right found boxes are: average precision, F1, and the threshold that makes F1 largest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MATCH_IOU = 0.5
NO_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Image:
    """The objects of an image and what was found: boxes n x 4, labels n; ``scores`` of the found.

    A found box that matches nothing and lies by half in an ``ignored`` one is neither right nor
    wrong.
    """

    boxes: Floats
    labels: NDArray[np.int64]
    ignored: Floats
    found_boxes: Floats
    found_labels: NDArray[np.int64]
    scores: Floats


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The answers for one label: scores falling, and whether each was right, of ``objects``."""

    scores: Floats
    is_right: NDArray[np.bool_]
    objects: int


def verdicts(images: list[Image], label: int, least_iou: float = MATCH_IOU) -> Verdicts:
    """Matches greedily by falling score as PASCAL VOC and COCO do, each object once."""
    scores: list[float] = []
    right: list[bool] = []
    objects = 0
    for image in images:
        truth = image.boxes[image.labels == label]
        objects += len(truth)
        mine = np.flatnonzero(image.found_labels == label)
        mine = mine[np.argsort(-image.scores[mine], kind="stable")]
        overlaps = ious(image.found_boxes[mine], truth)
        inside = insides(image.found_boxes[mine], image.ignored).max(axis=1, initial=0.0)
        for row, found in enumerate(mine):
            best = int(overlaps[row].argmax()) if len(truth) else -1
            is_right = best >= 0 and overlaps[row, best] >= least_iou
            if is_right:
                overlaps[:, best] = -1
            elif inside[row] >= 0.5:
                continue
            scores.append(float(image.scores[found]))
            right.append(is_right)
    order = np.argsort(-np.array(scores), kind="stable")
    return Verdicts(np.array(scores)[order], np.array(right, dtype=bool)[order], objects)


def average_precision(found: Verdicts) -> float:
    """Returns the area under precision over recall, precision made falling; 0 to 1."""
    if not found.objects:
        return float("nan")
    right = np.cumsum(found.is_right)
    precision = right / np.arange(1, len(right) + 1)
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    return float(falling[found.is_right].sum() / found.objects)


def best_threshold(found: Verdicts) -> tuple[float, float]:
    """The score in the middle of the gap where F1 is largest, and that F1; both 0 to 1."""
    right = np.cumsum(found.is_right)
    if not len(right) or not right[-1]:
        return NO_THRESHOLD, 0.0
    f1 = 2 * right / (np.arange(1, len(right) + 1) + found.objects)
    at = int(f1.argmax())
    after = found.scores[at + 1] if at + 1 < len(right) else 0.0
    return float((found.scores[at] + after) / 2), float(f1[at])


def ious(one: Floats, other: Floats) -> Floats:
    """Returns the intersections over unions, n x m."""
    common = _common(one, other)
    both = _areas(one)[:, None] + _areas(other)[None] - common
    return np.asarray(common / np.maximum(both, 1e-9))


def insides(one: Floats, other: Floats) -> Floats:
    """Returns the share of each of ``one`` that lies in each of ``other``, n x m."""
    return np.asarray(_common(one, other) / np.maximum(_areas(one), 1e-9)[:, None])


def _common(one: Floats, other: Floats) -> Floats:
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    return np.asarray(np.prod(np.maximum(high - low, 0), axis=2))


def _areas(boxes: Floats) -> Floats:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
