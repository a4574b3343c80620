"""Reads the PDF's own words that a person sees. Runs in the rendering child only.

Text is invisible when it is neither filled nor stroked (render mode 3, as under scans), fully
transparent, in the colour of its paper, or covered by something else. The first two are said
by the PDF; the others are seen in the drawn pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from tilescout.detections import Direction, Word
from tilescout.geometry import Box, union
from tilescout.rendering.ink import Ink, InkProbe
from tilescout.rendering.mupdf_page import ShownPage, is_painted

# The drawing on which ink is looked for: sharp enough for 2 pt text, cheap for an A0 sheet.
PROBE_DPI = 150
COVERING_WORDS = 10
COVERED_IMAGE_SHARE = 0.05
UNMAPPED_SHARE = 0.1
UNMAPPED = "\ufffd"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """Visible words in page pixels; see ``covers_page`` for the rule."""

    words: tuple[Word, ...]
    covers_page: bool


@dataclass(frozen=True, slots=True)
class PaintedWord:
    """A word that the PDF paints; ``grey`` is its own lightness, 0 to 255; box in points."""

    text: str
    box: Box
    grey: int
    line: int
    direction: Direction


def read_text(page: ShownPage) -> PageText:
    """Returns the visible words of ``page``, clipped to it."""
    painted = list(_painted_words(page.lines()))
    visible = [word for word in _with_ink(page, painted) if UNMAPPED not in word.text]
    bounds = Box(0, 0, page.width, page.height)
    words = tuple(
        Word(
            text=word.text,
            confidence=100.0,
            box=page.to_pixels(word.box).clamp(bounds),
            line=word.line,
            direction=word.direction,
        )
        for word in visible
    )
    image_boxes = [page.to_pixels(Box(*image["bbox"])).clamp(bounds) for image in page.images()]
    unmapped = sum(UNMAPPED in word.text for word in painted) > UNMAPPED_SHARE * len(painted)
    return PageText(
        words=words, covers_page=covers_page(words, image_boxes, bounds) and not unmapped
    )


def covers_page(words: tuple[Word, ...], images: list[Box], page: Box) -> bool:
    """Tells if the words may stand for all text of the page.

    There must be at least 10 visible words, and no image larger than 5 % of the page without a
    word in it: it may be a scan with text of its own. Text drawn as lines is not noticed.
    """
    large = [image for image in images if image.area > COVERED_IMAGE_SHARE * page.area]
    centres = [word.box.centre for word in words]
    return len(words) >= COVERING_WORDS and all(
        any(image.contains(Box(x, y, x, y)) for x, y in centres) for image in large
    )


def _with_ink(page: ShownPage, words: list[PaintedWord]) -> list[PaintedWord]:
    if not words:
        return []
    drawing = page.in_grey(min(page.dpi, PROBE_DPI))
    probe = InkProbe([Ink(drawing.to_pixels(word.box), word.grey) for word in words])
    probe.look_at(drawing)
    return [word for word, seen in zip(words, probe.visible(), strict=True) if seen]


def _painted_words(lines: list[dict[str, Any]]) -> Iterator[PaintedWord]:
    for number, line in enumerate(lines):
        glyphs = [
            (glyph, span) for span in line["spans"] if is_painted(span) for glyph in span["chars"]
        ]
        direction = _direction(line["dir"])
        for is_space, run in groupby(glyphs, key=lambda pair: not _shown(pair[0]["c"])):
            if not is_space:
                yield _painted_word(list(run), number, direction)


def _shown(character: str) -> bool:
    return character.isprintable() and not character.isspace()


def _painted_word(
    run: list[tuple[dict[str, Any], dict[str, Any]]], line: int, direction: Direction
) -> PaintedWord:
    return PaintedWord(
        text="".join(glyph["c"] for glyph, _ in run),
        box=union(Box(*glyph["bbox"]) for glyph, _ in run),
        grey=_grey(run[0][1]["color"]),
        line=line,
        direction=direction,
    )


def _grey(colour: int) -> int:
    """Returns the lightness (0-255) of 0xRRGGBB as MuPDF turns rgb into grey."""
    red, green, blue = colour >> 16 & 0xFF, colour >> 8 & 0xFF, colour & 0xFF
    return int(np.rint(0.3 * red + 0.59 * green + 0.11 * blue))


def _direction(along: tuple[float, float]) -> Direction:
    x, y = along
    if abs(x) >= abs(y):
        return "right" if x >= 0 else "left"
    return "down" if y > 0 else "up"
