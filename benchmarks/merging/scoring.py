"""Counts what is right, doubled, in pieces or lost after a merge, against the ground truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.merging.detection_sets import DetectionSet, Floats, Ints
from tilescout_evaluate.metrics.matching import ObjectPage, match_boxes, overlaps, with_same_label
from tilescout_evaluate.metrics.seams import at_seam, defects

STEPS = (0.5, 0.75, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The result of a merge (m x 4, m, m)."""

    boxes: Floats
    confidences: Floats
    labels: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The counts of one page, or sums of several; ``seam`` counts what a tile's side passes
    through."""

    truths: int
    outputs: int
    right: tuple[int, ...]
    """The objects matched at each of STEPS."""
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
        name: sum(getattr(row, name) for row in scores)
        for name in Score.__slots__
        if name != "right"
    }
    right = tuple(sum(row) for row in zip(*(one.right for one in scores), strict=True))
    return Score(right=right, **counts)


def score(merged: Merged, given: DetectionSet) -> Score:
    """Scores against all of the ground truth; each object is matched once, the most confident box
    first."""
    page = _page(merged, given)
    near = with_same_label(page, overlaps(page.true_boxes, page.boxes))
    owners = [match_boxes(near, page.confidences, step) for step in STEPS]
    found = defects(near, owners[0], len(page.true_boxes))
    seam_truth, seam_output = at_seam(page.true_boxes, page), at_seam(page.boxes, page)
    hits = owners[0][owners[0] >= 0]
    seen = np.unique(given.owners[given.owners >= 0])
    of_seam = int(seam_truth[hits].sum())
    return Score(
        truths=len(page.true_boxes),
        outputs=len(page.boxes),
        right=tuple(int((owner >= 0).sum()) for owner in owners),
        seam_truths=int(seam_truth.sum()),
        seam_outputs=of_seam + int((seam_output & (owners[0] < 0)).sum()),
        seam_right=of_seam,
        duplicates=found.duplicates,
        fragments=found.fragments,
        split=found.split,
        lost=int((~np.isin(seen, hits)).sum()),
    )


def _page(merged: Merged, given: DetectionSet) -> ObjectPage:
    return ObjectPage(
        name=given.name,
        size=given.page,
        true_boxes=given.true_boxes,
        true_labels=given.true_labels,
        boxes=merged.boxes,
        labels=merged.labels,
        confidences=merged.confidences,
        tiles=given.tile_boxes[given.tile_scales == 1],
    )
