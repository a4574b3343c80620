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
from tilescout.rendering.pdfium.layers import is_on_layer

LINE_END_HYPHEN = 2
"""PDFium's code for a hyphen at the end of a line."""
FILLING_MODES = (0, 2, 4, 6)
STROKING_MODES = (1, 2, 5, 6)
MIN_TURN = 0.02
"""Characters whose directions differ by more are not of one line."""
MIN_SIZE = 0.01
UNMAPPED_MARGIN = 0.05
"""The margin of a glyph without Unicode, in heights of the font."""
MAX_GAP = 0.4
"""The paper between two texts of one word, in heights of the font."""
MAX_RISE = 0.1
"""Characters whose baselines are further apart are not of one line, in heights of the font."""
MAX_SPACE = 0.8
"""The paper between two words of one line, as in MuPDF."""
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
    """The keys of a span that the characters of one text share, and their direction."""

    span: dict[str, Any]
    direction: tuple[float, float]
    is_hidden: bool


@dataclass(slots=True)
class _Reader:
    text: Any
    placement: Placement
    hidden: frozenset[str]
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
            is_on_layer(found, self.hidden),
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

    def origin(self, at: int) -> tuple[float, float]:
        """Returns where a character begins on its baseline, in points as shown."""
        x, y = self.sides[:2]
        pdfium.FPDFText_GetCharOrigin(self.text, at, x, y)
        return transformed(self.placement.matrix, x.value, y.value)

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


def text_lines(
    text: Any, placement: Placement, size_pt: tuple[float, float], hidden: frozenset[str]
) -> list[Any]:
    """Returns the lines of a text page of PDFium that lie on the page, as the port has them.

    Texts on layers of the names ``hidden`` are left out.
    """
    reader = _Reader(text, placement, hidden)
    page = Box(0, 0, *size_pt)
    lines = _Lines(reader)
    for at in range(pdfium.FPDFText_CountChars(text)):
        style = reader.style(at)
        if style is None:
            lines.put_between(reader.character(at))
            continue
        if style.is_hidden:
            continue
        character = reader.character(at)
        box = reader.box(at)
        if character == UNMAPPED:
            box = _with_paper(box, style)
        if box.intersection(page).area:
            lines.add(at, style, {"c": character, "bbox": _sides(box)})
    return lines.lines


def _with_paper(box: Box, style: _Style) -> Box:
    """Returns the box with the paper above and below it, so that a block of ink is seen as ink."""
    margin = UNMAPPED_MARGIN * style.span["size"]
    is_level = abs(style.direction[0]) >= abs(style.direction[1])
    return box.grow(0, margin) if is_level else box.grow(margin, 0)


@dataclass(slots=True)
class _Lines:
    """Lines as they are collected.

    PDFium joins texts of a line that stand far apart, and ends a line within a word that is
    written in several texts, above all where it runs upwards.
    """

    reader: _Reader
    lines: list[dict[str, Any]] = field(default_factory=list)
    last: int = -1
    between: str = ""
    """The characters that PDFium put behind the last one."""

    def put_between(self, character: str) -> None:
        """Takes what PDFium itself puts between two characters: a space, or the end of a line."""
        self.between += character

    def add(self, at: int, style: _Style, glyph: dict[str, Any]) -> None:
        """Adds character ``at`` of the page."""
        if not (self.lines and self._goes_on(at, style, glyph)):
            self.lines.append({"dir": style.direction, "spans": []})
        spans = self.lines[-1]["spans"]
        if not spans or spans[-1]["style"] is not style:
            spans.append({**style.span, "style": style, "chars": []})
        spans[-1]["chars"].append(glyph)
        self.last, self.between = at, ""

    def _goes_on(self, at: int, style: _Style, glyph: dict[str, Any]) -> bool:
        """Tells if a character belongs to the last line, and adds the space before it."""
        span = self.lines[-1]["spans"][-1]
        last = span["chars"][-1]
        gap: float = _gap(Box(*last["bbox"]), Box(*glyph["bbox"])) / max(
            style.span["size"], MIN_SIZE
        )
        if math.dist(self.lines[-1]["dir"], style.direction) > MIN_TURN:
            return False
        if self.between.strip(" "):
            return gap <= MAX_GAP and self._is_on_baseline(at, style)
        if self.between:
            span["chars"].append({"c": " ", "bbox": last["bbox"]})
        if self.between or last["c"].isspace():
            return gap <= MAX_SPACE
        return span["style"] is style or gap <= MAX_GAP

    def _is_on_baseline(self, at: int, style: _Style) -> bool:
        """Tells if a character stands behind the last one, on the same baseline."""
        (x0, y0), (x1, y1) = self.reader.origin(self.last), self.reader.origin(at)
        along, across = style.direction
        rise = (x1 - x0) * across - (y1 - y0) * along
        ahead = (x1 - x0) * along + (y1 - y0) * across
        return ahead > 0 and abs(rise) <= MAX_RISE * style.span["size"]


def _gap(one: Box, other: Box) -> float:
    """Returns the distance between two boxes along the axis on which they are further apart."""
    across = max(one.left, other.left) - min(one.right, other.right)
    down = max(one.top, other.top) - min(one.bottom, other.bottom)
    return max(across, down)


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
