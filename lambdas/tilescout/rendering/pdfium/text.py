"""The text of a page as PDFium has it, in lines as the port has them. Runs in the child only."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pypdfium2.raw as pdfium

from tilescout.geometry import Box, union
from tilescout.rendering.layer_words import FILLED, STROKED, UNMAPPED

LINE_END_HYPHEN = 2
"""PDFium's code for a hyphen at the end of a line."""
FILLING_MODES = (0, 2, 4, 6)
STROKING_MODES = (1, 2, 5, 6)
MIN_TURN = 0.02
"""Characters whose directions differ by more are not of one line."""
UNMAPPED_MARGIN = 0.05
"""The margin of a glyph without Unicode, in heights of the font."""
MAX_GAP = 0.3
"""The paper between two texts of one word, in heights of the font."""
Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Placement:
    """The place of a page's own coordinates on the page as shown.

    ``box`` is the part that is shown, with ``top`` above ``bottom`` in the page's coordinates,
    ``rotation`` is 0, 90, 180 or 270 degrees, ``unit`` the points of one of its units.
    """

    box: tuple[float, float, float, float]
    rotation: int
    unit: float

    @property
    def matrix(self) -> Matrix:
        """Returns (a, b, c, d, e, f) that turns page coordinates into points as shown."""
        left, bottom, right, top = self.box
        across, down, x, y = {
            0: ((1, 0), (0, -1), -left, top),
            90: ((0, 1), (1, 0), -bottom, -left),
            180: ((-1, 0), (0, 1), right, -bottom),
            270: ((0, -1), (-1, 0), top, right),
        }[self.rotation]
        parts = (*across, *down, x, y)
        return tuple(part * self.unit for part in parts)  # type: ignore[return-value]

    def shown(self, left: float, bottom: float, right: float, top: float) -> Box:
        """Returns a box of the page as shown, in points."""
        ends = [transformed(self.matrix, *point) for point in ((left, bottom), (right, top))]
        (x0, y0), (x1, y1) = ends
        return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def transformed(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    """Returns the point at which a matrix places (x, y)."""
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


@dataclass(frozen=True, slots=True)
class _Style:
    """What the characters of one text object have in common, as keys of a span, and direction."""

    span: dict[str, Any]
    direction: tuple[float, float]


@dataclass(slots=True)
class _Reader:
    text: Any
    placement: Placement
    styles: dict[int, _Style] = field(default_factory=dict)
    sides: tuple[Any, ...] = field(
        default_factory=lambda: tuple(ctypes.c_double() for _ in range(4))
    )

    def style(self, at: int) -> _Style | None:
        """Returns the style of character ``at``; None where PDFium itself put it there."""
        found = pdfium.FPDFText_GetTextObject(self.text, at)
        key = ctypes.cast(found, ctypes.c_void_p).value
        if key is None:
            return None
        if key not in self.styles:
            self.styles[key] = self._read_style(found, at)
        return self.styles[key]

    def _read_style(self, found: Any, at: int) -> _Style:
        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFText_GetMatrix(self.text, at, matrix)
        scale = math.sqrt(abs(matrix.a * matrix.d - matrix.b * matrix.c))
        size = pdfium.FPDFText_GetFontSize(self.text, at) * scale * self.placement.unit
        return _Style(
            {"size": size, **self._paint(found, at)},
            _direction(matrix.a, matrix.b, self.placement.matrix),
        )

    def _paint(self, found: Any, at: int) -> dict[str, int]:
        mode = pdfium.FPDFTextObj_GetTextRenderMode(found)
        parts = [ctypes.c_uint() for _ in range(4)]
        is_filled = mode in FILLING_MODES
        read = pdfium.FPDFText_GetFillColor if is_filled else pdfium.FPDFText_GetStrokeColor
        is_known = bool(read(self.text, at, *parts))
        red, green, blue, alpha = (part.value for part in parts)
        flags = FILLED * is_filled | STROKED * (mode in STROKING_MODES)
        return {
            "color": red << 16 | green << 8 | blue,
            "alpha": alpha,
            "char_flags": flags if is_known else 0,
        }

    def box(self, at: int) -> Box:
        left, right, bottom, top = self.sides
        pdfium.FPDFText_GetCharBox(self.text, at, *self.sides)
        if right.value <= left.value or top.value <= bottom.value:
            return self._loose_box(at)
        return self.placement.shown(left.value, bottom.value, right.value, top.value)

    def _loose_box(self, at: int) -> Box:
        """Returns the box of a character that has no ink, by its font."""
        rectangle = pdfium.FS_RECTF()
        pdfium.FPDFText_GetLooseCharBox(self.text, at, rectangle)
        return self.placement.shown(
            rectangle.left, rectangle.bottom, rectangle.right, rectangle.top
        )

    def character(self, at: int) -> str:
        code = pdfium.FPDFText_GetUnicode(self.text, at)
        if code == LINE_END_HYPHEN:
            return "-"
        return chr(code) if code and not self._is_unmapped(at) else UNMAPPED

    def _is_unmapped(self, at: int) -> bool:
        return bool(pdfium.FPDFText_HasUnicodeMapError(self.text, at) == 1)


def _direction(x: float, y: float, matrix: Matrix) -> tuple[float, float]:
    """Returns the direction of writing on the page as shown, as a unit vector."""
    a, b, c, d, _, _ = matrix
    along = a * x + c * y, b * x + d * y
    length = math.hypot(*along) or 1.0
    return along[0] / length, along[1] / length


def text_lines(text: Any, placement: Placement, size_pt: tuple[float, float]) -> list[Any]:
    """Returns the lines of a text page of PDFium that lie on the page, as the port has them."""
    reader = _Reader(text, placement)
    page = Box(0, 0, *size_pt)
    lines: list[dict[str, Any]] = []
    is_open = False
    for at in range(pdfium.FPDFText_CountChars(text)):
        style = reader.style(at)
        if style is None:
            is_open = is_open and _is_space(reader, at)
            _add_space(lines, is_open)
            continue
        character = reader.character(at)
        box = reader.box(at)
        if character == UNMAPPED:
            box = _with_paper(box, style)
        if not box.intersection(page).area:
            continue
        if not (is_open and _goes_on(lines[-1], style, box)):
            lines.append({"dir": style.direction, "spans": []})
        is_open = True
        _add(lines[-1], style, {"c": character, "bbox": _sides(box)})
    return lines


def _with_paper(box: Box, style: _Style) -> Box:
    """Returns the box with the paper above and below it, so that a block of ink is seen as ink."""
    margin = UNMAPPED_MARGIN * style.span["size"]
    is_level = abs(style.direction[0]) >= abs(style.direction[1])
    return box.grow(0, margin) if is_level else box.grow(margin, 0)


def _is_space(reader: _Reader, at: int) -> bool:
    return bool(pdfium.FPDFText_GetUnicode(reader.text, at) == ord(" "))


def _add_space(lines: list[dict[str, Any]], is_within_line: bool) -> None:
    """Adds a space that PDFium sees between two words of a line, as wide as nothing."""
    if is_within_line:
        chars = lines[-1]["spans"][-1]["chars"]
        _, top, right, bottom = chars[-1]["bbox"]
        chars.append({"c": " ", "bbox": (right, top, right, bottom)})


def _goes_on(line: dict[str, Any], style: _Style, box: Box) -> bool:
    """Tells if a character belongs to a line: PDFium may join texts that stand far apart."""
    span = line["spans"][-1]
    last = span["chars"][-1]
    gap = _gap(Box(*last["bbox"]), box)
    is_near = span["style"] is style or last["c"].isspace() or gap <= MAX_GAP * style.span["size"]
    return bool(is_near and math.dist(line["dir"], style.direction) < MIN_TURN)


def _gap(one: Box, other: Box) -> float:
    """Returns the distance between two boxes along the axis on which they are further apart."""
    across = max(one.left, other.left) - min(one.right, other.right)
    down = max(one.top, other.top) - min(one.bottom, other.bottom)
    return max(across, down)


def _add(line: dict[str, Any], style: _Style, glyph: dict[str, Any]) -> None:
    spans = line["spans"]
    if not spans or spans[-1]["style"] is not style:
        spans.append({**style.span, "style": style, "chars": []})
    spans[-1]["chars"].append(glyph)


def _sides(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom


def words_of(lines: Sequence[dict[str, Any]]) -> Iterator[tuple[str, Box]]:
    """Yields the words of lines, and their boxes in points."""
    for line in lines:
        glyphs = [glyph for span in line["spans"] for glyph in span["chars"]]
        for is_space, group in groupby(glyphs, key=lambda glyph: glyph["c"].isspace()):
            word = list(group)
            if not is_space:
                text = "".join(glyph["c"] for glyph in word)
                yield text, union(Box(*glyph["bbox"]) for glyph in word)
