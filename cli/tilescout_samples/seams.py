"""Draws tags across the edges of tiles, where a detector sees a part of them only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Literal

from tilescout.geometry import Box
from tilescout.tiling.grid import TileGrid
from tilescout.tiling.page_geometry import page_pixels
from tilescout_samples.sheet import POINTS_PER_MM, Sheet
from tilescout_samples.tags import TagNames

DPI = 200
GRID = TileGrid(2048, 256)
HEIGHTS = (10.0, 7.0, 5.0, 3.5, 2.5)
STEP = 2.5


def tile_edges(sheet: Sheet) -> tuple[list[float], list[float]]:
    """Returns the inner edges of the default grid's tiles in mm: x of verticals, y of
    horizontals."""
    size = page_pixels(sheet.width * POINTS_PER_MM, sheet.height * POINTS_PER_MM, DPI)
    return _edges(size[0]), _edges(size[1])


def _edges(length: int) -> list[float]:
    starts = GRID.starts(length)
    ends = [start + GRID.size for start in starts]
    return [pixel * 25.4 / DPI for pixel in sorted(starts[1:] + ends[:-1])]


def draw_tags_across_edges(sheet: Sheet, field: Box, names: TagNames, count: int) -> None:
    """Draws up to ``count`` tags on every tile edge that crosses ``field``, wherever there is room.

    Tags on horizontal edges run upwards, and there are up to twice as many of them.
    """
    verticals, horizontals = tile_edges(sheet)
    wide, narrow = cycle(HEIGHTS), cycle(HEIGHTS[2:])
    for x in verticals:
        if field.left < x < field.right:
            _draw_along(sheet, field, names, Edge("right", x, count, wide))
    for y in horizontals:
        if field.top < y < field.bottom:
            _draw_along(sheet, field, names, Edge("up", y, 2 * count, narrow))


@dataclass(frozen=True, slots=True)
class Edge:
    """A tile edge at ``place`` mm, with the direction, number and heights of the tags across it."""

    direction: Literal["right", "up"]
    place: float
    count: int
    heights: Iterator[float]


def _draw_along(sheet: Sheet, field: Box, names: TagNames, edge: Edge) -> None:
    is_vertical = edge.direction == "right"
    start, end = (field.top, field.bottom) if is_vertical else (field.left, field.right)
    placed, at = 0, start + STEP
    while placed < edge.count and at < end - 12:
        name, height = names.instrument(), next(edge.heights)
        along, across = sheet.text_size(name, height)
        before = edge.place - along * sheet.chance.uniform(0.3, 0.7)
        corner = (before, at) if is_vertical else (at, before)
        wide, high = (along, across) if is_vertical else (across, along)
        if sheet.is_free(Box(*corner, corner[0] + wide, corner[1] + high), 2.0):
            sheet.tag(corner, name, height, edge.direction)
            placed += 1
            at += (end - start) / (edge.count + 1)
        at += STEP
