"""Tags laid on purpose across the edges of tiles, where a detector sees only a part of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

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
    """Inner edges of the default grid's tiles in mm: (x of verticals, y of horizontals)."""
    size = page_pixels(sheet.width * POINTS_PER_MM, sheet.height * POINTS_PER_MM, DPI)
    return _edges(size[0]), _edges(size[1])


def _edges(length: int) -> list[float]:
    starts = GRID.starts(length)
    ends = [start + GRID.size for start in starts]
    return [pixel * 25.4 / DPI for pixel in sorted(starts[1:] + ends[:-1])]


def draw_tags_across_edges(sheet: Sheet, field: Box, names: TagNames, each: int) -> None:
    """Up to ``each`` tags on every tile edge that crosses ``field``, wherever there is room."""
    verticals, horizontals = tile_edges(sheet)
    wide, narrow = cycle(HEIGHTS), cycle(HEIGHTS[2:])
    for x in verticals:
        if field.left < x < field.right:
            _along_vertical(sheet, field, x, names, each, wide)
    for y in horizontals:
        if field.top < y < field.bottom:
            _along_horizontal(sheet, field, y, names, 2 * each, narrow)


def _along_vertical(
    sheet: Sheet, field: Box, x: float, names: TagNames, each: int, heights: Iterator[float]
) -> None:
    placed = 0
    y = field.top + STEP
    while placed < each and y < field.bottom - 12:
        name, height = names.instrument(), next(heights)
        along, across = sheet.text_size(name, height)
        left = x - along * sheet.chance.uniform(0.3, 0.7)
        if sheet.is_free(Box(left, y, left + along, y + across), 2.0):
            sheet.tag((left, y), name, height)
            placed += 1
            y += field.height / (each + 1)
        y += STEP


def _along_horizontal(
    sheet: Sheet, field: Box, y: float, names: TagNames, each: int, heights: Iterator[float]
) -> None:
    placed = 0
    x = field.left + STEP
    while placed < each and x < field.right - 12:
        name, height = names.instrument(), next(heights)
        along, across = sheet.text_size(name, height)
        top = y - along * sheet.chance.uniform(0.3, 0.7)
        if sheet.is_free(Box(x, top, x + across, top + along), 2.0):
            sheet.tag((x, top), name, height, "up")
            placed += 1
            x += field.width / (each + 1)
        x += STEP
