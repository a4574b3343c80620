"""Words of a sheet: what is read of it, and where."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from tilescout.geometry import Box
from tilescout.sheet_layout.ruled_lines import RuledLine, RuledPage

MAX_SPACE = 1.4
"""The space between words of one phrase, in heights of the letters."""


@dataclass(frozen=True, slots=True)
class SheetWord:
    """A word or several of one line; its box is in points of the page as it is shown."""

    text: str
    box: Box


def phrases(words: Sequence[SheetWord], page: RuledPage) -> list[SheetWord]:
    """Returns words that follow each other on one line, with no ruled line between, as one."""
    joined: list[SheetWord] = []
    down = sorted(page.down, key=_at)
    for row in _rows(words):
        for word in sorted(row, key=lambda word: word.box.left):
            last = joined[-1] if joined else None
            if last is not None and _follows(last.box, word.box, down):
                joined[-1] = SheetWord(f"{last.text} {word.text}", last.box.union(word.box))
            else:
                joined.append(word)
    return joined


def _rows(words: Sequence[SheetWord]) -> list[list[SheetWord]]:
    """Returns the words by rows, from the top: the middles of a row differ by half a height."""
    rows: list[list[SheetWord]] = []
    for word in sorted(words, key=lambda word: word.box.centre[1]):
        last = rows[-1][0].box if rows else None
        if last is not None and word.box.centre[1] - last.centre[1] <= last.height / 2:
            rows[-1].append(word)
        else:
            rows.append([word])
    return rows


def _at(line: RuledLine) -> float:
    return line.at


def _follows(one: Box, other: Box, down: Sequence[RuledLine]) -> bool:
    """Tells if the other word goes on with the one; ``down`` are ruled lines from the left."""
    height = max(one.height, other.height)
    gap = other.left - one.right
    same_line = abs(one.centre[1] - other.centre[1]) <= height / 2
    y = other.centre[1]
    if not (same_line and -height / 2 <= gap <= MAX_SPACE * height):
        return False
    first = bisect_left(down, one.right - 2, key=_at)
    last = bisect_right(down, other.left + 2, key=_at)
    # The stem of a letter is no rule: it is not as high as the line of text.
    rules = (line for line in down[first:last] if line.length >= height)
    return not any(line.start <= y <= line.end for line in rules)
