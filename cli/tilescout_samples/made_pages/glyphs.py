"""Random glyphs, their siblings, and drawing them at any size, turn and line width."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from tilescout.geometry import Box
from tilescout_samples.made_pages.shapes import Figure, arc, content, open_figure, outline
from tilescout_samples.sheet import BLACK, WHITE, Point, Sheet
from tilescout_samples.symbols import Stroke

MIN_ASPECT = 0.2
"""The short side of a glyph over its long side: thinner ones are lines."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """Strokes in three layers, any of which may be empty; a sibling differs in one of them."""

    body: Figure
    inside: Figure
    attached: Figure

    @property
    def strokes(self) -> Figure:
        """All strokes in the order in which they are drawn."""
        return (*self.attached, *self.body, *self.inside)


@dataclass(frozen=True, slots=True)
class Pose:
    """How a glyph stands on a sheet: centre and size in mm, degrees clockwise, line width in mm."""

    centre: Point
    size: float
    degrees: float
    width: float
    is_mirrored: bool = False


def random_glyph(chance: random.Random) -> Glyph:
    """Returns a glyph that is no thinner than a fifth of its length."""
    while True:
        glyph = _drawn(chance)
        box = extent(glyph)
        if min(box.width, box.height) >= MIN_ASPECT * max(box.width, box.height):
            return glyph


def _drawn(chance: random.Random) -> Glyph:
    if chance.random() < 0.25:
        return Glyph(open_figure(chance), (), _attachments(chance) if chance.random() < 0.3 else ())
    body = outline(chance)
    inside = _inside(chance, body) if chance.random() < 0.75 else ()
    return Glyph(body, inside, _attachments(chance) if chance.random() < 0.5 else ())


def _inside(chance: random.Random, body: Figure) -> Figure:
    """Returns content that fits into the outline; white on a black one."""
    scale = chance.uniform(0.45, 0.75)
    xs, ys = _sides(body)
    figure = content(chance)
    colour = WHITE if body[-1].fill == BLACK else BLACK
    if colour == WHITE:
        return ()
    return _moved(figure, scale * max(xs), scale * max(ys), (0, 0))


def _sides(figure: Figure) -> tuple[list[float], list[float]]:
    points = [point for stroke in figure for point in stroke.points]
    return [abs(x) for x, _ in points], [abs(y) for _, y in points]


def _moved(figure: Figure, across: float, down: float, to: Point) -> Figure:
    return tuple(
        Stroke(tuple((to[0] + x * across, to[1] + y * down) for x, y in each.points), each.fill)
        for each in figure
    )


def _attachments(chance: random.Random) -> Figure:
    """Returns one or two stems with a cap, on different sides, or a line through the whole."""
    if chance.random() < 0.15:
        return (Stroke(((-1.4, 1.2), (1.3, -1.3))),)
    sides = chance.sample(range(4), chance.choice((1, 1, 2)))
    kind = chance.randrange(6)
    return tuple(stroke for side in sides for stroke in _stem(chance, side, kind))


def _stem(chance: random.Random, side: int, kind: int) -> Figure:
    length = chance.choice((1.3, 1.5, 1.8))
    stem = (Stroke(((0.0, 0.0), (0.0, -length))),)
    caps: tuple[Figure, ...] = (
        (),
        (Stroke(((-0.45, -length), (0.45, -length))),),
        (Stroke(_at(arc(0.35, 0, 360, 24), -length - 0.3), WHITE),),
        (Stroke(_at(((-0.4, 0), (0.4, 0), (0.4, -0.5), (-0.4, -0.5)), -length), WHITE),),
        (Stroke(_at(_flattened(arc(1, 180, 360, 20)), -length), WHITE),),
        (Stroke(((-0.3, -length + 0.4), (0, -length), (0.3, -length + 0.4))),),
    )  # fmt: skip
    return tuple(
        Stroke(tuple(_quarter_turned(point, side) for point in stroke.points), stroke.fill)
        for stroke in stem + caps[kind]
    )


def _flattened(points: tuple[Point, ...]) -> tuple[Point, ...]:
    return tuple((0.55 * x, 0.4 * y) for x, y in points)


def _at(points: tuple[Point, ...], down: float) -> tuple[Point, ...]:
    return tuple((x, y + down) for x, y in points)


def _quarter_turned(point: Point, turns: int) -> Point:
    x, y = point
    for _ in range(turns):
        x, y = -y, x
    return x, y


def sibling(glyph: Glyph, chance: random.Random) -> Glyph:
    """Returns a glyph that differs in one layer: what an office calls another class."""
    other = _drawn(chance)
    layer = chance.randrange(3)
    if layer == 0 and glyph.inside:
        return Glyph(glyph.body, _inside(chance, glyph.body), glyph.attached)
    if layer == 1:
        return Glyph(glyph.body, glyph.inside, _attachments(chance))
    return Glyph(glyph.body, other.inside or _inside(chance, glyph.body), glyph.attached)


def extent(glyph: Glyph) -> Box:
    """Returns the box of a glyph's strokes in its own units."""
    return _box_of([point for stroke in glyph.strokes for point in stroke.points])


def _box_of(points: list[Point]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs), min(ys), max(xs), max(ys))


def box_at(glyph: Glyph, pose: Pose) -> Box:
    """Returns the box (mm) of the glyph's ink in a pose."""
    points = [point for stroke in posed(glyph, pose) for point in stroke.points]
    return _box_of(points).grow(pose.width / 2, pose.width / 2)


def draw(sheet: Sheet, glyph: Glyph, pose: Pose) -> Box:
    """Draws a glyph, whose longest side is ``pose.size``, and returns the box of its ink."""
    for stroke in posed(glyph, pose):
        if stroke.fill is None:
            sheet.line(*stroke.points, width=pose.width)
        else:
            sheet.polygon(stroke.points, width=pose.width, fill=stroke.fill)
    return box_at(glyph, pose)


def posed(glyph: Glyph, pose: Pose) -> Figure:
    """Returns the strokes of a glyph in mm of the sheet."""
    box = extent(glyph)
    scale = pose.size / max(box.width, box.height)
    angle = math.radians(pose.degrees)
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    mirror = -1 if pose.is_mirrored else 1

    def placed(point: Point) -> Point:
        x, y = mirror * (point[0] - box.centre[0]), point[1] - box.centre[1]
        return pose.centre[0] + x * cos - y * sin, pose.centre[1] + x * sin + y * cos

    return tuple(Stroke(tuple(map(placed, each.points)), each.fill) for each in glyph.strokes)
