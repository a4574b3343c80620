"""Reads the painted paths of a page as straight segments. Runs in the rendering child only.

Text drawn with fonts is no path: its words are read beside the segments. White fills, which only
cover, are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from tilescout.geometry import POINTS_PER_INCH
from tilescout.rendering.child_frames import Frame
from tilescout.rendering.page_strokes import (
    Flags,
    Floats,
    Integers,
    PageStrokes,
    PageWord,
    Style,
    to_archive,
)
from tilescout.rendering.port import DocumentFile, require_page
from tilescout.rendering.process import RenderLimits

FLATNESS_PT = 0.08
"""Greatest distance between a curve and the segments that stand for it."""
MAX_CURVE_SEGMENTS = 48
SAME_PT = 0.1
"""Segments whose ends are equal to so many points are one, as CAD programs draw lines twice."""
WHITE = 0.97

Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float]


@dataclass(slots=True)
class SegmentList:
    """Segments as they are collected."""

    rows: list[tuple[float, float, float, float]] = field(default_factory=list)
    style_ids: list[int] = field(default_factory=list)
    corners: list[tuple[bool, bool]] = field(default_factory=list)
    styles: dict[Style, int] = field(default_factory=dict)

    def add(self, points: list[Point], style: int) -> None:
        """Adds the segments between the points; only the first and the last are corners."""
        for at, (start, end) in enumerate(pairwise(points)):
            self.rows.append((*start, *end))
            self.style_ids.append(style)
            self.corners.append((at == 0, at == len(points) - 2))


def read_strokes(file: DocumentFile, page: int, limits: RenderLimits) -> Iterator[Frame]:
    """Yields one result whose payload is an archive of the strokes.

    Raises UnreadableDocument, UnsupportedPage, RenderLimitExceeded.
    """
    document = file.open()
    require_page(document, page)
    source = document.page(page, POINTS_PER_INCH)
    source.require_affordable(limits.work)
    yield Frame("result", {}, to_archive(source.strokes()))


def strokes_of_drawings(
    drawings: Iterable[dict[str, Any]],
    *,
    turn: Matrix,
    size_pt: tuple[float, float],
    words: tuple[PageWord, ...],
    image_share: float,
) -> PageStrokes:
    """Returns the strokes of painted paths, as PyMuPDF's ``get_cdrawings`` has them.

    ``turn`` is the matrix (a, b, c, d, e, f) by which their points are those of the page as shown,
    of ``size_pt`` (width, height).
    """
    collected = SegmentList()
    for drawing in drawings:
        _add_drawing(collected, drawing)
    segments, corners, style_ids = _arrays(collected, turn)
    return PageStrokes(
        segments=segments,
        style_ids=style_ids,
        styles=tuple(collected.styles),
        corners=corners,
        width=size_pt[0],
        height=size_pt[1],
        words=words,
        image_share=image_share,
    )


def _add_drawing(segments: SegmentList, drawing: dict[str, Any]) -> None:
    kind = drawing["type"]
    if kind not in ("s", "f", "fs"):
        return  # a clip or a group paints nothing
    style = _style(kind, drawing)
    if style.kind == "fill" and min(style.colour, default=0.0) > WHITE:
        return
    number = segments.styles.setdefault(style, len(segments.styles))
    ends: list[Point] = []
    for item in drawing["items"]:
        points = _points(item)
        segments.add(points, number) if len(points) == 2 or item[0] == "c" else _add_closed(
            segments, points, number
        )
        ends += [points[0], points[-1]]
    is_closed = kind == "f" or drawing.get("closePath")
    if is_closed and ends and math.dist(ends[0], ends[-1]) > SAME_PT / 2:
        segments.add([ends[-1], ends[0]], number)


def _style(kind: str, drawing: dict[str, Any]) -> Style:
    is_stroke = "s" in kind
    colour = drawing.get("color" if is_stroke else "fill") or ()
    return Style(
        kind="stroke" if is_stroke else "fill",
        colour=tuple(round(part, 2) for part in colour),
        width=round(drawing.get("width") or 0.0, 2) if is_stroke else 0.0,
    )


def _add_closed(segments: SegmentList, points: list[Point], style: int) -> None:
    for start, end in zip(points, [*points[1:], points[0]], strict=True):
        segments.add([start, end], style)


def _points(item: tuple[Any, ...]) -> list[Point]:
    """Returns the points of a line, a curve, or the corners of a rectangle or quad in order."""
    kind = item[0]
    if kind == "l":
        return [item[1], item[2]]
    if kind == "c":
        return _flattened(*item[1:5])
    if kind == "re":
        left, top, right, bottom = item[1][:4]
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    upper_left, upper_right, lower_left, lower_right = item[1]
    return [upper_left, upper_right, lower_right, lower_left]


def _flattened(start: Point, one: Point, two: Point, end: Point) -> list[Point]:
    """Returns points on a cubic Bézier curve, as far apart as ``FLATNESS_PT`` allows.

    The number of pieces follows from the curve's second differences (Wang, 1984).
    """
    bend = max(
        math.hypot(a[0] - 2 * b[0] + c[0], a[1] - 2 * b[1] + c[1])
        for a, b, c in ((start, one, two), (one, two, end))
    )
    pieces = max(2, min(MAX_CURVE_SEGMENTS, math.ceil(math.sqrt(0.75 * bend / FLATNESS_PT))))
    share = np.linspace(0, 1, pieces + 1)[:, None]
    rest = 1 - share
    curve = (
        rest**3 * np.array(start)
        + 3 * rest**2 * share * np.array(one)
        + 3 * rest * share**2 * np.array(two)
        + share**3 * np.array(end)
    )
    return [(float(x), float(y)) for x, y in curve]


def _arrays(segments: SegmentList, turn: Matrix) -> tuple[Floats, Flags, Integers]:
    """Returns segments, corners and styles, each place once, as the page is shown."""
    rows = np.array(segments.rows, float).reshape(-1, 4)
    matrix = np.array(turn).reshape(3, 2)
    shown = (rows.reshape(-1, 2) @ matrix[:2] + matrix[2]).reshape(-1, 4)
    corners = np.array(segments.corners, bool).reshape(-1, 2)
    style_ids = np.array(segments.style_ids, np.int64)
    shown, corners = _ordered(shown, corners)
    kept = _once(shown)
    return shown[kept], corners[kept], style_ids[kept]


def _ordered(segments: Floats, corners: Any) -> tuple[Floats, Any]:
    """Returns the segments with the left end first, the upper one where they are vertical."""
    x0, y0, x1, y1 = segments.T
    swapped = (x0 > x1) | ((x0 == x1) & (y0 > y1))
    segments, corners = segments.copy(), corners.copy()
    segments[swapped] = segments[swapped][:, [2, 3, 0, 1]]
    corners[swapped] = corners[swapped][:, ::-1]
    return segments, corners


def _once(segments: Floats) -> Any:
    """Returns the indices of the segments that have a length, each place once."""
    lengths = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    there = np.nonzero(lengths > 1e-3)[0]
    places = np.round(segments[there] / SAME_PT).astype(np.int64)
    first = np.unique(places, axis=0, return_index=True)[1]
    return there[np.sort(first)]
