"""What is written on a page and what was read there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilescout.detections import Word
from tilescout.geometry import Box, union

LARGEST_RATIO = 1.5
"""A box larger than this times the union of the words under it finds none of them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One detection: its text and its box in page pixels."""

    text: str
    box: Box


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
        return self.within is None or any(holds(each, box) for each in self.within)


def over(box: Box, words: Sequence[Word]) -> list[Word]:
    """The words with their centre in the box."""
    return [word for word in words if holds(box, word.box)]


def holds(box: Box, other: Box) -> bool:
    """Whether the centre of ``other`` is in the box."""
    x, y = other.centre
    return box.left <= x < box.right and box.top <= y < box.bottom


def is_oversized(box: Box, under: Sequence[Word]) -> bool:
    """``under`` are the words under the box."""
    return bool(under) and box.area > LARGEST_RATIO * union(word.box for word in under).area
