"""Matches detected boxes with objects: greedy by confidence, each object once, as COCO matches."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tilescout.neighbours import extents, intersections, overlapping_pairs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

IGNORED = 0.5
"""An unmatched box does not count if this share of it lies inside an ignored region."""


def no_boxes() -> Floats:
    return np.empty((0, 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectPage:
    """A page with boxes n x 4 (page px), labels n (numbers) and confidences n (0 to 100).

    ``tiles`` (t x 4) are those of the render dpi, none if they are unknown; ``size`` is width and
    height. A detected box in an ``ignored`` region that matches nothing does not count.
    """

    name: str
    size: tuple[float, float]
    true_boxes: Floats
    true_labels: Ints
    boxes: Floats
    labels: Ints
    confidences: Floats
    tiles: Floats = field(default_factory=no_boxes)
    ignored: Floats = field(default_factory=no_boxes)

    def above(self, confidence: float) -> ObjectPage:
        """Returns the page with the detected boxes of at least this confidence (0 to 100)."""
        sure = self.confidences >= confidence
        return replace(self, boxes=self.boxes[sure], labels=self.labels[sure],
                       confidences=self.confidences[sure])  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlaps:
    """The pairs of an object and a detected box that overlap: rows of both, the IoU (0 to 1), and
    the share of the detected box that lies in the object (0 to 1)."""

    truth: Ints
    found: Ints
    iou: Floats
    inside: Floats

    def where(self, chosen: Flags) -> Overlaps:
        return Overlaps(
            truth=self.truth[chosen],
            found=self.found[chosen],
            iou=self.iou[chosen],
            inside=self.inside[chosen],
        )


def overlaps(true_boxes: Floats, boxes: Floats) -> Overlaps:
    """Returns the overlaps of boxes of any labels."""
    count = len(true_boxes)
    pairs = overlapping_pairs(np.concatenate((true_boxes, boxes)))
    pairs = pairs[(pairs[:, 0] < count) & (pairs[:, 1] >= count)]
    truth, found = pairs[:, 0], pairs[:, 1] - count
    common = areas(intersections(true_boxes[truth], boxes[found]))
    own, other = areas(true_boxes[truth]), areas(boxes[found])
    return Overlaps(
        truth=truth,
        found=found,
        iou=common / np.maximum(own + other - common, 1e-9),
        inside=common / np.maximum(other, 1e-9),
    )


def with_same_label(page: ObjectPage, near: Overlaps) -> Overlaps:
    return near.where(page.true_labels[near.truth] == page.labels[near.found])


def match_boxes(near: Overlaps, confidences: Floats, min_iou: float) -> Ints:
    """Returns the object (row) of each detected box, or -1; the most confident box chooses first,
    among the objects those that it overlaps most."""
    enough = near.where(near.iou >= min_iou)
    order = np.lexsort((enough.truth, -enough.iou, enough.found, -confidences[enough.found]))
    owners = np.full(len(confidences), -1)
    taken: set[int] = set()
    for truth, found in zip(
        enough.truth[order].tolist(), enough.found[order].tolist(), strict=True
    ):
        if owners[found] < 0 and truth not in taken:
            owners[found] = truth
            taken.add(truth)
    return owners


def counted_boxes(page: ObjectPage, owners: Ints) -> Flags:
    """Tells which detected boxes count: those matched, and those outside of ignored regions."""
    if not len(page.ignored):
        return np.ones(len(page.boxes), dtype=bool)
    near = overlaps(page.ignored, page.boxes)
    is_ignored = np.isin(np.arange(len(page.boxes)), near.found[near.inside >= IGNORED])
    return np.asarray((owners >= 0) | ~is_ignored)


def areas(boxes: Floats) -> Floats:
    width, height = extents(boxes)
    return np.asarray(width * height)
