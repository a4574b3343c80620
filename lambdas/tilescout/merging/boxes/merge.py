"""The merge of boxes as arrays, usable without the rest of Tilescout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from tilescout.merging.boxes.groups import groups_of, number_roots, order_by_group
from tilescout.merging.boxes.links import SAID_TWICE, links_of
from tilescout.merging.boxes.outlines import Outlines, outlines_of
from tilescout.merging.boxes.parts import absorb_pieces, join_across_gaps
from tilescout.merging.boxes.rectangles import Flags, Floats, Ints
from tilescout.merging.boxes.views import Tiles, Views, cut_where_it_goes_on, tiles_of, views_of

Values = TypeVar("Values", Floats, Ints)


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedBoxes:
    """The m objects of a page, by label and from the top down.

    ``boxes`` m x 4 (left, top, right, bottom, page px), ``confidences`` m, ``labels`` m,
    ``open_sides`` m x 4: sides that no tile saw. The input's rows that show object i are
    ``members[starts[i] : starts[i + 1]]``.
    """

    boxes: Floats
    confidences: Floats
    labels: Ints
    members: Ints
    starts: Ints
    open_sides: Flags

    def members_of(self, row: int) -> Ints:
        """Returns the input's rows that show this object."""
        return self.members[self.starts[row] : self.starts[row + 1]]


def merge_detections(
    boxes: ArrayLike,
    confidences: ArrayLike,
    labels: ArrayLike,
    tiles: ArrayLike,
    tile_boxes: ArrayLike,
    page_size: tuple[float, float],
    text_labels: Sequence[int] = (),
    tile_scales: ArrayLike | None = None,
    same_tile_iou: float = SAID_TWICE,
) -> MergedBoxes:
    """Returns each object once, from ``boxes`` (n x 4, page px) that overlapping tiles saw.

    ``confidences`` (n) may have any unit. ``labels`` (n whole numbers): boxes of different ones
    are never merged. ``tiles`` (n) are rows of ``tile_boxes`` (t x 4, page px; they may stick out
    of the page). ``page_size`` is width and height. ``text_labels`` are lines of text, which end
    with their last whole letter. ``tile_scales`` (t, default 1) are page pixels to one pixel of
    the tile's image: a pass over the whole page is one more tile, with a larger scale. Boxes of
    one tile and label are one object from ``same_tile_iou`` (above 0, to 1) on: lower it to .25
    only for a detector that leaves doubtful boxes half over each other, and objects that do not
    overlap.

    Every box is a member of one object, except those without an area or with a number that is
    not finite: these are left out. The order of the boxes and of the tiles is irrelevant.
    Raises ValueError for arrays that do not fit together.
    """
    if not 0 < same_tile_iou <= 1:
        raise ValueError(f"same_tile_iou must be above 0, at most 1; received {same_tile_iou}")
    given = _rows("boxes", boxes)
    layout = _layout(tile_boxes, tile_scales, page_size)
    label, tile = (
        _whole_numbers("labels", labels, len(given)),
        _whole_numbers("tiles", tiles, len(given)),
    )
    count = layout.sides.shape[1]
    if len(tile) and not 0 <= tile.min() <= tile.max() < count:
        raise ValueError(
            f"tiles must be rows of tile_boxes, 0 to {count - 1}; received {tile.min()} to "
            f"{tile.max()}"
        )
    names, label = _rank_labels(label)
    is_text = np.isin(names, np.asarray(text_labels, dtype=np.int64))
    sure = _one_per_row("confidences", np.asarray(confidences, dtype=np.float64), len(given))
    views = views_of(given, sure, label, tile, layout, is_text[label])
    return _merge(views, layout, names, same_tile_iou) if len(views) else _empty()


def _layout(
    tile_boxes: ArrayLike, tile_scales: ArrayLike | None, page: tuple[float, float]
) -> Tiles:
    boxes = _rows("tile_boxes", tile_boxes)
    scales = np.ones(len(boxes)) if tile_scales is None else np.asarray(tile_scales, np.float64)
    if not (np.isfinite(boxes).all() and (boxes[:, 2:] > boxes[:, :2]).all()):
        raise ValueError("tile_boxes must be finite, left before right and top before bottom")
    if not (_one_per_row("tile_scales", scales, len(boxes)) > 0).all():
        raise ValueError("tile_scales must be above 0: page pixels to one pixel of the tile")
    if not (len(page) == 2 and min(page) > 0):
        raise ValueError(f"page_size must be a width and a height above 0 px; received {page}")
    return tiles_of(boxes, scales, page)


def _rows(name: str, boxes: ArrayLike) -> Floats:
    array = np.asarray(boxes, dtype=np.float64)
    if array.size and (array.ndim != 2 or array.shape[1] != 4):
        raise ValueError(f"{name} must be n x 4; received {array.shape}")
    return array.reshape(-1, 4)


def _one_per_row(name: str, values: Values, count: int) -> Values:
    if values.shape != (count,):
        raise ValueError(f"{name} must have one value per row, {count}; received {values.shape}")
    return values


def _whole_numbers(name: str, values: ArrayLike, count: int) -> Ints:
    array = np.asarray(values)
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"{name} must be whole numbers; received {array.dtype}")
    return _one_per_row(name, array.astype(np.int64), count)


def _rank_labels(labels: Ints) -> tuple[Ints, Ints]:
    """Returns the distinct labels, and for each row the place of its label among them."""
    low = labels.min(initial=0)
    if labels.max(initial=0) - low > len(labels):
        names, ranks = np.unique(labels, return_inverse=True)
        return names, ranks
    is_there = np.bincount(labels - low) > 0
    return np.flatnonzero(is_there) + low, (np.cumsum(is_there) - 1)[labels - low]


def _merge(views: Views, tiles: Tiles, names: Ints, same_tile_iou: float) -> MergedBoxes:
    links = links_of(views, tiles, same_tile_iou)
    first, group = number_roots(groups_of(views, links))
    views = cut_where_it_goes_on(views, group, len(first), tiles)
    parts = outlines_of(views, slice(None), group, len(first), tiles)
    into = join_across_gaps(views, group, parts, views.labels[first], tiles)
    kept, group, parts = _join_parts(views, group, parts, into, tiles)
    first = first[kept]
    apart = np.flatnonzero(group[links.one] != group[links.two])
    met = group[links.one[apart]], group[links.two[apart]]
    kept, number = number_roots(absorb_pieces(parts, *met))
    order, starts = order_by_group(number[group], len(kept))
    return MergedBoxes(
        boxes=np.ascontiguousarray(parts.sides[:, kept].T),
        confidences=np.maximum.reduceat(views.confidences[order], starts),
        labels=names[views.labels[first[kept]]],
        members=views.rows[order],
        starts=np.append(starts, len(order)),
        open_sides=np.ascontiguousarray(parts.is_open[:, kept].T),
    )


def _join_parts(
    views: Views, group: Ints, parts: Outlines, into: Ints, tiles: Tiles
) -> tuple[Ints, Ints, Outlines]:
    """Returns the parts that remain, the group of each view among them, and their boxes."""
    kept, number = number_roots(into)
    group = number[group]
    sides, is_open = parts.sides[:, kept], parts.is_open[:, kept]
    grown = np.bincount(number) > 1
    at = np.flatnonzero(grown[group])
    if len(at):
        among = (np.cumsum(grown) - 1)[group[at]]
        anew = outlines_of(views, at, among, int(grown.sum()), tiles)
        sides[:, grown], is_open[:, grown] = anew.sides, anew.is_open
    return kept, group, Outlines(sides, is_open)


def _empty() -> MergedBoxes:
    none = np.empty(0, dtype=np.int64)
    return MergedBoxes(
        boxes=np.empty((0, 4)),
        confidences=np.empty(0),
        labels=none,
        members=none,
        starts=np.zeros(1, dtype=np.int64),
        open_sides=np.empty((0, 4), dtype=bool),
    )
