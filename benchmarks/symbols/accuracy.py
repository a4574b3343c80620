"""Computes the accuracy of detections: F1 at the models' thresholds, and COCO's mAP at IoU .5."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tilescout.geometry import Box
from tilescout.neighbours import sides_of
from tilescout_datasets.annotations import Annotation
from tilescout_evaluate.metrics import coco_precision, groups, objects
from tilescout_evaluate.metrics.counts import total
from tilescout_evaluate.metrics.matching import Ints, ObjectPage, overlaps
from tilescout_evaluate.metrics.objects import MatchedPage

BOUNDS = (32.0, 64.0)
SIZES = ("under 32 px", "32 to 64 px", "over 64 px")
"""The sizes of objects: the square root of the box's area at the profile's dpi."""


@dataclass(frozen=True, slots=True)
class Detected:
    """A detection with its confidence (0 to 100)."""

    label: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class Page:
    """The true objects and the detections of a page; ``near_misses`` only resemble objects."""

    truth: tuple[Annotation, ...]
    found: tuple[Detected, ...]
    near_misses: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The counts over all pages; ``fooled`` of the wrong detections lie on near misses."""

    objects: int
    right: int
    wrong: int
    fooled: int

    @property
    def recall(self) -> float:
        return self.right / max(1, self.objects)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, self.objects + self.right + self.wrong)


def counts(pages: Sequence[Page], min_confidence: float) -> Counts:
    """Counts each object once, matched with the most confident detection of its label over it."""
    right = wrong = fooled = 0
    for page, matched in _matched_pages(pages, min_confidence):
        is_wrong = matched.owners < 0
        right += int((~is_wrong).sum())
        wrong += int(is_wrong.sum())
        near = overlaps(sides_of(page.near_misses), matched.page.boxes[is_wrong])
        fooled += len(np.unique(near.found[near.iou >= objects.MATCH_IOU / 2]))
    every = sum(len(page.truth) for page in pages)
    return Counts(objects=every, right=right, wrong=wrong, fooled=fooled)


def recall_by_size(pages: Sequence[Page], min_confidence: float) -> dict[str, float]:
    """Returns the share of the objects of each size that were detected."""
    found = [
        groups.counts(groups.by_size(detection.page, BOUNDS), detection.owners, detection.counts)
        for _, detection in _matched_pages(pages, min_confidence)
    ]
    return {
        name: total(part[own] for part in found).recall
        for name, own in zip(SIZES, found[0], strict=True)
    }


def mean_average_precision(pages: Sequence[Page], labels: Sequence[str]) -> float:
    """Returns COCO's mAP at IoU .5 over all detections, computed by faster-coco-eval."""
    every = [_object_page(page, labels, 0.0) for page in pages]
    return coco_precision.mean_average_precision(every, labels).at_half


def _matched_pages(
    pages: Sequence[Page], min_confidence: float
) -> Iterator[tuple[Page, MatchedPage]]:
    for page in pages:
        known = {detection.label for detection in page.truth} | {
            detection.label for detection in page.found
        }
        yield page, objects.match_page(_object_page(page, sorted(known), min_confidence))


def _object_page(page: Page, labels: Sequence[str], min_confidence: float) -> ObjectPage:
    sure = [detection for detection in page.found if detection.confidence >= min_confidence]
    return ObjectPage(
        name="",
        size=(0.0, 0.0),
        true_boxes=sides_of([detection.box for detection in page.truth]),
        true_labels=_numbers([detection.label for detection in page.truth], labels),
        boxes=sides_of([detection.box for detection in sure]),
        labels=_numbers([detection.label for detection in sure], labels),
        confidences=np.array([detection.confidence for detection in sure], dtype=np.float64),
    )


def _numbers(names: Sequence[str], labels: Sequence[str]) -> Ints:
    return np.array([labels.index(name) for name in names], dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table; ratios are 0 to 1."""

    how: str
    counts: Counts
    mean_average_precision: float
    recalls: dict[str, float]
