"""Boxes as single tiles saw them, sorted, with the sides that their tiles cut."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tilescout.merging.boxes.rectangles import OUTWARD, Flags, Floats, Ints
from tilescout.merging.tile_edges import EDGE_TOLERANCE_PX

TEXT_CUT = 0.5
"""A line of text that ends this many heights from its tile's side is cut there.

Of a letter that is cut in two nothing is read. The local OCR ends such words at the side itself
and needs no slack; it costs nothing there.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiles:
    """``sides`` (4 x t, page px), which of them lie ``inside`` the page, and scales (t).

    A scale is the number of page pixels to one pixel of the tile's image.
    """

    sides: Floats
    inside: Flags
    scales: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """Boxes (4 x n, page px) as single tiles saw them; ``rows`` is their place in the input.

    ``cut`` are the sides at an inner side of their tile.
    """

    sides: Floats
    confidences: Floats
    labels: Ints
    tiles: Ints
    rows: Ints
    cut: Flags

    def __len__(self) -> int:
        return len(self.labels)


def tiles_of(boxes: Floats, scales: Floats, page: tuple[float, float]) -> Tiles:
    """Returns the layout of t x 4 ``boxes`` on a page of a width and a height in pixels."""
    sides = np.ascontiguousarray(boxes.T)
    border = np.array([0.0, 0.0, *page])[:, None]
    return Tiles(sides=sides, inside=OUTWARD * (border - sides) > 0, scales=scales)


def views_of(
    boxes: Floats, confidences: Floats, labels: Ints, seen_in: Ints, tiles: Tiles, is_text: Flags
) -> Views:
    """Returns the boxes (n x 4) that have an area, in an order that the input's does not change."""
    usable = np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    rows = np.flatnonzero(usable & np.isfinite(confidences))
    sides = np.ascontiguousarray(boxes[rows].T)
    order = _order(sides, labels[rows], confidences[rows], seen_in[rows])
    rows, sides = rows[order], sides[:, order]
    tile = seen_in[rows]
    slack = _slack(sides, is_text[rows], EDGE_TOLERANCE_PX * np.sqrt(tiles.scales[tile]))
    to_edge = OUTWARD * (tiles.sides[:, tile] - sides)
    return Views(
        sides=sides,
        confidences=confidences[rows],
        labels=labels[rows],
        tiles=tile,
        rows=rows,
        cut=tiles.inside[:, tile] & (to_edge <= slack),
    )


def _order(sides: Floats, labels: Ints, *others: NDArray[np.generic]) -> Ints:
    """Returns the columns sorted by label, top and left; ties are broken by all other values.

    One sort of whole numbers: a tenth of a lexsort's time, and the search for pairs, which goes
    the same way, then finds what it needs close together.
    """
    low, high = sides.min(initial=0.0), sides.max(initial=1.0)
    left, top = ((sides[:2] - low) * ((2**24 - 1) / (high - low))).astype(np.uint64)
    # Above 65,536 labels some share a key; that is a tie like any other.
    key = (labels.astype(np.uint64) << np.uint64(48)) | (top << np.uint64(24)) | left
    order = np.argsort(key)
    key = key[order]
    twin = key[1:] == key[:-1]
    tied = np.flatnonzero(np.append(twin, False) | np.append(False, twin))
    # Sorted by key first, they stay in the places of their ties.
    among = order[tied]
    whole = (*others, labels, *sides)
    order[tied] = among[np.lexsort((*(values[among] for values in whole), key[tied]))]
    return order


def _slack(sides: Floats, is_text: Flags, slack: Floats) -> Floats:
    """Returns the distance from its tile's side within which each side counts as cut.

    The result is 4 x n, or 1 x n where all sides are alike.
    """
    if not is_text.any():
        return slack[None]
    width, height = sides[2] - sides[0], sides[3] - sides[1]
    reach = np.maximum(slack, is_text * TEXT_CUT * np.minimum(width, height))
    across = np.where(width >= height, reach, slack)
    down = np.where(height >= width, reach, slack)
    return np.stack((across, down, across, down))


def cut_where_it_goes_on(views: Views, group: Ints, count: int, tiles: Tiles) -> Views:
    """Marks views as cut where a coarser, uncut view of their group goes on beyond their tile.

    Detectors draw a part of a large object as if it ended some way before the tile does. Without
    this such a side counts as seen, and a fine tile's word outweighs a coarse one's.
    ``group`` (0 to count - 1) is the group of each view.
    """
    scales = tiles.scales[views.tiles]
    is_coarse = scales > tiles.scales.min()
    uncut = np.flatnonzero(is_coarse & ~views.cut.any(axis=0))
    if not len(uncut):
        return views
    reach = np.repeat(-np.inf * OUTWARD, count, axis=1)
    for side, outermost in enumerate((np.minimum, np.minimum, np.maximum, np.maximum)):
        outermost.at(reach[side], group[uncut], views.sides[side, uncut])
    beyond = OUTWARD * (reach[:, group] - tiles.sides[:, views.tiles])
    goes_on = tiles.inside[:, views.tiles] & (beyond > EDGE_TOLERANCE_PX) & ~is_coarse
    return replace(views, cut=views.cut | goes_on)
