"""Tells if boxes hold the ink of their text. Runs in the rendering child only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tilescout.geometry import Box
from tilescout.rendering.page_tiles import Pixels

FRAME_OUTWARDS = (-2, -2, 2, 2)
MIN_CONTRAST = 12
INK_SHARE = 0.2
STROKE_CONTRAST = 40
MIN_INKED_LETTERS = 0.6
MIN_INKED_HEIGHT = 0.35
MIN_STROKES = 0.6
"""Strokes per letter that a line through the word crosses: a pad under the name of its net is one
stroke, whatever its size."""


@dataclass(frozen=True, slots=True)
class Ink:
    """Ink that should be inside ``box`` (pixels).

    ``grey`` is its lightness (0-255), None where the PDF does not tell; ``opacity`` is 0 to 1.
    ``letters`` is the number of letters that stand in the box, one above the other where
    ``upright`` is false.
    """

    box: Box
    grey: int | None
    opacity: float = 1.0
    letters: int = 1
    upright: bool = True


class InkProbe:
    """Looks for many inks in one pass over the page, strip by strip.

    The paper is the commonest lightness in a frame of 2 px around the box, or in the box itself
    where rules stand beside the text. Ink of known lightness is seen where it would differ from
    the paper by 12 of 255 and a pixel inside goes at least a fifth of that way: a line of another
    colour that crosses white text on white is not its ink. Any other ink is likely where it stands
    like lettering: under most letters, over a good part of their height, in strokes.
    """

    def __init__(self, inks: Sequence[Ink]) -> None:
        self._inks = inks
        self._inner = np.array([_whole_pixels(ink.box) for ink in inks], int).reshape(-1, 4)
        self._outer = np.add(self._inner, FRAME_OUTWARDS)
        self._frame: npt.NDArray[np.int32] = np.zeros((len(inks), 256), np.int32)
        self._box: npt.NDArray[np.int32] = np.zeros((len(inks), 256), np.int32)
        self._profiles = [_Profile.blank(*sides) for sides in self._inner.tolist()]

    def look_at(self, rows: Pixels, top: int) -> None:
        """Looks at ``rows`` (rows x columns, grey), the first of which is row ``top`` of the
        page."""
        bottom = top + len(rows)
        here = (self._outer[:, 1] < bottom) & (self._outer[:, 3] > top)
        for number in np.flatnonzero(here).tolist():
            self._look(number, rows, top)

    def _look(self, number: int, rows: Pixels, top: int) -> None:
        inner = _crop(rows, self._inner[number], top)
        outer = _crop(rows, self._outer[number], top)
        inside = np.bincount(inner.ravel(), minlength=256)
        self._box[number] += inside
        self._frame[number] += np.bincount(outer.ravel(), minlength=256) - inside
        if inner.size:
            self._profiles[number].add(inner, self._inner[number], top)

    def visible(self) -> list[bool]:
        """Returns, for each ink, True if it was seen; False for a box outside of the page."""
        return [self._is_visible(number) for number in range(len(self._inks))]

    def holds_ink(self, number: int) -> bool:
        """Tells if the box of an ink holds anything but paper."""
        return bool(self._profiles[number].columns.any())

    def _is_visible(self, number: int) -> bool:
        ink = self._inks[number]
        lightness = np.flatnonzero(self._box[number])
        if not len(lightness):
            return False
        papers = {int(counts[number].argmax()) for counts in (self._frame, self._box)}
        seen = ink.grey is not None and any(_reached(ink, paper, lightness) for paper in papers)
        # What has the colour of its paper may be outlined in another one.
        return seen or (not _is_told(ink, papers) and self._profiles[number].is_lettering(ink))


def _is_told(ink: Ink, papers: set[int]) -> bool:
    """Tells if the PDF says in which lightness the text differs from its paper."""
    return ink.grey is not None and any(_contrast(ink, paper) >= MIN_CONTRAST for paper in papers)


def _contrast(ink: Ink, paper: int) -> float:
    assert ink.grey is not None
    return ink.opacity * abs(ink.grey - paper)


def _reached(ink: Ink, paper: int, lightness: npt.NDArray[np.int64]) -> bool:
    assert ink.grey is not None
    contrast = _contrast(ink, paper)
    reached = paper - lightness[0] if ink.grey < paper else lightness[-1] - paper
    return contrast >= MIN_CONTRAST and bool(reached >= max(1, INK_SHARE * contrast))


@dataclass(slots=True)
class _Profile:
    """How many strokes each column and each row of a box crosses.

    A stroke is a run of pixels that differ from the commonest lightness.
    """

    columns: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]

    @classmethod
    def blank(cls, left: int, top: int, right: int, bottom: int) -> _Profile:
        return cls(np.zeros(right - left, int), np.zeros(bottom - top, int))

    def add(self, inner: Pixels, sides: npt.NDArray[np.int64], top: int) -> None:
        paper = int(np.bincount(inner.ravel(), minlength=256).argmax())
        ink = np.abs(inner.astype(np.int16) - paper) >= STROKE_CONTRAST
        left, first = max(0, -int(sides[0])), max(0, top - int(sides[1]))
        self.columns[left : left + ink.shape[1]] += _strokes(ink)
        self.rows[first : first + ink.shape[0]] += _strokes(ink.T)

    def is_lettering(self, ink: Ink) -> bool:
        along, across = (self.columns, self.rows) if ink.upright else (self.rows, self.columns)
        cells = np.array_split(along, max(1, min(ink.letters, len(along))))
        inked = sum(bool(cell.any()) for cell in cells)
        return bool(
            inked >= MIN_INKED_LETTERS * len(cells)
            and np.count_nonzero(across) >= MIN_INKED_HEIGHT * len(across)
            and across.max() >= MIN_STROKES * ink.letters
        )


def _strokes(ink: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Returns the number of runs of ink in each column."""
    return np.asarray(ink[0] + (ink[1:] & ~ink[:-1]).sum(axis=0), np.int64)


def _whole_pixels(box: Box) -> tuple[int, int, int, int]:
    left, top = math.floor(box.left), math.floor(box.top)
    right, bottom = math.ceil(box.right), math.ceil(box.bottom)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _crop(rows: Pixels, sides: npt.NDArray[np.int64], top: int) -> Pixels:
    left, first, right, last = (int(side) for side in sides)
    return rows[max(0, first - top) : max(0, last - top), max(0, left) : max(0, right)]
