"""Tells symbols that stand beside a line of text from its letters.

A receptacle beside its tag U-2 is read as U-20 or U-2 O, as the detector's box holds both. The
symbol is one mark that is larger than every letter, or goes on outside of the box. The tick of an
axis beside its number 80 is read as 80-: a dash whose mark goes on outside of the box is a tick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tilescout_local.engines.ink_extent import Marks, inked
from tilescout_local.engines.recognition import Reading

READ_FROM_SYMBOLS = frozenset("O0QDGo°€□®©")
"""The characters that circles with wires are read as; a P before lowercase letters is higher than
they are."""
READ_FROM_TICKS = frozenset("-_—–")  # noqa: RUF001
MIN_HEIGHT, MIN_LONG_HEIGHT = 1.25, 1.12
"""The height of a symbol, in heights of the highest letter of its line, and of one that is long or
goes on outside of the box: a letter that touches a wire is long, too, but no higher."""
MIN_WIDTH = 1.45
"""The width of a long symbol, in heights of the highest letter: a W has 1.3."""
MIN_LETTERS = 2
"""Letters that must be left to tell how large letters are."""


def without_end_symbols(reading: Reading, crop: NDArray[np.uint8], around: int) -> Reading:
    """Returns the reading without a first and a last letter that are symbols.

    ``crop`` (rows, columns, BGR) shows the line's box and ``around`` more pixels on each side.
    """
    width = crop.shape[1] - 2 * around
    middles = [around + (column + 0.5) / reading.length * width for column in reading.columns]
    if len(middles) <= MIN_LETTERS:
        return reading
    seen = _Line(inked(crop), around, middles)
    letters = reading.text.replace(" ", "")
    begins = letters[0] in READ_FROM_SYMBOLS and seen.begins_with_symbol()
    ends = letters[-1] in READ_FROM_SYMBOLS and seen.ends_with_symbol()
    first, last = int(begins), len(middles) - int(ends)
    return _part(reading, first, last) if last - first >= MIN_LETTERS else reading


def without_ticks(reading: Reading, crop: NDArray[np.uint8], around: int) -> Reading:
    """Returns the reading without a first and a last dash that are ticks of an axis.

    ``crop`` is that of ``without_end_symbols``; the image's edge cuts neither end of the line.
    """
    letters = reading.text.replace(" ", "")
    if len(letters) < 2 or not READ_FROM_TICKS & {letters[0], letters[-1]}:
        return reading
    width = crop.shape[1] - 2 * around
    middles = [around + (column + 0.5) / reading.length * width for column in reading.columns]
    seen = _Line(inked(crop), around, middles)
    first = int(letters[0] in READ_FROM_TICKS and seen.goes_on_at(0))
    last = len(letters) - int(letters[-1] in READ_FROM_TICKS and seen.goes_on_at(-1))
    return _part(reading, first, last) if first < last else reading


class _Line:
    """The marks of a line; ``middles`` are those of its letters, in px of the crop."""

    def __init__(self, ink: NDArray[np.bool_], around: int, middles: Sequence[float]) -> None:
        _, self._labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8))
        left, top, across, down, area = stats[1:].T
        self._marks = Marks(left, top, across, down, area)
        self._height, self._width = ink.shape
        self._around, self._middles = around, middles
        self._letters = self._marks.are_within(self._width, self._height)
        self._letters &= self._marks.have_middle_in(
            around, around, self._width - around, self._height - around
        )

    def goes_on_at(self, end: int) -> bool:
        """Tells if the mark of the first (0) or last (-1) letter reaches the edge of the crop."""
        mark = self._mark_at(self._middles[end])
        whole = self._marks.are_within(self._width, self._height)
        return mark is not None and not whole[mark]

    def begins_with_symbol(self) -> bool:
        mark = self._mark_at(self._middles[0])
        if mark is None or self._inner(mark)[:, int(self._middles[1]) :].any():
            return False
        return self._is_symbol(mark, at_end=False)

    def ends_with_symbol(self) -> bool:
        mark = self._mark_at(self._middles[-1])
        if mark is None or self._inner(mark)[:, : int(self._middles[-2]) + 1].any():
            return False
        return self._is_symbol(mark, at_end=True)

    def _inner(self, mark: int) -> NDArray[np.bool_]:
        """Returns the pixels of a mark in the rows of the box."""
        rows = self._labels[self._around : self._height - self._around]
        return np.asarray(rows == mark + 1)

    def _mark_at(self, x: float) -> int | None:
        """Returns the mark with the most ink in the box near a column."""
        rows = slice(self._around, self._height - self._around)
        found = self._labels[rows, max(0, int(x) - 2) : int(x) + 3]
        counts = np.bincount(found[found > 0], minlength=1)
        return int(counts.argmax()) - 1 if counts.any() else None

    def _is_symbol(self, mark: int, *, at_end: bool) -> bool:
        others = self._letters.copy()
        others[mark] = False
        if others.sum() < len(self._middles) - 2 or not others.any():
            return False
        part = self._before_wall(mark, at_end=at_end)
        highest = self._marks.height[others].max()
        height, width = np.ptp(np.argwhere(part), axis=0) + 1 if part.any() else (0, 0)
        is_long = part[:, -1 if at_end else 0].any() or width >= MIN_WIDTH * highest
        return bool(height >= (MIN_LONG_HEIGHT if is_long else MIN_HEIGHT) * highest)

    def _before_wall(self, mark: int, *, at_end: bool) -> NDArray[np.bool_]:
        """Returns the pixels of a mark up to a line that it touches and that crosses the crop."""
        part = np.asarray(self._labels == mark + 1)
        if at_end:
            part[:, : int(self._middles[-2]) + 1] = False
        else:
            part[:, int(self._middles[1]) :] = False
        walls = np.flatnonzero(part[0] & part[-1])
        if len(walls) and at_end:
            part[:, walls[0] :] = False
        elif len(walls):
            part[:, : walls[-1] + 1] = False
        return part


def _part(reading: Reading, first: int, last: int) -> Reading:
    """Returns the letters from ``first`` to ``last`` - 1, spaces not counted."""
    places = [at for at, letter in enumerate(reading.text) if letter != " "]
    confidences = reading.confidences[first:last]
    return replace(
        reading,
        text=reading.text[places[first] : places[last - 1] + 1],
        confidence=float(np.mean(confidences)),
        columns=reading.columns[first:last],
        confidences=confidences,
    )
