"""What a coarser tile tells of the views of finer ones: that the object goes on beyond them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tilescout.merging.boxes.rectangles import OUTWARD, Ints
from tilescout.merging.boxes.views import Tiles, Views
from tilescout.merging.tile_edges import CUT_PX


def cut_where_it_goes_on(views: Views, group: Ints, count: int, tiles: Tiles) -> Views:
    """The views, cut at each side of their tile that a coarser, uncut view of their group crosses.

    Detectors draw a part of a large object as if it ended some way before the tile does. Without
    this such a side counts as seen, and a fine tile's word outweighs a coarse one's.
    ``group`` (0 to count - 1) tells that of each view.
    """
    scales = tiles.scales[views.tiles]
    is_coarse = scales > tiles.scales.min()
    told = np.flatnonzero(is_coarse & ~views.cut.any(axis=0))
    if not len(told):
        return views
    reach = np.repeat(-np.inf * OUTWARD, count, axis=1)
    for side, outermost in enumerate((np.minimum, np.minimum, np.maximum, np.maximum)):
        outermost.at(reach[side], group[told], views.sides[side, told])
    beyond = OUTWARD * (reach[:, group] - tiles.sides[:, views.tiles])
    goes_on = tiles.inside[:, views.tiles] & (beyond > CUT_PX) & ~is_coarse
    return replace(views, cut=views.cut | goes_on)
