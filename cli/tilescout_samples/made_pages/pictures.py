"""Pictures of single glyphs as pages show them: with ends of pipes, pieces of text, small turns."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from tilescout.geometry import Box
from tilescout_samples.made_pages import clutter
from tilescout_samples.made_pages.glyphs import Glyph, Pose, draw
from tilescout_samples.made_pages.paper import Pixels, drawn
from tilescout_samples.sheet import Sheet

CELL_MM = 16.0
GLYPH_MM = 8.0
DPI = 254
CELL_PX = int(CELL_MM / 25.4 * DPI)
COLUMNS = 20
MAX_CELLS = 400


@dataclass(frozen=True, slots=True)
class GlyphPictures:
    """``pixels`` n x 160 x 160 with a glyph each, and its ``boxes`` n x 4 in them."""

    pixels: Pixels
    boxes: np.ndarray[tuple[int, int], np.dtype[np.float32]]


def pictures_of(glyphs: list[Glyph], chance: random.Random) -> GlyphPictures:
    """Draws each glyph once, in a pose and surroundings of its own."""
    parts = [
        _drawn(glyphs[start : start + MAX_CELLS], chance)
        for start in range(0, len(glyphs), MAX_CELLS)
    ]
    return GlyphPictures(
        np.concatenate([part.pixels for part in parts]),
        np.concatenate([part.boxes for part in parts]),
    )


def _drawn(glyphs: list[Glyph], chance: random.Random) -> GlyphPictures:
    rows = -(-len(glyphs) // COLUMNS)
    sheet = Sheet(COLUMNS * CELL_MM, rows * CELL_MM, chance)
    boxes = []
    for at, glyph in enumerate(glyphs):
        left, top = CELL_MM * (at % COLUMNS), CELL_MM * (at // COLUMNS)
        box = _draw_in_cell(sheet, glyph, (left, top), chance)
        boxes.append(box.shift(-left, -top).scale(DPI / 25.4))
    page = drawn(sheet, DPI)[: rows * CELL_PX, : COLUMNS * CELL_PX]
    cells = page.reshape(rows, CELL_PX, COLUMNS, CELL_PX).swapaxes(1, 2)
    pixels = cells.reshape(-1, CELL_PX, CELL_PX)[: len(glyphs)]
    sides = [(box.left, box.top, box.right, box.bottom) for box in boxes]
    return GlyphPictures(pixels, np.array(sides, dtype=np.float32))


def _draw_in_cell(
    sheet: Sheet, glyph: Glyph, corner: tuple[float, float], chance: random.Random
) -> Box:
    middle = (corner[0] + CELL_MM / 2, corner[1] + CELL_MM / 2)
    width = chance.choice((0.25, 0.35, 0.5, 0.7, 1.0))
    if chance.random() < 0.6:
        _draw_pipes(sheet, middle, width, chance)
    degrees = chance.choice((0, 0, chance.uniform(-4, 4)))
    box = draw(sheet, glyph, Pose(middle, GLYPH_MM, degrees, width))
    if chance.random() < 0.3:
        sheet.text((box.left, box.bottom + chance.uniform(0.2, 1)), clutter.word(chance)[:3], 1.8)
    return box


def _draw_pipes(
    sheet: Sheet, middle: tuple[float, float], width: float, chance: random.Random
) -> None:
    (x, y), reach = middle, CELL_MM / 2 - 0.2
    ends = [(x - reach, y), (x + reach, y), (x, y - reach), (x, y + reach)]
    for end in chance.choice((ends[:2], ends[:2], ends[2:], ends[:1], ends[1:3])):
        sheet.line(middle, end, width=width)
