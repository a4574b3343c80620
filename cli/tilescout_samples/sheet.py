"""A sheet of paper that remembers what was drawn on it, in millimetres from the top left."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pymupdf

from tilescout.detections import Direction
from tilescout.geometry import Box, union

POINTS_PER_MM = 72 / 25.4
FONT = "helv"
# The height of capitals and digits over the font size.
CAPITALS = 0.73
# The smallest capitals on a drawing, which make an em of 20 px at 200 dpi.
MIN_CAPITALS_MM = 1.9
BLACK = (0.0, 0.0, 0.0)
GREY = (0.55, 0.55, 0.55)
WHITE = (1.0, 1.0, 1.0)

Point = tuple[float, float]
Colour = tuple[float, float, float]
TURN_OF: dict[Direction, int] = {"right": 0, "up": 90, "down": 270}


@dataclass(slots=True)
class Truth:
    """The items to detect on a page, with boxes in points of the page as shown."""

    tags: list[dict[str, Any]] = field(default_factory=list)
    symbols: list[dict[str, Any]] = field(default_factory=list)
    distractors: list[dict[str, Any]] = field(default_factory=list)


class Sheet:
    """A sheet that draws, reserves areas that must stay free, and records the ground truth."""

    def __init__(self, width: float, height: float, chance: random.Random) -> None:
        self.width, self.height = width, height
        self.chance = chance
        self.truth = Truth()
        self.document = pymupdf.open()
        page = self.document.new_page(width=width * POINTS_PER_MM, height=height * POINTS_PER_MM)
        self._shape = page.new_shape()
        self._taken: list[Box] = []

    def finish(self) -> Any:
        """Returns the document of this one page."""
        self._shape.commit()
        return self.document

    def is_free(self, box: Box, margin: float = 0.8) -> bool:
        """Tells whether every reserved area is at least ``margin`` mm away."""
        wanted = box.grow(margin, margin)
        inside = Box(0, 0, self.width, self.height).contains(wanted)
        return inside and not any(_meet(wanted, taken) for taken in self._taken)

    def take(self, box: Box) -> None:
        """Reserves ``box``, so that later tags and symbols stay off it."""
        self._taken.append(box)

    def line(
        self, *points: Point, width: float = 0.25, colour: Colour = BLACK, dashes: str | None = None
    ) -> None:
        self._shape.draw_polyline([_points(point) for point in points])
        self._ink(width, colour, dashes=dashes)

    def wall(self, start: Point, end: Point, width: float = 0.7) -> None:
        """Draws a line that nothing may be written over."""
        self.line(start, end, width=width)
        (x0, y0), (x1, y1) = start, end
        around = Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        self.take(around.grow(width / 2, width / 2))

    def rectangle(
        self, box: Box, *, width: float = 0.25, fill: Colour | None = None, colour: Colour = BLACK
    ) -> None:
        self._shape.draw_rect(pymupdf.Rect(*_in_points(box)))
        self._ink(width, colour, fill=fill)

    def polygon(
        self, corners: Sequence[Point], *, width: float = 0.35, fill: Colour | None = None
    ) -> None:
        self._shape.draw_polyline([_points(corner) for corner in corners])
        self._ink(width, BLACK, fill=fill, close=True)

    def circle(
        self, centre: Point, radius: float, *, width: float = 0.35, fill: Colour | None = None
    ) -> None:
        self._shape.draw_circle(_points(centre), radius * POINTS_PER_MM)
        self._ink(width, BLACK, fill=fill)

    def arc(self, centre: Point, start: Point, degrees: float, *, width: float = 0.25) -> None:
        self._shape.draw_sector(_points(centre), _points(start), degrees, fullSector=False)
        self._ink(width, BLACK)

    def _ink(
        self,
        width: float,
        colour: Colour,
        *,
        dashes: str | None = None,
        fill: Colour | None = None,
        close: bool = False,
    ) -> None:
        self._shape.finish(
            width=width * POINTS_PER_MM, color=colour, dashes=dashes, fill=fill, closePath=close
        )

    def text_size(self, text: str, height: float) -> tuple[float, float]:
        """Returns width and height (mm) of a line whose capitals are ``height`` mm high."""
        size = height / CAPITALS * POINTS_PER_MM
        return pymupdf.get_text_length(text, FONT, size) / POINTS_PER_MM, height

    def text(self, corner: Point, text: str, height: float, direction: Direction = "right") -> Box:
        """Writes a line whose ink has its top left at ``corner``; returns its box, which is
        reserved."""
        along, across = self.text_size(text, height)
        left, top = corner
        wide, high = (along, across) if direction == "right" else (across, along)
        start = {"right": (left, top + high), "up": (left + wide, top + high), "down": (left, top)}
        self._shape.insert_text(
            _points(start[direction]),
            text,
            fontname=FONT,
            fontsize=height / CAPITALS * POINTS_PER_MM,
            rotate=TURN_OF[direction],
        )
        box = Box(left, top, left + wide, top + high)
        self.take(box)
        return box

    def tag(self, corner: Point, text: str, height: float, direction: Direction = "right") -> Box:
        """Writes a tag and records it as ground truth."""
        box = self.text(corner, text, height, direction)
        self._record_tag(text, box, 1, direction)
        return box

    def stacked_tag(self, centre: Point, over: str, under: str, height: float) -> None:
        """Writes a tag on two lines around ``centre``, as in an instrument's bubble."""
        x, y = centre
        gap = 0.45 * height
        lines = [(over, y - gap - height), (under, y + gap)]
        boxes = [
            self.text((x - self.text_size(text, height)[0] / 2, top), text, height)
            for text, top in lines
        ]
        self._record_tag(f"{over} {under}", union(boxes), 2, "right")

    def _record_tag(self, text: str, box: Box, lines: int, direction: Direction) -> None:
        row = {"text": text, "box_pt": _rounded(box), "lines": lines, "direction": direction}
        self.truth.tags.append(row)

    def record_symbol(self, label: str, box: Box, turn: int) -> None:
        """Records a symbol as ground truth and reserves its box."""
        self.truth.symbols.append({"label": label, "box_pt": _rounded(box), "turn": turn})
        self.take(box)

    def record_distractor(self, label: str, box: Box, turn: int) -> None:
        """Records a drawing that only resembles ``label`` and reserves its box."""
        self.truth.distractors.append({"like": label, "box_pt": _rounded(box), "turn": turn})
        self.take(box)


def _meet(a: Box, b: Box) -> bool:
    return a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom


def _points(point: Point) -> Any:
    return pymupdf.Point(point[0] * POINTS_PER_MM, point[1] * POINTS_PER_MM)


def _in_points(box: Box) -> tuple[float, float, float, float]:
    scaled = box.scale(POINTS_PER_MM)
    return scaled.left, scaled.top, scaled.right, scaled.bottom


def _rounded(box: Box) -> list[float]:
    return [round(side, 2) for side in _in_points(box)]
