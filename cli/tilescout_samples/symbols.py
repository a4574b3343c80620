"""The symbols of plant and building drawings, and drawings that closely resemble them.

Each is made of strokes in a square from -1 to 1, standing on its foot at turn 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tilescout.geometry import Box, union
from tilescout_samples.sheet import BLACK, WHITE, Colour, Point, Sheet


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through ``points``, which is closed and filled if it has a ``fill``."""

    points: tuple[Point, ...]
    fill: Colour | None = None


@dataclass(frozen=True, slots=True)
class Ring:
    """A circle."""

    centre: Point
    radius: float
    fill: Colour | None = None


Strokes = tuple[Stroke | Ring, ...]


def _half_ring(radius: float) -> Stroke:
    angles = [math.pi * step / 16 for step in range(17)]
    return Stroke(tuple((radius * math.cos(a), -radius * math.sin(a)) for a in angles))


SYMBOLS: dict[str, Strokes] = {
    "gate-valve": (Stroke(((-1, -0.55), (-1, 0.55), (1, -0.55), (1, 0.55), (-1, -0.55)), WHITE),),
    "control-valve": (
        Stroke(((-1, -0.5), (-1, 0.5), (1, -0.5), (1, 0.5), (-1, -0.5)), WHITE),
        Stroke(((0, 0), (0, -0.9))),
        Stroke(((-0.6, -0.9), (0.6, -0.9), (0.35, -1.5), (-0.35, -1.5), (-0.6, -0.9)), WHITE),
    ),
    "pump": (
        Ring((0, 0), 1, WHITE),
        Stroke(((-0.5, -0.86), (1, 0), (-0.5, 0.86), (-0.5, -0.86)), BLACK),
    ),
    "socket-outlet": (
        _half_ring(0.8),
        Stroke(((-0.8, 0), (0.8, 0))),
        Stroke(((0, -0.8), (0, -1))),
        Stroke(((-0.35, 0), (-0.35, 0.6))),
        Stroke(((0.35, 0), (0.35, 0.6))),
    ),
    "fire-alarm": (
        Stroke(((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)), WHITE),
        Ring((0, 0), 0.55, BLACK),
        Stroke(((-1, -1), (-0.4, -0.4))),
        Stroke(((1, -1), (0.4, -0.4))),
    ),
    "light": (
        Ring((0, 0), 1, WHITE),
        Stroke(((-0.7, -0.7), (0.7, 0.7))),
        Stroke(((-0.7, 0.7), (0.7, -0.7))),
        Stroke(((0, -1), (0, -1.35))),
    ),
    "switch": (
        Ring((0, 0.7), 0.3, BLACK),
        Stroke(((0.15, 0.45), (0.7, -0.9), (1.1, -0.7))),
    ),
}

NEAR_MISSES: dict[str, Strokes] = {
    "gate-valve": (
        Stroke(((-1, -0.55), (-1, 0.55), (-0.2, 0), (-1, -0.55)), WHITE),
        Stroke(((1, -0.55), (1, 0.55), (0.2, 0), (1, -0.55)), WHITE),
    ),
    "control-valve": (
        Stroke(((-1, -0.45), (1, -0.45), (1, 0.45), (-1, 0.45), (-1, -0.45)), WHITE),
        Stroke(((0, -0.45), (0, -0.9))),
        Stroke(((-0.6, -0.9), (0.6, -0.9), (0.35, -1.5), (-0.35, -1.5), (-0.6, -0.9)), WHITE),
    ),
    "pump": (Ring((0, 0), 1, WHITE), Ring((0, 0), 0.55, BLACK)),
    "socket-outlet": (_half_ring(0.8), Stroke(((-0.8, 0), (0.8, 0)))),
    "fire-alarm": (
        Stroke(((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)), WHITE),
        Stroke(((-1, -1), (1, 1))),
        Stroke(((-1, 1), (1, -1))),
    ),
    "light": (Ring((0, 0), 1, WHITE), Stroke(((-0.7, -0.7), (0.7, 0.7)))),
    "switch": (Ring((0, 0.7), 0.3, WHITE), Stroke(((0, 0.4), (0, -1)))),
}


def place_symbol(sheet: Sheet, label: str, centre: Point, size: float, turn: int) -> Box:
    """Draws a symbol ``size`` mm wide, up to 15 % larger or smaller, and records it."""
    box = draw(sheet, SYMBOLS[label], centre, size * sheet.chance.uniform(0.85, 1.15), turn)
    sheet.record_symbol(label, box, turn)
    return box


def place_near_miss(sheet: Sheet, label: str, centre: Point, size: float, turn: int) -> Box:
    """Draws what closely resembles ``label`` and records it as a distractor."""
    box = draw(sheet, NEAR_MISSES[label], centre, size * sheet.chance.uniform(0.85, 1.15), turn)
    sheet.record_distractor(label, box, turn)
    return box


def draw(sheet: Sheet, strokes: Strokes, centre: Point, size: float, turn: int) -> Box:
    """Draws strokes ``size`` mm wide and returns their box, without recording them."""
    boxes = []
    for stroke in strokes:
        if isinstance(stroke, Ring):
            x, y = _placed(stroke.centre, centre, size, turn)
            radius = stroke.radius * size / 2
            sheet.circle((x, y), radius, fill=stroke.fill)
            boxes.append(Box(x, y, x, y).grow(radius, radius))
        else:
            points = [_placed(point, centre, size, turn) for point in stroke.points]
            _draw_stroke(sheet, points, stroke.fill)
            xs, ys = [x for x, _ in points], [y for _, y in points]
            boxes.append(Box(min(xs), min(ys), max(xs), max(ys)))
    return union(boxes)


def _draw_stroke(sheet: Sheet, points: list[Point], fill: Colour | None) -> None:
    if fill is None:
        sheet.line(*points, width=0.35)
    else:
        sheet.polygon(points, fill=fill)


def _placed(point: Point, centre: Point, size: float, turn: int) -> Point:
    """Returns the point turned by ``turn`` degrees clockwise; quarter turns are exact."""
    x, y = point
    for _ in range(turn // 90):
        x, y = -y, x
    if turn % 90:
        angle = math.radians(turn % 90)
        cos, sin = math.cos(angle), math.sin(angle)
        x, y = x * cos - y * sin, x * sin + y * cos
    return centre[0] + x * size / 2, centre[1] + y * size / 2
