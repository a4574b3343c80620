"""Words of a sheet: what is read of it, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilescout.geometry import Box
from tilescout.sheet_layout.ruled_lines import RuledPage

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
    for row in _rows(words):
        for word in sorted(row, key=lambda word: word.box.left):
            last = joined[-1] if joined else None
            if last is not None and _follows(last.box, word.box, page):
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


def _follows(one: Box, other: Box, page: RuledPage) -> bool:
    height = max(one.height, other.height)
    gap = other.left - one.right
    same_line = abs(one.centre[1] - other.centre[1]) <= height / 2
    y = other.centre[1]
    return (
        same_line
        and -height / 2 <= gap <= MAX_SPACE * height
        and not any(
            line.start <= y <= line.end and one.right - 2 <= line.at <= other.left + 2
            for line in page.down
        )
    )
