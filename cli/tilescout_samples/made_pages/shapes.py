"""Outlines, contents, letters and open figures that glyphs are put together from.

Every figure is strokes in a square from -1 to 1.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from tilescout_samples.sheet import BLACK, WHITE, Point
from tilescout_samples.symbols import Stroke

Figure = tuple[Stroke, ...]

_LETTERS: dict[str, tuple[tuple[Point, ...], ...]] = {
    "A": (((0, 2), (1, 0), (2, 2)), ((0.4, 1.3), (1.6, 1.3))),
    "C": (((2, 0.3), (1.4, 0), (0.6, 0), (0, 0.6), (0, 1.4), (0.6, 2), (1.4, 2), (2, 1.7)),),
    "E": (((2, 0), (0, 0), (0, 2), (2, 2)), ((0, 1), (1.5, 1))),
    "F": (((2, 0), (0, 0), (0, 2)), ((0, 1), (1.5, 1))),
    "H": (((0, 0), (0, 2)), ((2, 0), (2, 2)), ((0, 1), (2, 1))),
    "K": (((0, 0), (0, 2)), ((2, 0), (0, 1.1)), ((0.7, 0.8), (2, 2))),
    "L": (((0, 0), (0, 2), (2, 2)),),
    "M": (((0, 2), (0, 0), (1, 1.2), (2, 0), (2, 2)),),
    "N": (((0, 2), (0, 0), (2, 2), (2, 0)),),
    "P": (((0, 2), (0, 0), (1.5, 0), (2, 0.5), (1.5, 1), (0, 1)),),
    "R": (((0, 2), (0, 0), (1.5, 0), (2, 0.5), (1.5, 1), (0, 1)), ((1, 1), (2, 2))),
    "S": (((2, 0.2), (1, 0), (0, 0.5), (0.4, 0.9), (1.6, 1.1), (2, 1.5), (1, 2), (0, 1.8)),),
    "T": (((0, 0), (2, 0)), ((1, 0), (1, 2))),
    "U": (((0, 0), (0, 1.6), (0.5, 2), (1.5, 2), (2, 1.6), (2, 0)),),
    "V": (((0, 0), (1, 2), (2, 0)),),
    "W": (((0, 0), (0.5, 2), (1, 0.7), (1.5, 2), (2, 0)),),
    "X": (((0, 0), (2, 2)), ((2, 0), (0, 2))),
    "Z": (((0, 0), (2, 0), (0, 2), (2, 2)),),
}  # fmt: skip


def letters(text: str) -> Figure:
    """Returns the text in single strokes, as large as the square allows."""
    step = 2 / (1.4 * len(text) - 0.4)
    height = min(1.6, 1.5 * step)
    return tuple(
        Stroke(tuple((-1 + step * (1.4 * at + x / 2), height * (y - 1) / 2) for x, y in line))
        for at, letter in enumerate(text)
        for line in _LETTERS[letter]
    )


def random_text(chance: random.Random) -> str:
    return "".join(chance.choices(list(_LETTERS), k=chance.choice((1, 1, 2, 2, 3))))


def arc(radius: float, start: float, end: float, steps: int = 36) -> tuple[Point, ...]:
    """Returns points from ``start`` to ``end`` degrees."""
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return tuple((radius * math.cos(a), radius * math.sin(a)) for a in angles)


def _regular(chance: random.Random) -> tuple[Point, ...]:
    corners = chance.choice((3, 3, 4, 4, 5, 6, 8))
    turn = chance.choice((0.0, 180 / corners, 90.0))
    return tuple(
        (math.cos(math.radians(turn + 360 * at / corners)),
         math.sin(math.radians(turn + 360 * at / corners)))
        for at in range(corners)
    )  # fmt: skip


def _quadrangle(chance: random.Random) -> tuple[Point, ...]:
    top, bottom = chance.choice(((1, 1), (1, 1), (1, 0.5), (0.45, 1), (0.1, 1)))
    return ((-top, -1), (top, -1), (bottom, 1), (-bottom, 1))


def _half_disc(chance: random.Random) -> tuple[Point, ...]:
    return tuple((x, 2 * y - 1) for x, y in arc(1, 0, 180, 24))


def _capsule(chance: random.Random) -> tuple[Point, ...]:
    right = [(0.5 + x / 2, y) for x, y in arc(1, -90, 90, 16)]
    left = [(-0.5 + x / 2, y) for x, y in arc(1, 90, 270, 16)]
    return (*right, *left)


def _step_shape(chance: random.Random) -> tuple[Point, ...]:
    across, down = chance.uniform(0.2, 0.6), chance.uniform(0.2, 0.6)
    corner = ((across, -1), (across, -down), (1, -down))
    quarter = [corner, tuple((-y, x) for x, y in corner)]
    half = (*quarter[0], (1, down), (across, down), (across, 1))
    return half + tuple((-x, -y) for x, y in half)


def _blade(chance: random.Random) -> tuple[Point, ...]:
    notch = chance.uniform(-0.2, 0.8)
    return ((-1, -1), (1, 0), (-1, 1), (-notch, 0))


OUTLINES: tuple[Callable[[random.Random], tuple[Point, ...]], ...] = (
    lambda chance: arc(1, 0, 360),
    lambda chance: arc(1, 0, 360),
    _regular,
    _regular,
    _quadrangle,
    _quadrangle,
    _half_disc,
    _capsule,
    _step_shape,
    _blade,
)


def outline(chance: random.Random) -> Figure:
    """Returns a closed figure, white, black or see-through; sometimes double, or a mirrored
    pair."""
    points = chance.choice(OUTLINES)(chance)
    stretch = chance.choice((1, 1, 1, 0.75, 0.55, 0.4))
    points = tuple((x, y * stretch) for x, y in points)
    points = points if chance.random() < 0.5 else tuple((y, x) for x, y in points)
    fill = WHITE if chance.random() < 0.85 else BLACK
    drawn = chance.random()
    if drawn < 0.12:
        inner = chance.uniform(0.6, 0.85)
        return (
            Stroke(points, fill),
            Stroke(tuple((x * inner, y * inner) for x, y in points), fill),
        )
    if drawn < 0.3:
        return _mirrored_pair(points, fill)
    return (Stroke(points, fill),)


def _mirrored_pair(points: tuple[Point, ...], fill: tuple[float, float, float]) -> Figure:
    left = min(x for x, _ in points)
    right = tuple(((x - left) / 2, y / 1.4) for x, y in points)
    return (Stroke(right, fill), Stroke(tuple((-x, y) for x, y in right), fill))


def content(chance: random.Random) -> Figure:
    """Returns what stands inside of an outline."""
    return chance.choice(CONTENTS)(chance)


def _lines(chance: random.Random) -> Figure:
    return chance.choice((
        (Stroke(((-1, -1), (1, 1))),),
        (Stroke(((-1, -1), (1, 1))), Stroke(((-1, 1), (1, -1)))),
        (Stroke(((-1, 0), (1, 0))),),
        (Stroke(((0, -1), (0, 1))),),
        (Stroke(((-1, 0), (1, 0))), Stroke(((0, -1), (0, 1)))),
        (Stroke(((-1, 0.4), (1, 0.4))), Stroke(((-1, -0.4), (1, -0.4)))),
        (Stroke(((-1, -1), (0, 0.8), (1, -1))),),
    ))  # fmt: skip


def _wave(chance: random.Random) -> Figure:
    waves = chance.choice((1, 1.5, 2, 3))
    steps = [-1 + step / 20 for step in range(41)]
    height = chance.uniform(0.3, 0.8)
    return (Stroke(tuple((x, height * math.sin(math.pi * waves * (x + 1))) for x in steps)),)


def _zigzag(chance: random.Random) -> Figure:
    teeth = chance.choice((2, 3, 4, 6))
    height = chance.uniform(0.3, 0.9)
    return (Stroke(tuple((-1 + 2 * at / teeth, height * (-1) ** at) for at in range(teeth + 1))),)


def _dot(chance: random.Random) -> Figure:
    radius = chance.uniform(0.25, 0.7)
    return (Stroke(arc(radius, 0, 360, 24), chance.choice((WHITE, BLACK))),)


def _arrow(chance: random.Random) -> Figure:
    wide = chance.uniform(0.3, 0.6)
    head = ((1, 0), (1 - 1.5 * wide, -wide), (1 - 1.5 * wide, wide))
    return (Stroke(((-1, 0), (1, 0))), Stroke(head, chance.choice((WHITE, BLACK))))


def _hatch(chance: random.Random) -> Figure:
    count = chance.choice((3, 4, 5))
    places = [-1 + 2 * (at + 0.5) / count for at in range(count)]
    return tuple(Stroke(((place, -1), (place, 1))) for place in places)


def _small_outline(chance: random.Random) -> Figure:
    return outline(chance)


def _letters(chance: random.Random) -> Figure:
    return letters(random_text(chance))


CONTENTS: tuple[Callable[[random.Random], Figure], ...] = (
    _lines, _lines, _letters, _letters, _wave, _zigzag, _dot, _arrow, _hatch, _small_outline,
)  # fmt: skip


def open_figure(chance: random.Random) -> Figure:
    """Returns a figure without an outline: bars, teeth, arches, levers, arrows, stars."""
    return chance.choice(OPEN_FIGURES)(chance)


def _bars(chance: random.Random) -> Figure:
    count = chance.choice((2, 2, 3, 4))
    ends = [chance.choice((1, 1, 0.6, 0.35)) for _ in range(count)]
    gap = chance.uniform(0.25, 0.6)
    rows = [gap * (at - (count - 1) / 2) for at in range(count)]
    wires = (Stroke(((0, -1), (0, rows[0]))), Stroke(((0, rows[-1]), (0, 1))))
    bars = tuple(Stroke(((-end, y), (end, y))) for end, y in zip(ends, rows, strict=True))
    return bars + wires[: chance.choice((1, 2, 2))]


def _teeth(chance: random.Random) -> Figure:
    zigzag = _zigzag(chance)[0].points
    inner = tuple((0.7 * x, 0.6 * y) for x, y in zigzag)
    return (Stroke(((-1, 0), *inner, (1, 0))),)


def _arches(chance: random.Random) -> Figure:
    count = chance.choice((2, 3, 4, 5))
    radius = 1 / count
    points: list[Point] = []
    for at in range(count):
        centre = -1 + radius * (2 * at + 1)
        points += [(centre - x, -y) for x, y in arc(radius, 0, 180, 12)]
    return (Stroke(tuple(points)),)


def _lever(chance: random.Random) -> Figure:
    height = chance.uniform(0.3, 0.9)
    pivot = chance.uniform(0.05, 0.2)
    ends = tuple(
        Stroke(tuple((side + x, y) for x, y in arc(pivot, 0, 360, 16)), WHITE)
        for side in (-0.6, 0.6)
    )
    wires = (Stroke(((-1, 0), (-0.6, 0))), Stroke(((0.6, 0), (1, 0))))
    return (Stroke(((-0.6, 0), (0.6, -height))), *wires, *ends[: chance.choice((0, 1, 2))])


def _star(chance: random.Random) -> Figure:
    arms = chance.choice((2, 3, 3, 4))
    angles = [math.pi * at / arms + chance.choice((0, math.pi / 4)) for at in range(arms)]
    return tuple(Stroke(((-math.cos(a), -math.sin(a)), (math.cos(a), math.sin(a)))) for a in angles)


def _curve(chance: random.Random) -> Figure:
    start = chance.choice((0, 45, 90, 180))
    bow = Stroke(arc(1, start, start + chance.choice((90, 120, 180, 240, 270))))
    return (bow, *(_lines(chance) if chance.random() < 0.5 else ()))


def _random_path(chance: random.Random) -> Figure:
    points = [(chance.randint(-2, 2) / 2, chance.randint(-2, 2) / 2) for _ in range(4)]
    corners = tuple(point for at, point in enumerate(points) if at == 0 or point != points[at - 1])
    return (Stroke(corners if len(corners) > 1 else ((-1, 0), (1, 0))), Stroke(((-1, 1), (1, 1))))


OPEN_FIGURES: tuple[Callable[[random.Random], Figure], ...] = (
    _bars, _bars, _teeth, _arches, _lever, _star, _curve, _random_path, _arrow,
)  # fmt: skip
