"""The true words of a page and the text that was read there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilescout.detections import Word
from tilescout.geometry import Box, union

MAX_AREA_RATIO = 1.5
"""A box larger than this times the union of the words under it reads none of them."""


@dataclass(frozen=True, slots=True)
class TextDetection:
    """A detection with its text and its box in page pixels."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class TextPage:
    """The true words of a page and its detections; boxes are in page px.

    Words of one direction and ``line`` form a line. If ``within`` is given, only words and
    detections with their centre in it count.
    """

    name: str
    words: tuple[Word, ...]
    detections: tuple[TextDetection, ...]
    within: tuple[Box, ...] | None = None

    def is_within(self, box: Box) -> bool:
        return self.within is None or any(contains_centre(region, box) for region in self.within)


def words_under(box: Box, words: Sequence[Word]) -> list[Word]:
    """Returns the words with their centre in the box."""
    return [word for word in words if contains_centre(box, word.box)]


def contains_centre(box: Box, other: Box) -> bool:
    """Tells whether the centre of ``other`` is in the box."""
    x, y = other.centre
    return box.left <= x < box.right and box.top <= y < box.bottom


def is_oversized(box: Box, under: Sequence[Word]) -> bool:
    """Tells whether a box is too large for ``under``, the words under it."""
    return bool(under) and box.area > MAX_AREA_RATIO * union(word.box for word in under).area
