"""The frame of a sheet: the rectangle of ruled lines that holds the drawing, or none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from tilescout.geometry import Box
from tilescout.sheet_layout.ruled_lines import RuledLine, RuledPage
from tilescout.sheet_layout.words import SheetWord, phrases

MIN_SIDE = 0.5
"""The sides of a frame, in shares of the page's."""
MAX_MARGIN = 0.12
"""The paper outside of a frame on one side, in shares of the page's side."""
MAX_BAND = 0.06
"""The band of the zones' letters, between border and frame, in shares of the page's longer side."""
MAX_OUTSIDE_INK = 0.1
"""Ink outside of a frame, in shares of all; round the outline of a building there is more."""
MAX_STAMPS = 2
"""Lines of text outside of a frame that do not count, such as who plotted it and when."""
CORNER_PX = 6
MAX_LINES = 24
ONE_LINE_PX = 1
EVEN_PX = 4
MAX_GAP = 0.1
"""A gap in a line, in shares of the longer of the pieces beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The frame of a sheet in points, the border around it (the same where there is one line),
    and how sure it is, 0 to 1."""

    inner: Box
    border: Box
    confidence: float

    def transposed(self) -> Frame:
        """Returns the frame of the same page with rows and columns exchanged."""
        inner, border = self.inner.transposed(), self.border.transposed()
        return Frame(inner=inner, border=border, confidence=self.confidence)


def find_frame(page: RuledPage, words: Sequence[SheetWord] = ()) -> Frame | None:
    """Returns the frame of the page with its words, or None where the page has none."""
    boxes = [box for box in _rectangles(page) if not _is_edge_of_page(box, page)]
    held = (
        _with_little_outside(page, boxes)
        or _with_little_outside(
            page, [border for box in boxes if (border := _cut_border(page, box)) is not None]
        )
        or [box for box in boxes if _is_stamped(page, box, words)]
    )
    if not held:
        return None
    border = max(held, key=lambda box: box.area)
    inner = _innermost(border, boxes, max(page.width, page.height) * MAX_BAND)
    return Frame(inner=inner, border=border, confidence=round(_covered(page, inner), 3))


def _with_little_outside(page: RuledPage, boxes: Sequence[Box]) -> list[Box]:
    return [box for box in boxes if _outside_ink(page, box) <= MAX_OUTSIDE_INK]


def _is_stamped(page: RuledPage, box: Box, words: Sequence[SheetWord]) -> bool:
    """Tells if there is little ink outside of a box but for a line of text or two.

    On a nearly empty sheet that is much of all ink. The dimensions of a building are many.
    """
    lines = (line.box for line in phrases(words, page))
    stamps = [line for line in lines if not box.holds_point(*line.centre)]
    if not 0 < len(stamps) <= MAX_STAMPS:
        return False
    ink = page.ink.copy()
    for stamp in stamps:
        left, top, right, bottom = (max(0, side) for side in stamp.grow(2, 2).rounded())
        ink[top:bottom, left:right] = False
    return bool(_with_little_outside(replace(page, ink=ink), [box]))


def _cut_border(page: RuledPage, box: Box) -> Box | None:
    """Returns the border around a box of which the paper's edge has cut sides, or None.

    A sheet that lies askew on the scanner loses some. Two lines at one distance from the box are
    left at least, and each goes on to a corner of the border, which a dimension line does not.
    """
    down, across = _long(page.down, page.height), _long(page.across, page.width)
    distances = [
        *_distances(down, box.left, -1, (box.top, box.bottom)),
        *_distances(down, box.right, 1, (box.top, box.bottom)),
        *_distances(across, box.top, -1, (box.left, box.right)),
        *_distances(across, box.bottom, 1, (box.left, box.right)),
    ]
    band = max(page.width, page.height) * MAX_BAND
    for way, distance in distances:
        others = [far for side, far in distances if side != way and abs(far - distance) <= EVEN_PX]
        if others and distance <= band:
            return box.grow(distance, distance)
    return None


def _distances(
    lines: Sequence[RuledLine], at: float, way: int, ends: tuple[float, float]
) -> list[tuple[tuple[float, int], float]]:
    """Returns the distances of lines outside of a side that end at a corner of a border there.

    Each is with the side: its place, and whether its outside is before (-1) or after it (1).
    """
    found = []
    for line in lines:
        far = way * (line.at - at)
        reaches = (line.start - (ends[0] - far), line.end - (ends[1] + far))
        if far > CORNER_PX and min(map(abs, reaches)) <= EVEN_PX:
            found.append(((at, way), far))
    return found


def _rectangles(page: RuledPage) -> Iterator[Box]:
    """Yields the boxes of four lines whose ends meet in its corners."""
    across = _long(page.across, page.width)
    down = _long(page.down, page.height)
    for left, right in combinations(down, 2):
        for top, bottom in combinations(across, 2):
            box = Box(left.at, top.at, right.at, bottom.at)
            if (
                _is_at_the_edge(box, page)
                and _spans(top, box.left, box.right)
                and _spans(bottom, box.left, box.right)
                and _spans(left, box.top, box.bottom)
                and _spans(right, box.top, box.bottom)
            ):
                yield box


def _spans(line: RuledLine, start: float, end: float) -> bool:
    return abs(line.start - start) <= CORNER_PX and abs(line.end - end) <= CORNER_PX


def _is_edge_of_page(box: Box, page: RuledPage) -> bool:
    """A trim line on the edge of the paper frames nothing."""
    sides = (box.left, box.top, page.width - box.right, page.height - box.bottom)
    return max(sides) <= CORNER_PX


def _long(lines: Sequence[RuledLine], side: float) -> list[RuledLine]:
    """Returns the lines that are long enough, those nearest to the page's edges, in order."""
    long = [line for line in _joined(lines) if line.length >= MIN_SIDE * side]
    if len(long) > MAX_LINES:
        long = long[: MAX_LINES // 2] + long[-MAX_LINES // 2 :]
    return long


def _joined(lines: Sequence[RuledLine]) -> list[RuledLine]:
    """Returns the lines with the pieces of one line put together.

    Stamps and ticks cut a line, and a scanned one goes over from one row of pixels to the next.
    """
    joined: list[RuledLine] = []
    for cluster in _clusters(lines):
        pieces = sorted(cluster, key=lambda line: line.start)
        current = pieces[0]
        for line in pieces[1:]:
            gap = line.start - current.end
            if gap <= max(CORNER_PX, MAX_GAP * max(line.length, current.length)):
                at = max(current, line, key=lambda each: each.length).at
                current = RuledLine(at, current.start, max(current.end, line.end))
            else:
                joined.append(current)
                current = line
        joined.append(current)
    return joined


def _clusters(lines: Sequence[RuledLine]) -> list[list[RuledLine]]:
    """Returns the lines in groups that lie within a pixel of each other, from the first."""
    clusters: list[list[RuledLine]] = []
    for line in sorted(lines, key=lambda line: line.at):
        if clusters and line.at - clusters[-1][-1].at <= ONE_LINE_PX:
            clusters[-1].append(line)
        else:
            clusters.append([line])
    return clusters


def _is_at_the_edge(box: Box, page: RuledPage) -> bool:
    return (
        box.width >= MIN_SIDE * page.width
        and box.height >= MIN_SIDE * page.height
        and box.left <= MAX_MARGIN * page.width
        and box.top <= MAX_MARGIN * page.height
        and page.width - box.right <= MAX_MARGIN * page.width
        and page.height - box.bottom <= MAX_MARGIN * page.height
    )


def _innermost(border: Box, boxes: Sequence[Box], band: float) -> Box:
    """Returns the smallest rectangle whose sides all lie within the band inside the border, and
    about as far from it as each other."""
    inner = border
    for box in boxes:
        insets = (
            box.left - border.left, box.top - border.top,
            border.right - box.right, border.bottom - box.bottom,
        )  # fmt: skip
        even = max(insets) <= 3 * min(insets) + CORNER_PX
        if min(insets) >= 0 and max(insets) <= band and even and box.area < inner.area:
            inner = box
    return inner


def _outside_ink(page: RuledPage, box: Box) -> float:
    """Returns the share of the ink that lies outside of the box, but for the paper's edges."""
    paper = page.ink[CORNER_PX:-CORNER_PX, CORNER_PX:-CORNER_PX]
    left, top = max(0, round(box.left) - 2 * CORNER_PX), max(0, round(box.top) - 2 * CORNER_PX)
    inside = paper[top : round(box.bottom), left : round(box.right)]
    return 1 - int(inside.sum()) / max(1, int(paper.sum()))


def _covered(page: RuledPage, box: Box) -> float:
    """Returns the smallest share of ink along a side of the box."""
    left, top, right, bottom = (round(side) for side in (box.left, box.top, box.right, box.bottom))
    sides = (
        page.ink[max(0, top - 2) : top + 3, left:right].any(axis=0),
        page.ink[max(0, bottom - 2) : bottom + 3, left:right].any(axis=0),
        page.ink[top:bottom, max(0, left - 2) : left + 3].any(axis=1),
        page.ink[top:bottom, max(0, right - 2) : right + 3].any(axis=1),
    )
    return float(min(np.mean(side) for side in sides))
