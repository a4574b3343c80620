"""Parts of an object that its tiles saw as objects of their own."""

from __future__ import annotations

import numpy as np

from tilescout.merging.boxes.groups import roots
from tilescout.merging.boxes.outlines import Outlines
from tilescout.merging.boxes.rectangles import OUTWARD, Ints, areas, shared
from tilescout.merging.tile_edges import CUT_PX

INSIDE = 0.7
"""Share of an open part inside an object from which it is a piece of that."""


def absorbed(parts: Outlines, one: Ints, two: Ints) -> Ints:
    """For each part the object it is a piece of, or itself; only these pairs of parts met.

    A tile that shows two legs of an object but not what joins them sees two objects. A part that
    is open, and lies inside a larger one of its label that goes on there, is such a leg; this is
    the one step that may put two boxes of one tile together.
    """
    into = np.arange(parts.sides.shape[1])
    size = areas(parts.sides)
    piece, whole = np.where(size[one] < size[two], (one, two), (two, one))
    is_open = np.asarray(parts.is_open.any(axis=0))
    wanted = np.flatnonzero(is_open[piece] & (size[piece] < size[whole]))
    piece, whole = piece[wanted], whole[wanted]
    common = areas(shared(parts.sides[:, piece], parts.sides[:, whole]))
    past = OUTWARD * (parts.sides[:, whole] - parts.sides[:, piece]) > CUT_PX
    goes_on = (past | ~parts.is_open[:, piece]).all(axis=0)
    belongs = goes_on & (common >= INSIDE * size[piece])
    piece, whole = piece[belongs], whole[belongs]
    # Of several the last written stays: the smallest.
    order = np.lexsort((-whole, -size[whole]))
    into[piece[order]] = whole[order]
    return roots(into)
