"""Counts objects by groups: by label, by size, and by place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tilescout_evaluate.metrics.counts import Counts
from tilescout_evaluate.metrics.matching import Flags, Floats, Ints, ObjectPage
from tilescout_evaluate.metrics.seams import at_seam

COCO_SIZES = (32.0, 96.0)
"""The bounds in px of the square root of a box's area, as COCO has them."""


@dataclass(frozen=True, slots=True)
class Groups:
    """The group (an index into ``names``) of each object and of each detected box."""

    names: tuple[str, ...]
    truth: Ints
    found: Ints


def by_label(page: ObjectPage, labels: Sequence[str]) -> Groups:
    return Groups(tuple(labels), page.true_labels, page.labels)


def by_size(page: ObjectPage, bounds: Sequence[float] = COCO_SIZES) -> Groups:
    """Groups boxes by the square root of their area in px."""
    names = _names([f"{bound:g}" for bound in bounds])
    return Groups(names, _sized(_middle(page.true_boxes), bounds),
                  _sized(_middle(page.boxes), bounds))  # fmt: skip


def by_tile(page: ObjectPage, tile_size: int, overlap: int) -> Groups:
    """Groups boxes by whether the overlap, only a tile, or no tile holds their longer side."""
    bounds = (overlap + 1e-6, tile_size + 1e-6)
    names = ("within the overlap", "within a tile", "larger than a tile")
    return Groups(names, _sized(_longer(page.true_boxes), bounds),
                  _sized(_longer(page.boxes), bounds))  # fmt: skip


def by_seam(page: ObjectPage) -> Groups:
    """Groups boxes by whether the inner side of a tile passes through them."""
    truth, found = at_seam(page.true_boxes, page), at_seam(page.boxes, page)
    return Groups(("apart from seams", "at a seam"), truth.astype(np.int64), found.astype(np.int64))


def counts(groups: Groups, owners: Ints, counted: Flags) -> dict[str, Counts]:
    """Counts by group: a matched box is in its object's group, any other ``counted`` box in its
    own."""
    own = np.where(owners >= 0, np.append(groups.truth, -1)[owners], groups.found)
    return {
        name: Counts(
            objects=int((groups.truth == at).sum()),
            detections=int((counted & (own == at)).sum()),
            true_positives=int(((owners >= 0) & (own == at)).sum()),
        )
        for at, name in enumerate(groups.names)
    }


def _names(bounds: list[str]) -> tuple[str, ...]:
    between = [f"{low} to {high}" for low, high in pairwise(bounds)]
    return tuple(f"{name} px" for name in (f"under {bounds[0]}", *between, f"over {bounds[-1]}"))


def _sized(lengths: Floats, bounds: Sequence[float]) -> Ints:
    return np.searchsorted(np.array([*bounds, math.inf]), lengths, side="right")


def _middle(boxes: Floats) -> Floats:
    return np.asarray(np.sqrt(np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1)))


def _longer(boxes: Floats) -> Floats:
    return np.asarray((boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0))
