"""Which found box is which object: greedy by confidence, each object once, as COCO matches."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tilescout.neighbours import extents, overlapping_pairs, shared_part

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

IGNORED = 0.5
"""Share of an unmatched box inside an ignored part from which it is neither right nor wrong."""


def no_boxes() -> Floats:
    return np.empty((0, 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectPage:
    """One page: boxes n x 4 (page px), labels n (numbers), confidences n (0 to 100).

    ``tiles`` (t x 4) are those of the render dpi, none where they are unknown; ``size`` is width
    and height. A found box in an ``ignored`` one that matches nothing does not count.
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
        """With found boxes of no less (0 to 100)."""
        sure = self.confidences >= confidence
        return replace(self, boxes=self.boxes[sure], labels=self.labels[sure],
                       confidences=self.confidences[sure])  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlaps:
    """Every object and found box that share some area: rows of both, IoU (0 to 1), and the share
    of the found box that lies in the object (0 to 1)."""

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
    """Of any label."""
    count = len(true_boxes)
    pairs = overlapping_pairs(np.concatenate((true_boxes, boxes)))
    pairs = pairs[(pairs[:, 0] < count) & (pairs[:, 1] >= count)]
    truth, found = pairs[:, 0], pairs[:, 1] - count
    common = areas(shared_part(true_boxes[truth], boxes[found]))
    own, other = areas(true_boxes[truth]), areas(boxes[found])
    return Overlaps(
        truth=truth,
        found=found,
        iou=common / np.maximum(own + other - common, 1e-9),
        inside=common / np.maximum(other, 1e-9),
    )


def same_label(page: ObjectPage, near: Overlaps) -> Overlaps:
    return near.where(page.true_labels[near.truth] == page.labels[near.found])


def matched(near: Overlaps, confidences: Floats, least_iou: float) -> Ints:
    """The object (row) of each found box, -1 for none; the surest box chooses first, the object
    that it overlaps most."""
    enough = near.where(near.iou >= least_iou)
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


def counted(page: ObjectPage, owners: Ints) -> Flags:
    """Which found boxes count: those matched, and those that are not in an ignored part."""
    if not len(page.ignored):
        return np.ones(len(page.boxes), dtype=bool)
    near = overlaps(page.ignored, page.boxes)
    is_ignored = np.isin(np.arange(len(page.boxes)), near.found[near.inside >= IGNORED])
    return np.asarray((owners >= 0) | ~is_ignored)


def areas(boxes: Floats) -> Floats:
    width, height = extents(boxes)
    return np.asarray(width * height)
