"""Makes readings of single tiles comparable: rotated, cleaned, without parts seen better."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from tilescout.detections import TEXT_LAYER_TILE, Answer, Direction, Word
from tilescout.geometry import Box, union
from tilescout.merging.text.orientation import rotate_from_reading, rotate_to_reading
from tilescout.merging.tile_edges import cut_sides
from tilescout.neighbours import extents, intersections, overlapping_pairs, sides_of

COVERED = 0.5
"""A word is dropped where better readings cover this share of its area."""
COVERED_EXACTLY = 0.3
"""The share for exact text, whose boxes are those of the font and may lie beside the ink."""
_RANK: dict[Direction, int] = {"right": 0, "down": 1, "left": 2, "up": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A line of one answer or a part of it; all boxes are rotated so that the text runs right.

    ``report`` distinguishes the lines of one answer. ``is_cut`` has start, top, end and bottom.
    """

    words: tuple[Word, ...]
    box: Box
    tile: int
    tile_box: Box
    page_box: Box
    answer: int
    report: tuple[int, ...]
    scale: float = 1.0

    @property
    def direction(self) -> Direction:
        return self.words[0].direction

    @property
    def is_cut(self) -> tuple[bool, bool, bool, bool]:
        return self.cut_sides_of(self.box)

    def cut_sides_of(self, box: Box) -> tuple[bool, bool, bool, bool]:
        """Returns which sides of a rotated box of this fragment the tile cuts."""
        return cut_sides(box, self.tile_box, self.page_box, self.scale)

    @property
    def to_edge(self) -> tuple[float, float]:
        """The distances of the start and the end from an inner side of the tile, in px."""
        tile, page = self.tile_box, self.page_box
        return (
            self.box.left - tile.left if tile.left > page.left else math.inf,
            tile.right - self.box.right if tile.right < page.right else math.inf,
        )

    def with_words(self, words: Sequence[Word], *report: int) -> Fragment:
        """Returns a part of this fragment; ``report`` marks it as reported apart from the rest."""
        return replace(
            self,
            words=tuple(words),
            box=union(word.box for word in words),
            report=self.report + report,
        )


@dataclass(frozen=True, slots=True)
class _Seen:
    """A word of an answer, on the page; ``place`` is its line and its rank in that line."""

    word: Word
    answer: int
    place: tuple[int, int]
    is_layer: bool
    is_halved: bool
    """The tile cuts off its top or its foot: its text is a guess."""


def readings(answers: Sequence[Answer], page: Box) -> list[Fragment]:
    """Returns the lines of each answer, less words that the text layer or a better tile covers."""
    seen = [
        word for number, answer in enumerate(answers) for word in _words_seen(number, answer, page)
    ]
    fragments = []
    for (number, direction, line), group in groupby(_drop_covered(seen), key=_line_of):
        whole = Fragment(
            words=(),
            box=page,
            tile=answers[number].tile,
            tile_box=rotate_to_reading(answers[number].tile_box, direction),
            page_box=rotate_to_reading(page, direction),
            answer=number,
            report=(_RANK[direction], line),
            scale=answers[number].scale,
        )
        fragments += [whole.with_words(words) for words in _runs_of_words(list(group))]
    return fragments


def _line_of(seen: _Seen) -> tuple[int, Direction, int]:
    return seen.answer, seen.word.direction, seen.place[0]


def _runs_of_words(group: list[_Seen]) -> Iterator[list[Word]]:
    """Yields runs of the words that still stand side by side, rotated."""
    for _, run in groupby(enumerate(group), key=lambda item: item[1].place[1] - item[0]):
        words = [seen.word for _, seen in run]
        yield [replace(word, box=rotate_to_reading(word.box, word.direction)) for word in words]


def _words_seen(number: int, answer: Answer, page: Box) -> list[_Seen]:
    words = [part for word in answer.words for part in _clean_words(word)]
    words.sort(
        key=lambda word: (_RANK[word.direction], word.line, _position_along_line(word), word.text)
    )
    ranks: dict[tuple[Direction, int], int] = {}
    seen = []
    for word in words:
        line = (word.direction, word.line)
        rank = ranks[line] = ranks.get(line, -1) + 1
        sides = cut_sides(
            rotate_to_reading(word.box, word.direction),
            rotate_to_reading(answer.tile_box, word.direction),
            rotate_to_reading(page, word.direction),
            answer.scale,
        )
        is_layer = answer.tile == TEXT_LAYER_TILE
        seen.append(_Seen(word, number, (word.line, rank), is_layer, sides[1] or sides[3]))
    return seen


def _position_along_line(word: Word) -> float:
    box = rotate_to_reading(word.box, word.direction)
    return box.left + box.right


def _clean_words(word: Word) -> Iterator[Word]:
    """Yields the word without odd space, split in proportion to its text where it holds several."""
    if word.box.area <= 0:
        return
    text = unicodedata.normalize("NFKC", word.text).strip()
    parts = text.split()
    if len(parts) == 1:
        yield word if text == word.text else replace(word, text=text)
        return
    box, start = rotate_to_reading(word.box, word.direction), 0
    for part in parts:
        start = text.index(part, start)
        share = part_of(box, start / len(text), (start + len(part)) / len(text))
        yield replace(word, text=part, box=rotate_from_reading(share, word.direction))
        start += len(part)


def part_of(box: Box, start: float, end: float) -> Box:
    """Returns the part of a rotated box between two ratios of its length."""
    width = box.right - box.left
    return Box(box.left + start * width, box.top, box.left + end * width, box.bottom)


def _drop_covered(seen: list[_Seen]) -> list[_Seen]:
    """Drops words under the text layer, and halved words that another tile saw whole."""
    if not seen:
        return []
    sides = sides_of([reading.word.box for reading in seen])
    pairs = overlapping_pairs(sides)
    pairs = np.concatenate((pairs, pairs[:, ::-1]))
    answer = np.array([reading.answer for reading in seen])
    rank = np.array([2 if reading.is_layer else 0 if reading.is_halved else 1 for reading in seen])
    below, above = rank[pairs[:, 0]], rank[pairs[:, 1]]
    better = (below < above) & ((above == 2) | (below == 0))
    pairs = pairs[better & (answer[pairs[:, 0]] != answer[pairs[:, 1]])]
    share = _covered_shares(sides, pairs, rank[pairs[:, 1]] == 2)
    return [reading for reading, covered in zip(seen, share, strict=True) if covered < COVERED]


def _covered_shares(
    sides: NDArray[np.float64], pairs: NDArray[np.int64], is_exact: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Returns the share of each box that its partners in ``pairs`` cover, seams counted twice.

    Beside exact text the smaller area counts: OCR draws boxes too tall and runs words together.
    """
    width, height = extents(intersections(sides[pairs[:, 0]], sides[pairs[:, 1]]))
    own, other = (np.multiply(*extents(sides[pairs[:, at]])) for at in (0, 1))
    share = width * height / np.where(is_exact, np.minimum(own, other), own)
    share = np.where(is_exact, share * (COVERED / COVERED_EXACTLY), share)
    return np.asarray(np.bincount(pairs[:, 0], weights=share, minlength=len(sides)), np.float64)
