"""The words that a PDF's text layer names, before the pixels tell which of them are seen.

Runs in the rendering child only.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from tilescout.detections import Direction
from tilescout.geometry import Box, union

UNMAPPED = "\ufffd"
DASHES = {"\u00ad", "\uf02d", "\uf0ad"}
"""Characters that exporters store for a dash: the soft hyphen, and the codes of symbol fonts."""
FILLED, STROKED = 16, 32
"""Bits of a character's flags in MuPDF's structured text; neither is set in render mode 3, nor for
text that a pattern or a shading paints."""
UPRIGHT_RATIO = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerWord:
    """A word, or one glyph without Unicode where ``text`` is empty; box in points.

    ``grey`` is its own lightness, 0 to 255; None where the PDF does not paint the glyphs in one
    colour itself. Pieces of one word that such glyphs part have one ``run``.
    """

    text: str
    box: Box
    grey: int | None
    opacity: float
    line: int
    direction: Direction
    run: int = 0

    @property
    def is_hidden(self) -> bool:
        """Tells if the PDF itself leaves the text unpainted, as under a scan."""
        return self.grey is None


@dataclass(frozen=True, slots=True)
class Annotation:
    """Text that an annotation holds for lettering drawn as strokes; box in points."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class _Glyph:
    text: str
    box: Box
    span: dict[str, Any]


def layer_words(
    lines: Sequence[dict[str, Any]], annotations: Iterable[Annotation] = ()
) -> list[LayerWord]:
    """Returns the words of MuPDF's lines and of annotations, each word once at its place."""
    words: dict[tuple[object, ...], LayerWord] = {}
    every = [*_painted(lines), *_annotated(annotations, len(lines))]
    for word in every:
        words.setdefault((word.text, word.direction, *word.box.scale(10).rounded()), word)
    return list(words.values())


def _painted(lines: Sequence[dict[str, Any]]) -> Iterator[LayerWord]:
    run = 0
    for number, line in enumerate(lines):
        direction = _direction(line["dir"])
        for is_space, group in groupby(_glyphs(line), key=lambda glyph: glyph.text == " "):
            run += 1
            if not is_space:
                yield from _pieces(list(group), number, direction, run)


def _glyphs(line: dict[str, Any]) -> Iterator[_Glyph]:
    for span in line["spans"]:
        for glyph in span["chars"]:
            if text := _plain(glyph["c"]):
                yield _Glyph(text, Box(*glyph["bbox"]), span)


def _plain(character: str) -> str:
    """Returns the character as it is judged: "" for one without width, " " for any space."""
    if character in DASHES:
        return "-"
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category == "Cf" or unicodedata.name(character, "").startswith("VARIATION SELECTOR"):
        return ""
    return UNMAPPED if category in ("Co", "Cn", "Cs", "Cc") else character


def _pieces(glyphs: list[_Glyph], line: int, direction: Direction, run: int) -> Iterator[LayerWord]:
    """Yields the parts of a word between glyphs without Unicode, and each of those glyphs."""
    for is_unmapped, group in groupby(glyphs, key=lambda glyph: glyph.text == UNMAPPED):
        piece = list(group)
        for part in [[glyph] for glyph in piece] if is_unmapped else [piece]:
            span = part[0].span
            yield LayerWord(
                text="" if is_unmapped else "".join(glyph.text for glyph in part),
                box=union(glyph.box for glyph in part),
                grey=_grey(span["color"]) if is_painted(span) else None,
                opacity=span["alpha"] / 255,
                line=line,
                direction=direction,
                run=run,
            )


def is_painted(span: dict[str, Any]) -> bool:
    """Returns False for render mode 3 (neither filled nor stroked) and for full transparency."""
    return bool(span["char_flags"] & (FILLED | STROKED)) and span["alpha"] > 0


def _grey(colour: int) -> int:
    """Returns the lightness (0-255) of 0xRRGGBB as MuPDF turns rgb into grey."""
    red, green, blue = colour >> 16 & 0xFF, colour >> 8 & 0xFF, colour & 0xFF
    return int(np.rint(0.3 * red + 0.59 * green + 0.11 * blue))


def _direction(along: tuple[float, float]) -> Direction:
    x, y = along
    if abs(x) >= abs(y):
        return "right" if x >= 0 else "left"
    return "down" if y > 0 else "up"


def _annotated(annotations: Iterable[Annotation], first_line: int) -> Iterator[LayerWord]:
    """Yields the words of annotations, whose boxes are shared out in proportion to the letters.

    A box taller than wide holds text that runs upwards, as CAD programs write it.
    """
    for line, annotation in enumerate(annotations, start=first_line):
        text, box = annotation.text, annotation.box
        is_upright = len(text) > 1 and box.height > UPRIGHT_RATIO * box.width
        start = 0
        for word in text.split():
            start = text.index(word, start)
            end = start + len(word)
            yield LayerWord(
                text=word,
                box=_share(box, start / len(text), end / len(text), is_upright),
                grey=None,
                opacity=0.0,
                line=line,
                direction="up" if is_upright else "right",
                run=-line - 1,
            )
            start = end


def _share(box: Box, start: float, end: float, upwards: bool) -> Box:
    if upwards:
        bottom, height = box.bottom, box.height
        return Box(box.left, bottom - end * height, box.right, bottom - start * height)
    return Box(box.left + start * box.width, box.top, box.left + end * box.width, box.bottom)
