"""Draws things that are no symbols: text, tables, hatching, walls, dimensions, arrows."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import pairwise

from tilescout.detections import Direction
from tilescout.geometry import Box
from tilescout_samples.sheet import BLACK, Point, Sheet

ALPHABET = "ABCDEFGHIJKLMNOPRSTUVWXYZ"
DIGITS = "0123456789"


def draw_background(sheet: Sheet, chance: random.Random) -> None:
    """Draws a frame, walls, hatching, grids, dimensions, curves and tables, each by chance."""
    parts = (_frame, _walls, _hatching, _grid_lines, _dimensions, _curves, _table, _boxes)
    for part in parts:
        for _ in range(chance.choice((0, 0, 1, 1, 2))):
            part(sheet, chance)


def word(chance: random.Random) -> str:
    """Returns letters, digits, or a tag of both."""
    letters = "".join(chance.choices(ALPHABET, k=chance.randint(1, 7)))
    digits = "".join(chance.choices(DIGITS, k=chance.randint(1, 5)))
    return chance.choice((letters, letters, letters.lower(), digits, f"{letters[:3]}-{digits}"))


def write_line(sheet: Sheet, chance: random.Random, corner: Point, words: int) -> None:
    """Writes words if the sheet is free there."""
    text = " ".join(word(chance) for _ in range(chance.randint(1, words)))
    height = chance.uniform(1.3, 3.2)
    wide, high = sheet.text_size(text, height)
    if sheet.is_free(Box(*corner, corner[0] + wide, corner[1] + high), 0.4):
        sheet.text(corner, text, height)


def write_near(sheet: Sheet, chance: random.Random, box: Box) -> None:
    """Writes a tag on one side of a glyph, some upwards."""
    text, height = word(chance), chance.uniform(1.2, 2.6)
    direction: Direction = chance.choice(("right", "right", "right", "up", "down"))
    along, across = sheet.text_size(text, height)
    wide, high = (along, across) if direction == "right" else (across, along)
    gap = chance.uniform(0.3, 1.5)
    corner = chance.choice((
        (box.right + gap, box.centre[1] - high / 2),
        (box.left - gap - wide, box.centre[1] - high / 2),
        (box.centre[0] - wide / 2, box.top - gap - high),
        (box.centre[0] - wide / 2, box.bottom + gap),
    ))  # fmt: skip
    if sheet.is_free(Box(*corner, corner[0] + wide, corner[1] + high), 0.25):
        sheet.text(corner, text, height, direction)


def lead_away(sheet: Sheet, chance: random.Random, box: Box) -> None:
    """Draws a line from a glyph's side to a text."""
    end = (box.right + chance.uniform(4, 18), box.top - chance.uniform(-12, 12))
    sheet.line((box.right, box.centre[1]), end, (end[0] + 5, end[1]), width=0.2)
    write_line(sheet, chance, (end[0] + 6, end[1] - 1), words=2)


def draw_texts(sheet: Sheet, chance: random.Random) -> None:
    """Writes blocks of notes and single words wherever there is room."""
    for _ in range(chance.randint(0, 3)):
        left, top = _anywhere(sheet, chance)
        for line in range(chance.randint(2, 8)):
            write_line(sheet, chance, (left, top + 4 * line), words=6)
    for _ in range(chance.randint(5, 40)):
        write_line(sheet, chance, _anywhere(sheet, chance), words=2)


def draw_pipe_marks(sheet: Sheet, chance: random.Random, points: Sequence[Point]) -> None:
    """Draws arrows of flow and dots of junctions on a pipe."""
    for start, end in pairwise(points):
        if chance.random() < 0.35:
            _flow_arrow(sheet, chance, start, end)
        if chance.random() < 0.25:
            sheet.circle(start, chance.uniform(0.4, 0.8), fill=BLACK)


def _flow_arrow(sheet: Sheet, chance: random.Random, start: Point, end: Point) -> None:
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    size, half = chance.uniform(1.2, 2.4), chance.uniform(0.2, 0.45)
    back = [(end[0] - size * math.cos(angle + turn), end[1] - size * math.sin(angle + turn))
            for turn in (-half, half)]  # fmt: skip
    sheet.polygon((end, *back), width=0.15, fill=BLACK)


def _anywhere(sheet: Sheet, chance: random.Random) -> Point:
    return chance.uniform(5, sheet.width - 30), chance.uniform(5, sheet.height - 8)


def _area(sheet: Sheet, chance: random.Random, largest: float) -> Box:
    left, top = _anywhere(sheet, chance)
    wide, high = chance.uniform(12, largest), chance.uniform(12, largest)
    return Box(left, top, min(sheet.width - 2, left + wide), min(sheet.height - 2, top + high))


def _frame(sheet: Sheet, chance: random.Random) -> None:
    margin = chance.uniform(2, 8)
    sheet.rectangle(Box(margin, margin, sheet.width - margin, sheet.height - margin), width=0.5)


def _walls(sheet: Sheet, chance: random.Random) -> None:
    room, thick = _area(sheet, chance, 110), chance.uniform(0.8, 3)
    sheet.rectangle(room, width=chance.uniform(0.2, 0.8))
    sheet.rectangle(room.grow(-thick, -thick), width=chance.uniform(0.2, 0.8))
    if chance.random() < 0.5:
        hinge = (room.left + room.width / 2, room.bottom)
        sheet.line(hinge, (hinge[0], hinge[1] - 9))
        sheet.arc(hinge, (hinge[0], hinge[1] - 9), -90)


def _hatching(sheet: Sheet, chance: random.Random) -> None:
    area, gap = _area(sheet, chance, 45), chance.uniform(0.8, 4)
    sheet.rectangle(area)
    reach, at = min(area.width, area.height), gap
    while at < area.width + area.height:
        low, high = max(0.0, at - area.height), min(at, area.width)
        sheet.line((area.left + low, area.top + at - low), (area.left + high, area.top + at - high),
                   width=0.13)  # fmt: skip
        at += gap
    if reach > 4:
        sheet.take(area)


def _grid_lines(sheet: Sheet, chance: random.Random) -> None:
    place = chance.uniform(10, sheet.height - 10)
    dashes = chance.choice((None, "[6 2] 0", "[10 2 2 2] 0"))
    for at in range(chance.randint(1, 6)):
        y = place + at * chance.uniform(3, 12)
        sheet.line((4, y), (sheet.width - 4, y), width=chance.uniform(0.1, 0.4), dashes=dashes)


def _dimensions(sheet: Sheet, chance: random.Random) -> None:
    (x, y), length = _anywhere(sheet, chance), chance.uniform(10, 60)
    sheet.line((x, y), (x + length, y), width=0.13)
    for end in (x, x + length):
        sheet.line((end, y - 2), (end, y + 2), width=0.13)
    _flow_arrow(sheet, chance, (x + 3, y), (x, y))
    _flow_arrow(sheet, chance, (x + length - 3, y), (x + length, y))
    sheet.text((x + length / 2 - 3, y - 3), "".join(chance.choices(DIGITS, k=4)), 2)


def _curves(sheet: Sheet, chance: random.Random) -> None:
    centre, radius = _anywhere(sheet, chance), chance.uniform(14, 60)
    sheet.arc(centre, (centre[0] + radius, centre[1]), chance.uniform(60, 330))


def _table(sheet: Sheet, chance: random.Random) -> None:
    left, top = _anywhere(sheet, chance)
    step, widths = (
        chance.uniform(4, 8),
        [chance.uniform(8, 30) for _ in range(chance.randint(2, 5))],
    )
    rows = chance.randint(2, 9)
    area = Box(left, top, left + sum(widths), top + rows * step)
    if not sheet.is_free(area, 1):
        return
    for row in range(rows):
        x = left
        for width in widths:
            sheet.rectangle(Box(x, top + row * step, x + width, top + (row + 1) * step), width=0.2)
            write_line(sheet, chance, (x + 1, top + row * step + 1), words=1)
            x += width
    sheet.take(area)


def _boxes(sheet: Sheet, chance: random.Random) -> None:
    """A large rectangle or circle around words: equipment, not a symbol."""
    area = _area(sheet, chance, 70)
    if min(area.width, area.height) < 18 or not sheet.is_free(area, 0.5):
        return
    if chance.random() < 0.6:
        sheet.rectangle(area, width=0.4)
    else:
        sheet.circle(area.centre, min(area.width, area.height) / 2)
    write_line(sheet, chance, (area.left + 3, area.centre[1]), words=2)
