"""Computes curves of precision over recall, the best threshold, and the confusion of labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tilescout_evaluate.metrics.matching import (
    Flags,
    Floats,
    Ints,
    ObjectPage,
    match_boxes,
    overlaps,
)

MAX_POINTS = 200
NEVER = 100.0
"""The threshold that keeps next to nothing."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Detections of any number of pages: their confidences, which are right, and how many objects
    there are."""

    confidences: Floats
    is_correct: Flags
    objects: int


@dataclass(frozen=True, slots=True)
class Curve:
    """The points of a curve: falling confidence (0 to 100), recall and precision (0 to 1)."""

    confidence: tuple[float, ...]
    recall: tuple[float, ...]
    precision: tuple[float, ...]


def curve(found: Verdicts) -> Curve:
    """Returns a curve with one point per confidence, thinned to 200 points."""
    order = np.argsort(-found.confidences, kind="stable")
    confidences, right = found.confidences[order], np.cumsum(found.is_correct[order])
    last = (
        np.append(confidences[1:] != confidences[:-1], True) if len(order) else np.array([], bool)
    )
    at = np.flatnonzero(last)
    if len(at) > MAX_POINTS:
        at = at[np.linspace(0, len(at) - 1, MAX_POINTS).round().astype(int)]
    return Curve(
        tuple(confidences[at].round(2).tolist()),
        tuple((right[at] / max(1, found.objects)).round(4).tolist()),
        tuple((right[at] / (at + 1)).round(4).tolist()),
    )


def best_threshold(found: Verdicts, min_recall: float = 0.0) -> float:
    """Returns the confidence with the largest F1, in the middle of its gap, or 100 if none is
    right.

    Only confidences whose recall reaches ``min_recall`` (0 to 1) count, if any reaches it.
    """
    order = np.argsort(-found.confidences, kind="stable")
    confidences, right = found.confidences[order], np.cumsum(found.is_correct[order])
    if not len(order) or not right[-1]:
        return NEVER
    f1 = 2 * right / (np.arange(1, len(order) + 1) + found.objects)
    enough = right >= min(min_recall * found.objects, right[-1])
    # Equal confidences cannot be separated: a threshold can follow only the last of them.
    enough &= np.append(confidences[1:] < confidences[:-1], True)
    at = int(np.where(enough, f1, -1.0).argmax())
    after = confidences[at + 1] if at + 1 < len(order) else 0.0
    return float((confidences[at] + after) / 2)


def confusion(page: ObjectPage, labels: int, min_iou: float) -> Ints:
    """Returns a (labels + 1) x (labels + 1) table of true labels (rows) and detected ones
    (columns).

    The last row and column stand for nothing. Boxes of the right label are matched first, then the
    others whatever their label.
    """
    near = overlaps(page.true_boxes, page.boxes)
    is_same = page.true_labels[near.truth] == page.labels[near.found]
    owners = match_boxes(near.where(is_same), page.confidences, min_iou)
    free = (owners[near.found] < 0) & ~np.isin(near.truth, owners)
    others = match_boxes(near.where(free), page.confidences, min_iou)
    owners = np.where(owners >= 0, owners, others)
    table = np.zeros((labels + 1, labels + 1), dtype=np.int64)
    is_hit = owners >= 0
    np.add.at(table, (page.true_labels[owners[is_hit]], page.labels[is_hit]), 1)
    missed = ~np.isin(np.arange(len(page.true_boxes)), owners)
    table[:labels, labels] = np.bincount(page.true_labels[missed], minlength=labels)
    table[labels, :labels] = np.bincount(page.labels[~is_hit], minlength=labels)
    return table


def joined(parts: Sequence[Verdicts]) -> Verdicts:
    if not parts:
        return Verdicts(np.empty(0), np.empty(0, dtype=bool), 0)
    return Verdicts(
        np.concatenate([part.confidences for part in parts]),
        np.concatenate([part.is_correct for part in parts]),
        sum(part.objects for part in parts),
    )
