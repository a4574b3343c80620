"""Finds the views of two tiles that show one object, and repetitions within one tile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilescout.merging.boxes.rectangles import OUTWARD, Flags, Floats, Ints, intersections, ious
from tilescout.merging.boxes.views import Tiles, Views
from tilescout.neighbours import overlapping_columns

SAME_PLACE = 0.2
"""Smallest IoU of what two tiles saw in the area they share.

At the usual .5 boxes of a detector that is a few pixels off stay double. Neighbours of one kind
that overlap by more are kept apart by the tile that saw both.
"""
SAID_TWICE = 0.8
"""IoU from which two boxes of one tile are one object."""
SEAM_PX = 1.0
"""Boxes reach this far over their tile's side, so that tiles that only touch share a strip."""
ENDS_PX = 8.0
"""A cut side this far from its tile's side may be where the object ends all the same: text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """All pairs (k) of overlapping views of one label, with how well their tiles agree (0-1).

    ``is_same`` marks pairs of two tiles that show one object, ``is_repeat`` pairs of one tile
    that do.
    """

    one: Ints
    two: Ints
    agreement: Floats
    is_same: Flags
    is_repeat: Flags


def links_of(views: Views, tiles: Tiles, same_tile_iou: float = SAID_TWICE) -> Links:
    """Returns every pair of overlapping views, and what the pair shows.

    Two views of one tile show one object from an IoU of ``same_tile_iou`` on.
    """
    # A cut side may lie anywhere beyond its tile's side.
    edge = tiles.sides[:, views.tiles]
    reach = np.where(views.cut, edge, views.sides) + OUTWARD * SEAM_PX
    # What lies outside of every tile cannot agree, and far away would blur the search for pairs.
    low, high = tiles.sides[:2].min(axis=1), tiles.sides[2:].max(axis=1)
    reach = np.clip(reach, np.tile(low, 2)[:, None] - SEAM_PX, np.tile(high, 2)[:, None] + SEAM_PX)
    one, two = overlapping_columns(reach, views.labels)
    first, second = views.tiles[one], views.tiles[two]
    both = intersections(tiles.sides[:, first], tiles.sides[:, second]) + OUTWARD * SEAM_PX
    agreement = ious(intersections(reach[:, one], both), intersections(reach[:, two], both))
    may_end = np.asarray((OUTWARD * (reach - views.sides) > ENDS_PX).any(axis=0))
    vague = np.flatnonzero(may_end[one] | may_end[two])
    as_seen = [intersections(views.sides[:, side[vague]], both[:, vague]) for side in (one, two)]
    agreement[vague] = np.maximum(agreement[vague], ious(*as_seen))
    is_same = (agreement >= SAME_PLACE) & (first != second)
    is_repeat = first == second
    repeats = np.flatnonzero(is_repeat)
    is_repeat[repeats] = (
        ious(views.sides[:, one[repeats]], views.sides[:, two[repeats]]) >= same_tile_iou
    )
    return Links(one=one, two=two, agreement=agreement, is_same=is_same, is_repeat=is_repeat)
