"""Counts the defects of detection in tiles: duplicates, fragments and split objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilescout.neighbours import overlapping_pairs
from tilescout_evaluate.metrics.matching import Flags, Floats, Ints, ObjectPage, Overlaps

DOUBLED = 0.3
"""The IoU with a detected object from which an unmatched box is a duplicate of it."""
INSIDE = 0.7
"""The share of an unmatched box inside an object from which it is a fragment of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defects:
    """Counts of defects: ``duplicates`` and ``fragments`` are excess boxes; ``split`` objects were
    detected in fragments only."""

    duplicates: int
    fragments: int
    split: int

    @classmethod
    def none(cls) -> Defects:
        return cls(duplicates=0, fragments=0, split=0)

    def __add__(self, other: Defects) -> Defects:
        return Defects(
            duplicates=self.duplicates + other.duplicates,
            fragments=self.fragments + other.fragments,
            split=self.split + other.split,
        )


def defects(near: Overlaps, owners: Ints, objects: int) -> Defects:
    """Counts the defects; ``near`` holds pairs of equal labels, ``owners`` the matches at the
    smallest IoU that counts."""
    is_hit = np.isin(np.arange(objects), owners)
    spare = near.where(owners[near.found] < 0)
    doubles = spare.found[(spare.iou >= DOUBLED) & is_hit[spare.truth]]
    within = spare.inside >= INSIDE
    return Defects(
        duplicates=len(np.unique(doubles)),
        fragments=len(np.unique(spare.found[within])),
        split=int((~is_hit[np.unique(spare.truth[within])]).sum()),
    )


def at_seam(boxes: Floats, page: ObjectPage) -> Flags:
    """Tells for each box whether a side of a tile, within the page, passes through it or touches
    it."""
    tiles = page.tiles
    if not len(tiles):
        return np.zeros(len(boxes), dtype=bool)
    grown = boxes + np.array([-1, -1, 1, 1])
    pairs = overlapping_pairs(np.concatenate((grown, tiles)))
    box, tile = pairs[(pairs[:, 0] < len(boxes)) & (pairs[:, 1] >= len(boxes))].T
    low = np.where(tiles[:, :2] > 0, tiles[:, :2], -np.inf)[tile - len(boxes)]
    high = np.where(tiles[:, 2:] < page.size, tiles[:, 2:], np.inf)[tile - len(boxes)]
    holds = (grown[box, :2] > low).all(axis=1) & (grown[box, 2:] < high).all(axis=1)
    return np.isin(np.arange(len(boxes)), box[~holds])
