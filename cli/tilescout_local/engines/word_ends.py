"""Computes where a word starts and ends within its line, from the columns of its letters and the
ink."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tilescout_local.engines.ink_extent import Extent
from tilescout_local.engines.recognition import Reading

# An end that cuts a letter is moved to that letter's own end, by this share of a letter at most.
REACH = 0.75
MIN_INKED = 0.3
"""The share of a word's letters that the ink of its line must reach, for the ink to be its own."""
MAX_GAP = 3.0
"""Heights of a line between two letters of one word. Along a dimension line the detector may take
two words that are far apart for one line, and the recogniser sees no space there."""


def with_spaces_at_gaps(reading: Reading, shape: tuple[int, int]) -> Reading:
    """Returns the reading with a space wherever two letters are too far apart for one word.

    ``shape`` is the height and width of the line's box in pixels.
    """
    height, width = shape
    return replace(reading, text="".join(_spaced(reading, MAX_GAP * height / width)))


def _spaced(reading: Reading, max_gap: float) -> Iterator[str]:
    at = 0
    for before, letter in zip(" " + reading.text, reading.text, strict=False):
        if " " not in (before, letter):
            gap = (reading.columns[at] - reading.columns[at - 1]) / reading.length
            yield " " * (gap > max_gap)
        yield letter
        at += letter != " "


def word_ends(
    columns: Sequence[int], first: int, last: int, length: float, ink: Extent
) -> tuple[float, float]:
    """Returns the start and end (ratios 0-1 of the line) of the word of letters ``first`` to
    ``last`` - 1.

    ``columns`` are those of ``length`` at which the recogniser saw the line's letters. A letter is
    seen near its middle, so half a letter is added at each end. A column is about half a letter
    wide, so this may cut a letter: such a letter is included whole, unless it reaches into the
    neighbouring word.
    """
    own = columns[first:last]
    letter = _pitch(own if len(own) > 1 else columns, length)
    start, end = (own[0] + 0.5 - letter / 2) / length, (own[-1] + 0.5 + letter / 2) / length
    if min(ink.right, end) - max(ink.left, start) < MIN_INKED * (end - start):
        # The word's own ink was taken for a line that crosses the crop.
        return max(0.0, start), min(1.0, end)
    start, end = max(ink.left, start), min(ink.right, end)
    before = (columns[first - 1] + own[0] + 1) / 2 / length if first else min(0.0, ink.left)
    after = (
        (own[-1] + columns[last] + 1) / 2 / length if last < len(columns) else max(1.0, ink.right)
    )
    reach = REACH * letter / length
    for left, right in ink.letters:
        if left < start < right and left >= max(before, start - reach):
            start = left
        if left < end < right and right <= min(after, end + reach):
            end = right
    return start, end


def _pitch(columns: Sequence[int], length: float) -> float:
    """Returns the columns from letter to letter, or the whole line if there is one letter only."""
    return (columns[-1] - columns[0]) / (len(columns) - 1) if len(columns) > 1 else length
