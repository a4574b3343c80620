"""Counts missing, wrong and added characters of each line against what was read over it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from tilescout.detections import Word
from tilescout.geometry import Box, union
from tilescout.merging.text.orientation import rotate_to_reading
from tilescout.neighbours import extents, intersections, overlapping_pairs, sides_of
from tilescout_evaluate.metrics.text.alignment import errors_by_character
from tilescout_evaluate.metrics.text.pages import TextDetection, TextPage, is_oversized, words_under

OVER = 0.4
"""The share of the smaller of a line and a detection from which one lies over the other."""


@dataclass(frozen=True, slots=True)
class LineRead:
    """A line, or several under one detection: the true text and the text that was read."""

    truth: str
    read: str
    box: Box

    @property
    def wrong(self) -> int:
        return sum(errors_by_character(letters(self.truth), letters(self.read)))


def letters(text: str) -> str:
    """Returns the characters of a text that count for the character error rate."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def character_errors(page: TextPage) -> tuple[int, int]:
    """Returns the number of characters of the page's lines, and of errors in what was read over
    them."""
    lines = [detection for detection in lines_read(page) if page.is_within(detection.box)]
    return sum(len(letters(line.truth)) for line in lines), sum(line.wrong for line in lines)


def lines_read(page: TextPage) -> list[LineRead]:
    """Returns each line of the truth with what was read over it, in reading order."""
    lines = [list(words) for _, words in groupby(sorted(page.words, key=_line), key=_line)]
    boxes = [union(word.box for word in line) for line in lines]
    # An oversized box would join all lines under it into one.
    seen = [
        detection
        for detection in page.detections
        if not is_oversized(detection.box, words_under(detection.box, page.words))
    ]
    groups = _groups(boxes, [detection.box for detection in seen])
    return [
        _joined([lines[at] for at in of_lines], [seen[at] for at in of_seen])
        for of_lines, of_seen in groups
    ]


def _line(word: Word) -> tuple[str, int]:
    return word.direction, word.line


def _joined(lines: list[list[Word]], seen: list[TextDetection]) -> LineRead:
    direction = lines[0][0].direction
    words = [word for line in lines for word in line]
    height = max(1e-9, min(rotate_to_reading(word.box, direction).height for word in words))

    def place(box: Box) -> tuple[int, float]:
        """Returns the place in reading order: rows of text first, then along them."""
        there = rotate_to_reading(box, direction)
        top = min(rotate_to_reading(word.box, direction).top for word in words)
        return round((there.centre[1] - top) / (1.5 * height)), there.left

    return LineRead(
        " ".join(word.text for word in sorted(words, key=lambda word: place(word.box))),
        " ".join(
            detection.text for detection in sorted(seen, key=lambda detection: place(detection.box))
        ),
        union(word.box for word in words),
    )


def _groups(lines: list[Box], seen: list[Box]) -> list[tuple[list[int], list[int]]]:
    """Groups lines with the detections over them; lines that share a detection are one group."""
    sides, count = sides_of([*lines, *seen]), len(lines)
    pairs = overlapping_pairs(sides)
    pairs = pairs[(pairs[:, 0] < count) & (pairs[:, 1] >= count)]
    common = np.multiply(*extents(intersections(sides[pairs[:, 0]], sides[pairs[:, 1]])))
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
