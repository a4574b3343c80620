"""Parts of one object whose middle no tile reported."""

from __future__ import annotations

import numpy as np

from tilescout.merging.boxes.outlines import Outlines
from tilescout.merging.boxes.rectangles import Ints
from tilescout.merging.boxes.views import Tiles, Views
from tilescout.merging.grouping import grouped
from tilescout.neighbours import meeting_pairs

FACING = 0.7
"""Smallest IoU, along the seam, of two parts that face each other."""
_TURNED = [1, 0, 3, 2]


def bridged(views: Views, group: Ints, parts: Outlines, labels: Ints, tiles: Tiles) -> Ints:
    """For each part the first one of the object it belongs to.

    Joined are parts of one label that are open towards each other, and only so, across no more
    than a tile; the nearest first, each end once, never two that one tile told apart.
    """
    width, height = np.median(tiles.sides[2:] - tiles.sides[:2], axis=1)
    turned = Outlines(parts.sides[_TURNED], parts.is_open[_TURNED])
    found = [*_facing(parts, labels, float(width)), *_facing(turned, labels, float(height))]
    into = np.arange(len(labels))
    if not found:
        return into
    ends = np.unique([(one, two) for _, one, two in found])
    place = {part: at for at, part in enumerate(ends.tolist())}
    pairs = [(place[one], place[two]) for _, one, two in sorted(found)]
    for together in grouped(pairs, _reports(views, group, place)):
        into[ends[together]] = ends[together[0]]
    return into


def _reports(views: Views, group: Ints, place: dict[int, int]) -> list[dict[int, int]]:
    """For each part, by the tiles that saw it, itself: no tile may have seen another."""
    reports: list[dict[int, int]] = [{} for _ in place]
    members = np.flatnonzero(np.isin(group, list(place)))
    for part, tile in zip(group[members].tolist(), views.tiles[members].tolist(), strict=True):
        reports[place[part]][tile] = part
    return reports


def _facing(parts: Outlines, labels: Ints, reach: float) -> list[tuple[float, int, int]]:
    """Gap, part open to the right and part open to the left of it; nearest first, each end once."""
    left, top, right, bottom = parts.sides
    opens = parts.is_open
    some = np.flatnonzero((opens[0] | opens[2]) & ~opens[1] & ~opens[3])
    grown = parts.sides[:, some]
    grown[2] += reach * opens[2, some]
    one, two = (some[each] for each in meeting_pairs(grown, labels[some]))
    before, after = np.where(left[one] <= left[two], (one, two), (two, one))
    common = np.minimum(bottom[before], bottom[after]) - np.maximum(top[before], top[after])
    either = bottom[before] - top[before] + bottom[after] - top[after] - common
    faces = opens[2, before] & opens[0, after] & (right[after] > right[before])
    faces &= common >= FACING * either
    before, after = before[faces], after[faces]
    gaps = np.abs(left[after] - right[before])
    found = sorted(zip(gaps.tolist(), before.tolist(), after.tolist(), strict=True))
    return _each_end_once(found)


def _each_end_once(found: list[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
    ends: set[int] = set()
    starts: set[int] = set()
    chosen = []
    for gap, before, after in found:
        if before not in ends and after not in starts:
            chosen.append((gap, before, after))
            ends.add(before)
            starts.add(after)
    return chosen
