"""Joins the parts of one object that no single tile saw whole.

Two steps: parts whose middle no tile reported are joined across the gap, and a part that lies
inside an object that goes on there becomes a piece of it.
"""

from __future__ import annotations

import numpy as np

from tilescout.merging.boxes.groups import roots
from tilescout.merging.boxes.outlines import Outlines
from tilescout.merging.boxes.rectangles import OUTWARD, Ints, areas, intersections
from tilescout.merging.boxes.views import Tiles, Views
from tilescout.merging.grouping import group_linked
from tilescout.merging.tile_edges import EDGE_TOLERANCE_PX
from tilescout.neighbours import overlapping_columns

FACING = 0.7
"""Smallest IoU, along the seam, of two parts that face each other."""
INSIDE = 0.7
"""Share of an open part inside an object from which it is a piece of that."""
_TRANSPOSED = [1, 0, 3, 2]


def join_across_gaps(
    views: Views, group: Ints, parts: Outlines, labels: Ints, tiles: Tiles
) -> Ints:
    """Returns, for each part, the first part of the object that it belongs to.

    Parts of one label are joined if they are open towards each other, and only there, across at
    most a tile: the nearest first, each end once, never two that one tile reported apart.
    """
    width, height = np.median(tiles.sides[2:] - tiles.sides[:2], axis=1)
    transposed = Outlines(parts.sides[_TRANSPOSED], parts.is_open[_TRANSPOSED])
    facing = [
        *_facing(parts, labels, float(width)),
        *_facing(transposed, labels, float(height)),
    ]
    into = np.arange(len(labels))
    if not facing:
        return into
    ends = np.unique([(one, two) for _, one, two in facing])
    place = {part: at for at, part in enumerate(ends.tolist())}
    pairs = [(place[one], place[two]) for _, one, two in sorted(facing)]
    for together in group_linked(pairs, _reports(views, group, place)):
        into[ends[together]] = ends[together[0]]
    return into


def _reports(views: Views, group: Ints, place: dict[int, int]) -> list[dict[int, int]]:
    """Returns, for each part, the tiles that saw it: none of them may have seen another part."""
    reports: list[dict[int, int]] = [{} for _ in place]
    members = np.flatnonzero(np.isin(group, list(place)))
    for part, tile in zip(group[members].tolist(), views.tiles[members].tolist(), strict=True):
        reports[place[part]][tile] = part
    return reports


def _facing(parts: Outlines, labels: Ints, reach: float) -> list[tuple[float, int, int]]:
    """Returns (gap, part open to the right, part open to the left), the smallest gap first."""
    left, top, right, bottom = parts.sides
    opens = parts.is_open
    some = np.flatnonzero((opens[0] | opens[2]) & ~opens[1] & ~opens[3])
    grown = parts.sides[:, some]
    grown[2] += reach * opens[2, some]
    one, two = (some[end] for end in overlapping_columns(grown, labels[some]))
    before, after = np.where(left[one] <= left[two], (one, two), (two, one))
    common = np.minimum(bottom[before], bottom[after]) - np.maximum(top[before], top[after])
    either = bottom[before] - top[before] + bottom[after] - top[after] - common
    faces = opens[2, before] & opens[0, after] & (right[after] > right[before])
    faces &= common >= FACING * either
    before, after = before[faces], after[faces]
    gaps = np.abs(left[after] - right[before])
    facing = sorted(zip(gaps.tolist(), before.tolist(), after.tolist(), strict=True))
    return _each_end_once(facing)


def _each_end_once(facing: list[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
    ends: set[int] = set()
    starts: set[int] = set()
    chosen = []
    for gap, before, after in facing:
        if before not in ends and after not in starts:
            chosen.append((gap, before, after))
            ends.add(before)
            starts.add(after)
    return chosen


def absorb_pieces(parts: Outlines, one: Ints, two: Ints) -> Ints:
    """Returns, for each part, the object that it is a piece of, or itself.

    ``one`` and ``two`` are the pairs of parts that overlap. A tile that shows two legs of an object
    but not what joins them sees two objects. A part that is open, and lies inside a larger one of
    its label that goes on there, is such a leg. No other step may join two boxes of one tile.
    """
    into = np.arange(parts.sides.shape[1])
    size = areas(parts.sides)
    piece, whole = np.where(size[one] < size[two], (one, two), (two, one))
    is_open = np.asarray(parts.is_open.any(axis=0))
    wanted = np.flatnonzero(is_open[piece] & (size[piece] < size[whole]))
    piece, whole = piece[wanted], whole[wanted]
    common = areas(intersections(parts.sides[:, piece], parts.sides[:, whole]))
    past = OUTWARD * (parts.sides[:, whole] - parts.sides[:, piece]) > EDGE_TOLERANCE_PX
    goes_on = (past | ~parts.is_open[:, piece]).all(axis=0)
    belongs = goes_on & (common >= INSIDE * size[piece])
    piece, whole = piece[belongs], whole[belongs]
    # Of several the last written stays: the smallest.
    order = np.lexsort((-whole, -size[whole]))
    into[piece[order]] = whole[order]
    return roots(into)
