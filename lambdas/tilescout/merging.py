"""One object out of what overlapping tiles saw of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from tilescout.cuts import CUT_PX, cut_sides
from tilescout.detections import Answer, Side
from tilescout.geometry import Box, iou
from tilescout.linking import grouped
from tilescout.neighbours import (
    Sides,
    best_first,
    ious,
    overlapping_pairs,
    shared_part,
    sides_of,
)

SAME_PLACE = 0.5
"""Smallest IoU of what two tiles saw in the area they share; .3 to .7 measured alike."""
SAID_TWICE = 0.8
"""IoU from which two boxes of one tile are one object."""
_SIDES: tuple[Side, Side, Side, Side] = ("left", "top", "right", "bottom")


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedObject:
    """One object of the page: box in page px, the tiles that saw it, sides none saw whole."""

    label: str
    confidence: float
    box: Box
    tiles: tuple[int, ...]
    open_sides: tuple[Side, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class _View:
    """An object as one tile saw it."""

    label: str
    box: Box
    confidence: float
    tile: int
    tile_box: Box


def merge_objects(
    answers: Sequence[Answer], page_width: int, page_height: int
) -> tuple[MergedObject, ...]:
    """The page's objects (page px), sorted by top and left; the order of answers is irrelevant.

    Boxes of one label and different tiles are one object where the tiles agree about the area
    both see. Each side is the mean of the tiles that saw it uncut; boxes of one tile never merge.
    """
    page = Box(0.0, 0.0, float(page_width), float(page_height))
    every = {
        _View(seen.label, seen.box, seen.confidence, answer.tile, answer.tile_box)
        for answer in answers
        for seen in answer.objects
        if seen.box.area > 0
    }
    merged = [
        _merged([views[at] for at in group], page)
        for _, same_label in groupby(sorted(every), key=lambda view: view.label)
        for views in [_once(list(same_label))]
        for group in grouped(_links(views), _reports(views))
    ]
    return tuple(sorted(merged, key=lambda each: (each.box.top, each.box, each.label)))


def _once(views: list[_View]) -> list[_View]:
    """Without the less confident of two boxes of one tile around the same object."""
    gone: set[int] = set()
    for one, other in overlapping_pairs(sides_of([view.box for view in views])).tolist():
        a, b = views[one], views[other]
        if a.tile_box == b.tile_box and iou(a.box, b.box) >= SAID_TWICE:
            gone.add(one if (a.confidence, a) < (b.confidence, b) else other)
    return [view for index, view in enumerate(views) if index not in gone]


def _reports(views: list[_View]) -> list[dict[int, int]]:
    answers = {box: number for number, box in enumerate({view.tile_box: None for view in views})}
    return [{answers[view.tile_box]: index} for index, view in enumerate(views)]


def _links(views: list[_View]) -> list[tuple[int, int]]:
    """Pairs of indices that show one object, those that agree most first."""
    boxes = sides_of([view.box for view in views])
    tiles = sides_of([view.tile_box for view in views])
    pairs = overlapping_pairs(boxes)
    one, other = boxes[pairs[:, 0]], boxes[pairs[:, 1]]
    both = shared_part(tiles[pairs[:, 0]], tiles[pairs[:, 1]])
    agreement = ious(shared_part(one, both), shared_part(other, both))
    linked = (
        (tiles[pairs[:, 0]] != tiles[pairs[:, 1]]).any(axis=1)
        & (agreement >= SAME_PLACE)
        & _goes_on(one, other, both)
        & _goes_on(other, one, both)
    )
    return best_first(pairs[linked], agreement[linked])


def _goes_on(one: Sides, other: Sides, both: Sides) -> NDArray[np.bool_]:
    """Where ``one`` leaves the area both tiles see, ``other`` must reach that area's side."""
    sign = np.array([-1.0, -1.0, 1.0, 1.0])
    past = sign * (one - both) > CUT_PX
    reaches = sign * (other - both) >= -2 * CUT_PX
    return np.asarray((~past | reaches).all(axis=1))


def _merged(views: list[_View], page: Box) -> MergedObject:
    cut = np.array([cut_sides(view.box, view.tile_box, page) for view in views])
    sides = sides_of([view.box for view in views])
    weight = np.array([max(view.confidence, 1e-6) for view in views])
    outermost = np.concatenate((sides[:, :2].min(axis=0), sides[:, 2:].max(axis=0)))
    votes = np.where(cut, 0.0, weight[:, None])
    seen = votes.sum(axis=0)
    mean = (sides * votes).sum(axis=0) / np.maximum(seen, 1e-9)
    left, top, right, bottom = np.where(seen > 0, mean, outermost).tolist()
    return MergedObject(
        label=views[0].label,
        confidence=max(view.confidence for view in views),
        box=Box(left, top, right, bottom),
        tiles=tuple(sorted({view.tile for view in views})),
        open_sides=tuple(side for side, votes in zip(_SIDES, seen, strict=True) if not votes),
    )
