"""Accuracy of read text against the words that are really there.

Recall: a word (two or more letters or digits) is found when a detection lies over it, holds its
text, and is at most 1.5 times as large as the union of all words under it. Precision: the share of
a detection's tokens (two or more characters) that stand in the words under it. Case and punctuation
do not count in either. Symbols and outlined text that the truth does not have count as wrong, so
precision is a lower bound.

Character error rate: missing, wrong and added characters over those of the truth, of each line
against what was read over it; case and spaces do not count. A line over which nothing was read is
missing as a whole; what was read where no line is concerns precision alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import groupby

import numpy as np

from tilescout.detections import Word
from tilescout.geometry import Box, union
from tilescout.neighbours import extents, overlapping_pairs, shared_part, sides_of
from tilescout.text_frames import turned
from tilescout_evaluate.alignment import errors_by_character

LARGEST_RATIO = 1.5
REACH = 0.35
"""A token may come from a word this share of the line's height outside the box."""
OVER = 0.4
"""Share of the smaller of a line and a detection from which one is over the other."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One detection: its text and its box in page pixels."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Counts; ratios are 0 to 1, the character error rate from 0 without a bound."""

    words: int
    found: int
    tokens: int
    right: int
    oversized: int
    characters: int
    wrong_characters: int

    @property
    def recall(self) -> float:
        return self.found / self.words if self.words else 0.0

    @property
    def precision(self) -> float:
        return self.right / self.tokens if self.tokens else 0.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def character_error_rate(self) -> float:
        return self.wrong_characters / max(1, self.characters)

    def shown(self) -> dict[str, float]:
        """For JSON."""
        ratios = ("recall", "precision", "f1", "character_error_rate")
        whole = {each.name: getattr(self, each.name) for each in fields(self)}
        return whole | {name: round(getattr(self, name), 4) for name in ratios}


@dataclass(frozen=True, slots=True)
class TextPage:
    """What is written on a page and what was read; boxes in page px.

    Words of one direction and ``line`` are a line. Only words and detections with their centre in
    ``within`` count, if it is given.
    """

    name: str
    words: tuple[Word, ...]
    seen: tuple[Seen, ...]
    within: tuple[Box, ...] | None = None

    def is_within(self, box: Box) -> bool:
        return self.within is None or any(_holds(each, box) for each in self.within)


def total(parts: Iterable[Accuracy]) -> Accuracy:
    every = list(parts)
    return Accuracy(
        **{each.name: sum(getattr(part, each.name) for part in every) for each in fields(Accuracy)}
    )


def plain(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def compare(page: TextPage) -> Accuracy:
    """All that was read of one page with all its words."""
    wanted = [
        word for word in page.words if len(plain(word.text)) >= 2 and page.is_within(word.box)
    ]
    found: set[int] = set()
    tokens = right = oversized = 0
    for detection in page.seen:
        under = _over(detection.box, page.words)
        matched, is_oversized = _matched(detection, under)
        found |= {id(word) for word in matched}
        if page.is_within(detection.box):
            oversized += is_oversized
            said = _said(detection, page.words)
            tokens, right = tokens + len(said), right + sum(said)
    characters, wrong = character_errors(page)
    return Accuracy(
        words=len(wanted),
        found=sum(id(word) in found for word in wanted),
        tokens=tokens,
        right=right,
        oversized=oversized,
        characters=characters,
        wrong_characters=wrong,
    )


def missed_words(page: TextPage) -> list[Word]:
    """Words that count and that no detection holds."""
    found = {
        id(word) for each in page.seen for word in _matched(each, _over(each.box, page.words))[0]
    }
    return [
        word
        for word in page.words
        if len(plain(word.text)) >= 2 and page.is_within(word.box) and id(word) not in found
    ]


def _matched(detection: Seen, under: list[Word]) -> tuple[list[Word], bool]:
    if _is_oversized(detection.box, under):
        return [], True
    text = plain(detection.text)
    return [w for w in under if len(plain(w.text)) >= 2 and plain(w.text) in text], False


def _is_oversized(box: Box, under: Sequence[Word]) -> bool:
    return bool(under) and box.area > LARGEST_RATIO * union(word.box for word in under).area


def _said(detection: Seen, words: Sequence[Word]) -> list[bool]:
    """By token of the detection: whether it stands in the words under it."""
    near = _over(detection.box.grow(0, REACH * detection.box.height), words)
    truth = plain("".join(word.text for word in near))
    tokens = filter(lambda token: len(token) >= 2, map(plain, detection.text.split()))
    return [token in truth for token in tokens]


def _over(box: Box, words: Sequence[Word]) -> list[Word]:
    return [word for word in words if _holds(box, word.box)]


def _holds(box: Box, other: Box) -> bool:
    x, y = other.centre
    return box.left <= x < box.right and box.top <= y < box.bottom


@dataclass(frozen=True, slots=True)
class LineRead:
    """A line as it is and as it was read, or several that one detection covers."""

    truth: str
    read: str
    box: Box

    @property
    def wrong(self) -> int:
        return sum(errors_by_character(letters(self.truth), letters(self.read)))


def letters(text: str) -> str:
    """What of a text counts for the character error rate."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def character_errors(page: TextPage) -> tuple[int, int]:
    """Characters of the page's lines, and errors in what was read over them."""
    lines = [each for each in lines_read(page) if page.is_within(each.box)]
    return sum(len(letters(each.truth)) for each in lines), sum(each.wrong for each in lines)


def lines_read(page: TextPage) -> list[LineRead]:
    """Each line of the truth with what was read over it, in reading order."""
    lines = [list(words) for _, words in groupby(sorted(page.words, key=_line), key=_line)]
    boxes = [union(word.box for word in line) for line in lines]
    # A box that is too large to find a word would make one line of all under it.
    seen = [each for each in page.seen if not _is_oversized(each.box, _over(each.box, page.words))]
    groups = _groups(boxes, [each.box for each in seen])
    return [
        _joined([lines[at] for at in of_lines], [seen[at] for at in of_seen])
        for of_lines, of_seen in groups
    ]


def _line(word: Word) -> tuple[str, int]:
    return word.direction, word.line


def _joined(lines: list[list[Word]], seen: list[Seen]) -> LineRead:
    direction = lines[0][0].direction
    words = [word for line in lines for word in line]
    height = max(1e-9, min(turned(word.box, direction).height for word in words))

    def place(box: Box) -> tuple[int, float]:
        """Reading order: rows of text first, then along them."""
        there = turned(box, direction)
        top = min(turned(word.box, direction).top for word in words)
        return round((there.centre[1] - top) / (1.5 * height)), there.left

    return LineRead(
        " ".join(word.text for word in sorted(words, key=lambda each: place(each.box))),
        " ".join(each.text for each in sorted(seen, key=lambda each: place(each.box))),
        union(word.box for word in words),
    )


def _groups(lines: list[Box], seen: list[Box]) -> list[tuple[list[int], list[int]]]:
    """Lines and the detections over them; those that share one are one group."""
    sides, count = sides_of([*lines, *seen]), len(lines)
    pairs = overlapping_pairs(sides)
    pairs = pairs[(pairs[:, 0] < count) & (pairs[:, 1] >= count)]
    common = np.multiply(*extents(shared_part(sides[pairs[:, 0]], sides[pairs[:, 1]])))
    area = np.multiply(*extents(sides))
    smaller = np.minimum(area[pairs[:, 0]], area[pairs[:, 1]])
    root = list(range(len(sides)))

    def top(at: int) -> int:
        while root[at] != at:
            root[at] = root[root[at]]
            at = root[at]
        return at

    for one, other in pairs[common >= OVER * smaller].tolist():
        root[top(other)] = top(one)
    members: dict[int, tuple[list[int], list[int]]] = {}
    for at in range(len(sides)):
        group = members.setdefault(top(at), ([], []))
        group[at >= count].append(at - count if at >= count else at)
    return [group for group in members.values() if group[0]]
