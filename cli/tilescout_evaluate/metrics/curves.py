"""Precision over recall as the confidence falls, and which object is taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tilescout_evaluate.metrics.matching import Flags, Floats, Ints, ObjectPage, matched, overlaps

MOST_POINTS = 200
NEVER = 100.0
"""The confidence from which next to nothing is kept."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Found boxes of any number of pages: confidences, whether right, of ``objects`` objects."""

    confidences: Floats
    is_right: Flags
    objects: int


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of falling confidence (0 to 100), recall and precision (0 to 1)."""

    confidence: tuple[float, ...]
    recall: tuple[float, ...]
    precision: tuple[float, ...]


def curve(found: Verdicts) -> Curve:
    """One point a confidence that occurs, thinned to 200."""
    order = np.argsort(-found.confidences, kind="stable")
    confidences, right = found.confidences[order], np.cumsum(found.is_right[order])
    last = (
        np.append(confidences[1:] != confidences[:-1], True) if len(order) else np.array([], bool)
    )
    at = np.flatnonzero(last)
    if len(at) > MOST_POINTS:
        at = at[np.linspace(0, len(at) - 1, MOST_POINTS).round().astype(int)]
    return Curve(
        tuple(confidences[at].round(2).tolist()),
        tuple((right[at] / max(1, found.objects)).round(4).tolist()),
        tuple((right[at] / (at + 1)).round(4).tolist()),
    )


def best_threshold(found: Verdicts, least_recall: float = 0.0) -> float:
    """The confidence from which F1 is largest, in the middle of the gap; 100 if none is right.

    Only where recall reaches ``least_recall`` (0 to 1), if it does anywhere.
    """
    order = np.argsort(-found.confidences, kind="stable")
    confidences, right = found.confidences[order], np.cumsum(found.is_right[order])
    if not len(order) or not right[-1]:
        return NEVER
    f1 = 2 * right / (np.arange(1, len(order) + 1) + found.objects)
    enough = right >= min(least_recall * found.objects, right[-1])
    # Equal confidences cannot be told apart: only the last of them is a place to divide.
    enough &= np.append(confidences[1:] < confidences[:-1], True)
    at = int(np.where(enough, f1, -1.0).argmax())
    after = confidences[at + 1] if at + 1 < len(order) else 0.0
    return float((confidences[at] + after) / 2)


def confusion(page: ObjectPage, labels: int, least_iou: float) -> Ints:
    """(labels + 1) x (labels + 1): row what it is, column what it was taken for; last is nothing.

    Boxes of the right label choose first, then the others whatever their label.
    """
    near = overlaps(page.true_boxes, page.boxes)
    is_same = page.true_labels[near.truth] == page.labels[near.found]
    owners = matched(near.where(is_same), page.confidences, least_iou)
    free = (owners[near.found] < 0) & ~np.isin(near.truth, owners)
    others = matched(near.where(free), page.confidences, least_iou)
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
        np.concatenate([part.is_right for part in parts]),
        sum(part.objects for part in parts),
    )
