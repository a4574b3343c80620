"""What is right, twice, in pieces or lost after a merge, against the ground truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.merging.detection_sets import DetectionSet, Flags, Floats, Ints
from tilescout.neighbours import overlapping_pairs

DOUBLED = 0.3
"""IoU with an object already found from which an unmatched box is a duplicate."""
INSIDE = 0.7
"""Share of an unmatched box inside an object from which it is a fragment of it."""
STEPS = (0.5, 0.75, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge returned (m x 4, m, m)."""

    boxes: Floats
    confidences: Floats
    labels: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Counts of one page, or sums of several; ``seam`` is of what a tile's side goes through."""

    truths: int
    outputs: int
    right: tuple[int, ...]
    """Matched at each of STEPS."""
    seam_truths: int
    seam_outputs: int
    seam_right: int
    duplicates: int
    fragments: int
    split: int
    lost: int

    def f1(self, step: int = 0) -> float:
        return 2 * self.right[step] / max(1, self.truths + self.outputs)

    @property
    def seam_f1(self) -> float:
        return 2 * self.seam_right / max(1, self.seam_truths + self.seam_outputs)

    @property
    def duplicate_share(self) -> float:
        return self.duplicates / max(1, self.truths)


def total(scores: list[Score]) -> Score:
    counts = {
        name: sum(getattr(each, name) for each in scores)
        for name in Score.__slots__
        if name != "right"
    }
    right = tuple(sum(each) for each in zip(*(one.right for one in scores), strict=True))
    return Score(right=right, **counts)


def score(merged: Merged, given: DetectionSet) -> Score:
    """Against all of the ground truth; each object is matched once, the surest output first."""
    truths, count = given.true_boxes, len(given.true_boxes)
    both = np.concatenate((truths, merged.boxes))
    labels = np.concatenate((given.true_labels, merged.labels))
    pairs = overlapping_pairs(both)
    pairs = pairs[(pairs[:, 0] < count) & (pairs[:, 1] >= count)]
    pairs = pairs[labels[pairs[:, 0]] == labels[pairs[:, 1]]]
    truth, output = pairs[:, 0], pairs[:, 1] - count
    common = _area(_shared(truths[truth], merged.boxes[output]))
    own, other = _area(truths[truth]), _area(merged.boxes[output])
    overlap = common / (own + other - common)
    matches = [_matched(truth, output, overlap, merged.confidences, step) for step in STEPS]
    hit_truth = np.isin(np.arange(count), list(matches[0].values()))
    free = ~np.isin(np.arange(len(merged.boxes)), list(matches[0]))
    spare = free[output]
    inside = spare & (common >= INSIDE * other)
    is_double = spare & (overlap >= DOUBLED) & hit_truth[truth]
    seen = np.unique(given.owners[given.owners >= 0])
    seam_truth, seam_output = at_seam(truths, given), at_seam(merged.boxes, given)
    of_seam = sum(seam_truth[truth] for truth in matches[0].values())
    return Score(
        truths=count,
        outputs=len(merged.boxes),
        right=tuple(len(match) for match in matches),
        seam_truths=int(seam_truth.sum()),
        seam_outputs=int(of_seam + (seam_output & free).sum()),
        seam_right=int(of_seam),
        duplicates=len(np.unique(output[is_double])),
        fragments=len(np.unique(output[inside])),
        split=int((~hit_truth[np.unique(truth[inside])]).sum()),
        lost=int((~hit_truth[seen]).sum()),
    )


def at_seam(boxes: Floats, given: DetectionSet) -> Flags:
    """Whether a side of a tile, within the page, goes through each box or touches it."""
    tiles = given.tile_boxes[given.tile_scales == 1]
    grown = boxes + np.array([-1, -1, 1, 1])
    pairs = overlapping_pairs(np.concatenate((grown, tiles)))
    box, tile = pairs[(pairs[:, 0] < len(boxes)) & (pairs[:, 1] >= len(boxes))].T
    low = np.where(tiles[:, :2] > 0, tiles[:, :2], -np.inf)[tile - len(boxes)]
    high = np.where(tiles[:, 2:] < given.page, tiles[:, 2:], np.inf)[tile - len(boxes)]
    holds = (grown[box, :2] > low).all(axis=1) & (grown[box, 2:] < high).all(axis=1)
    return np.isin(np.arange(len(boxes)), box[~holds])


def _matched(
    truth: Ints, output: Ints, overlap: Floats, confidences: Floats, step: float
) -> dict[int, int]:
    near = np.flatnonzero(overlap >= step)
    order = near[np.lexsort((-overlap[near], output[near], -confidences[output[near]]))]
    taken: set[int] = set()
    found: dict[int, int] = {}
    for one, other in zip(output[order].tolist(), truth[order].tolist(), strict=True):
        if one not in found and other not in taken:
            found[one] = other
            taken.add(other)
    return found


def _shared(a: Floats, b: Floats) -> Floats:
    return np.concatenate((np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])), axis=1)


def _area(boxes: Floats) -> Floats:
    return np.asarray(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1))


def oracle(given: DetectionSet) -> Merged:
    """Every box with its object, by the ground truth: the union of each group."""
    owners = np.where(given.owners >= 0, given.owners, -1 - np.arange(len(given.owners)))
    _, first, group = np.unique(owners, return_index=True, return_inverse=True)
    boxes = given.boxes[first].copy()
    np.minimum.at(boxes[:, :2], group, given.boxes[:, :2])
    np.maximum.at(boxes[:, 2:], group, given.boxes[:, 2:])
    confidences = given.confidences[first].copy()
    np.maximum.at(confidences, group, given.confidences)
    return Merged(boxes=boxes, confidences=confidences, labels=given.labels[first])
