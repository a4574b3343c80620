"""Computes the box of an object from the views that saw its sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilescout.merging.boxes.rectangles import OUTWARD, Flags, Floats, Ints
from tilescout.merging.boxes.views import Tiles, Views

MIN_VOTE = 1e-6


@dataclass(frozen=True, slots=True)
class Outlines:
    """Boxes of objects (4 x m, page px), and which of their sides no tile saw (4 x m)."""

    sides: Floats
    is_open: Flags


def outlines_of(views: Views, at: Ints | slice, group: Ints, count: int, tiles: Tiles) -> Outlines:
    """Returns the boxes of ``count`` groups of views.

    ``group`` (0 to count - 1) is the group of each view ``at``. A box is the mean of the views
    that no tile cut, weighted by their confidence and resolution. Where all are cut, a side is the
    outermost one seen uncut, for a part may bulge less than the whole. A side cut in all views is
    where the outermost of them ends, and is open.
    """
    sides, cut = views.sides[:, at], views.cut[:, at]
    votes = np.maximum(views.confidences[at], MIN_VOTE) / tiles.scales[views.tiles[at]] ** 2
    whole = np.flatnonzero(~cut.any(axis=0))
    of, weight = group[whole], votes[whole]
    total = np.bincount(of, weight, count)
    part = np.flatnonzero(total[group] == 0)
    total[total == 0] = 1.0
    outline = np.repeat(-np.inf * OUTWARD, count, axis=1)
    is_open = np.empty((4, count), dtype=bool)
    for side, outermost in enumerate((np.minimum, np.minimum, np.maximum, np.maximum)):
        # Counted from one of them, so that equal sides have exactly their mean.
        outline[side, of] = sides[side, whole]
        off = weight * (sides[side, whole] - outline[side, of])
        outline[side] += np.bincount(of, off, count) / total
        uncut = part[~cut[side, part]]
        outermost.at(outline[side], group[uncut], sides[side, uncut])
        is_open[side] = np.isinf(outline[side])
        unseen = part[is_open[side, group[part]]]
        outermost.at(outline[side], group[unseen], sides[side, unseen])
    _open_inverted_sides(outline, is_open, sides, group)
    return Outlines(outline, is_open)


def _open_inverted_sides(outline: Floats, is_open: Flags, sides: Floats, group: Ints) -> None:
    """Opens both sides of an axis where one view begins after another one ends.

    Only views that contradict each other do so, joined by a third.
    """
    for low, high in ((0, 2), (1, 3)):
        turned = outline[low] >= outline[high]
        if turned.any():
            at = np.flatnonzero(turned[group])
            np.minimum.at(outline[low], group[at], sides[low, at])
            np.maximum.at(outline[high], group[at], sides[high, at])
            is_open[low, turned] = is_open[high, turned] = True
