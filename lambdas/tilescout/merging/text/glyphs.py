"""Splits readings of a line into single characters with their places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from tilescout.detections import Word
from tilescout.geometry import Box
from tilescout.merging.text.fragments import Fragment


class Glyph(NamedTuple):
    """One character of a reading: its span along the line, its word, its rank in that word."""

    char: str
    left: float
    right: float
    rank: int
    word: Word
    is_cut: bool
    """The word is cut by the tile at either end."""
    begins: bool
    """A space stands before it."""
    tile: Box
    """The tile that showed it, rotated."""

    @property
    def centre(self) -> float:
        return (self.left + self.right) / 2


def typical_advance(fragments: Sequence[Fragment]) -> float:
    """Returns the typical width of a character in px, from whole words where there are any."""
    widths = [
        word.box.width / len(word.text)
        for fragment in fragments
        for word in fragment.words
        if not any(fragment.cut_sides_of(word.box)[::2])
    ]
    if widths:
        return max(median(widths), 1.0)
    words = [word for fragment in fragments for word in fragment.words]
    return max(sum(word.box.width for word in words) / sum(len(word.text) for word in words), 1.0)


def glyphs_of(fragment: Fragment, typical: float) -> list[Glyph]:
    return [glyph for word in fragment.words for glyph in _word_glyphs(word, fragment, typical)]


def _word_glyphs(word: Word, fragment: Fragment, typical: float) -> Iterator[Glyph]:
    """Yields the word's characters; those of a cut word are measured from its whole end."""
    starts, _, ends, _ = fragment.cut_sides_of(word.box)
    count, width = len(word.text), word.box.width
    advance, left = width / count, word.box.left
    if starts != ends:
        # A character that is only partly visible may have been read or not.
        advance = min(max(typical, width / (count + 1)), width / max(count - 1, 0.5))
        left = word.box.left if ends else word.box.right - count * advance
    for rank, char in enumerate(word.text):
        at = left + rank * advance
        yield Glyph(
            char, at, at + advance, rank, word, starts or ends, rank == 0, fragment.tile_box
        )


def whole_words(glyphs: list[Glyph]) -> list[list[Glyph]]:
    """Returns the glyphs of each word that is complete and uncut, in reading order."""
    words: dict[tuple[Box, str, float], dict[int, Glyph]] = {}
    for glyph in glyphs:
        if not glyph.is_cut:
            word = glyph.word
            words.setdefault((word.box, word.text, word.confidence), {})[glyph.rank] = glyph
    return [
        [by_rank[rank] for rank in sorted(by_rank)]
        for (_, text, _), by_rank in sorted(words.items())
        if len(by_rank) == len(text)
    ]


def words_from(line: list[Glyph]) -> tuple[Word, ...]:
    """Gathers glyphs into words again."""
    starts = [0, *(at for at in range(1, len(line)) if line[at].begins), len(line)]
    return tuple(_word(line[start:end]) for start, end in pairwise(starts))


def _word(glyphs: list[Glyph]) -> Word:
    first = glyphs[0]
    text = "".join(glyph.char for glyph in glyphs)
    if text == first.word.text and all(glyph.word == first.word for glyph in glyphs):
        return first.word
    boxes = [glyph.word.box for glyph in glyphs]
    return replace(
        first.word,
        text=text,
        confidence=sum(glyph.word.confidence for glyph in glyphs) / len(glyphs),
        box=Box(
            first.left,
            median(box.top for box in boxes),
            glyphs[-1].right,
            median(box.bottom for box in boxes),
        ),
    )
