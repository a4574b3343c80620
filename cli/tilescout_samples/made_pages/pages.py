"""Made pages: glyphs on pipes, beside text and in rows, among what is no symbol."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tilescout.geometry import Box
from tilescout_samples.made_pages import clutter
from tilescout_samples.made_pages.glyphs import (
    Glyph,
    Pose,
    box_at,
    draw,
    random_glyph,
    sibling,
)
from tilescout_samples.sheet import Point, Sheet

PAGE_MM = ((230.0, 290.0), (160.0, 200.0))
"""The least and the largest width and height of a page."""
GLYPH_MM = (3.4, 11.5)
"""The sizes of glyphs: 20 to 68 px at 150 dpi."""
LINE_MM = (0.12, 0.55)
SIBLING_SHARE = 0.4
GAP_SHARE = 0.7
"""The share of symbols for which a gap is left, where a page has any."""
PITCH_MM = 15.0
"""The grid on which pipes run."""


@dataclass(frozen=True, slots=True)
class Style:
    """The glyphs of a page with a size (mm) for each, and the width of their lines (mm)."""

    glyphs: tuple[Glyph, ...]
    sizes: tuple[float, ...]
    width: float
    is_askew: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A box (mm) left free for picture ``number``, quarter turns clockwise."""

    box: Box
    number: int
    turns: int


@dataclass(frozen=True, slots=True)
class MadePage:
    """A drawn sheet; ``boxes`` (mm) of its glyphs, for each the number of its class, and gaps."""

    sheet: Sheet
    boxes: tuple[Box, ...]
    classes: tuple[int, ...]
    gaps: tuple[Gap, ...] = ()


def made_page(chance: random.Random, pictures: Sequence[tuple[float, float]] = ()) -> MadePage:
    """Draws a page of its own classes of glyphs, with gaps for pictures of these widths and heights
    (mm)."""
    width, height = (chance.uniform(*sides) for sides in PAGE_MM)
    sheet = Sheet(width, height, chance)
    page = _Page(sheet, chance, random_style(chance), pictures)
    clutter.draw_background(sheet, chance)
    for part in chance.sample((page.piped, page.scattered, page.listed), chance.choice((2, 3, 3))):
        part()
    clutter.draw_texts(sheet, chance)
    return MadePage(sheet, tuple(page.boxes), tuple(page.classes), tuple(page.gaps))


def random_style(chance: random.Random) -> Style:
    glyphs = random_classes(chance, chance.randint(8, 22))
    middle = math.exp(chance.uniform(*map(math.log, (4.0, 8.5))))
    low, high = GLYPH_MM
    sizes = [min(high, max(low, middle * chance.uniform(0.6, 1.6))) for _ in glyphs]
    width = math.exp(chance.uniform(*map(math.log, LINE_MM)))
    return Style(glyphs, tuple(sizes), width, is_askew=chance.random() < 0.12)


def random_classes(chance: random.Random, count: int) -> tuple[Glyph, ...]:
    """Returns glyphs of which many are siblings of one before."""
    glyphs: list[Glyph] = []
    for _ in range(count):
        old = glyphs and chance.random() < SIBLING_SHARE
        glyphs.append(sibling(chance.choice(glyphs), chance) if old else random_glyph(chance))
    return tuple(glyphs)


class _Page:
    """Places glyphs where the sheet is free, and remembers them."""

    def __init__(
        self,
        sheet: Sheet,
        chance: random.Random,
        style: Style,
        pictures: Sequence[tuple[float, float]],
    ) -> None:
        self._sheet, self._chance, self._style = sheet, chance, style
        self._pictures = pictures
        self.boxes: list[Box] = []
        self.classes: list[int] = []
        self.gaps: list[Gap] = []

    def _place(self, centre: Point, turn: float, margin: float = 0.8) -> Box | None:
        """Draws a glyph of a random class, or leaves a gap; None where there is no room."""
        if self._pictures and self._chance.random() < GAP_SHARE:
            return self._leave_gap(centre, turn, margin)
        kind = self._chance.randrange(len(self._style.glyphs))
        glyph, pose = self._style.glyphs[kind], self._pose(kind, centre, turn)
        box = box_at(glyph, pose)
        if not self._sheet.is_free(box, margin):
            return None
        draw(self._sheet, glyph, pose)
        self._sheet.take(box)
        self.boxes.append(box)
        self.classes.append(kind)
        return box

    def _leave_gap(self, centre: Point, turn: float, margin: float) -> Box | None:
        number = self._chance.randrange(len(self._pictures))
        turns = round(turn / 90) % 4
        scale = self._chance.uniform(0.9, 1.12)
        wide, high = (scale * side / 2 for side in self._pictures[number])
        wide, high = (high, wide) if turns % 2 else (wide, high)
        box = Box(centre[0] - wide, centre[1] - high, centre[0] + wide, centre[1] + high)
        if not self._sheet.is_free(box, margin):
            return None
        self._sheet.take(box)
        self.gaps.append(Gap(box, number, turns))
        return box

    def _pose(self, kind: int, centre: Point, turn: float) -> Pose:
        skew = self._chance.uniform(0, 360) if self._style.is_askew else 0.0
        return Pose(
            centre=centre,
            size=self._style.sizes[kind] * self._chance.uniform(0.93, 1.07),
            degrees=turn + skew,
            width=self._style.width * self._chance.choice((1, 1, 1, 1.5)),
        )

    def piped(self) -> None:
        """Draws pipes on a grid, glyphs along them and tags beside the glyphs."""
        for _ in range(self._chance.randint(5, 11)):
            points = self._pipe()
            kind = self._chance.choice((None, None, None, "[4 2] 0", "[8 2 2 2] 0"))
            width = self._style.width * self._chance.choice((0.7, 1, 1.6))
            self._sheet.line(*points, width=width, dashes=kind)
            for start, end in pairwise(points):
                self._along(start, end)
            clutter.draw_pipe_marks(self._sheet, self._chance, points)

    def _pipe(self) -> list[Point]:
        """Returns corners of a way on the grid that never turns back."""
        columns, rows = int(self._sheet.width / PITCH_MM), int(self._sheet.height / PITCH_MM)
        x, y = self._chance.randint(1, columns - 1), self._chance.randint(1, rows - 1)
        corners, is_across = [(x * PITCH_MM, y * PITCH_MM)], self._chance.random() < 0.5
        for _ in range(self._chance.randint(1, 5)):
            if is_across:
                x = self._chance.choice([at for at in range(1, columns) if at != x])
            else:
                y = self._chance.choice([at for at in range(1, rows) if at != y])
            is_across = not is_across
            corners.append((x * PITCH_MM, y * PITCH_MM))
        return corners

    def _along(self, start: Point, end: Point) -> None:
        length = math.dist(start, end)
        turn = math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
        at = self._chance.uniform(4, 20)
        while at < length - 3:
            share = at / length
            middle = (
                start[0] + share * (end[0] - start[0]),
                start[1] + share * (end[1] - start[1]),
            )
            box = self._place(middle, turn)
            if box is not None and self._chance.random() < 0.6:
                clutter.write_near(self._sheet, self._chance, box)
            at += self._chance.uniform(9, 45)

    def scattered(self) -> None:
        """Draws glyphs anywhere, some with a line that leads to a text."""
        for _ in range(self._chance.randint(15, 60)):
            centre = (
                self._chance.uniform(8, self._sheet.width - 8),
                self._chance.uniform(8, self._sheet.height - 8),
            )
            box = self._place(centre, 90.0 * self._chance.randrange(4))
            if box is not None and self._chance.random() < 0.5:
                clutter.write_near(self._sheet, self._chance, box)
            elif box is not None and self._chance.random() < 0.3:
                clutter.lead_away(self._sheet, self._chance, box)

    def listed(self) -> None:
        """Draws rows of a glyph and what it means, some in the cells of a table."""
        left, top = self._chance.uniform(10, 120), self._chance.uniform(10, 60)
        step = self._chance.uniform(11, 16)
        is_framed = self._chance.random() < 0.5
        for row in range(self._chance.randint(4, 9)):
            y = top + row * step
            box = self._place((left + 8, y), 0.0)
            clutter.write_line(self._sheet, self._chance, (left + 18, y - 1), words=4)
            if is_framed:
                self._sheet.rectangle(Box(left, y - step / 2, left + 70, y + step / 2))
            if box is None:
                return


def boxes_px(page: MadePage, dpi: float) -> list[Box]:
    """Returns the boxes of the glyphs in pixels."""
    return [box.scale(dpi / 25.4) for box in page.boxes]


def class_names(page: MadePage, prefix: str) -> Sequence[str]:
    """Returns a name for each glyph of the page; pages have no class in common."""
    return [f"{prefix}-{number:02d}" for number in page.classes]
