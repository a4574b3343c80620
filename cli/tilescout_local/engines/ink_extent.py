"""Measures where the ink of a line lies within its crop, as the text detector's boxes are larger
than the letters."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

CONTRAST = 50
LEVEL = 16
"""The lightness of paper and of letters is told to so much: scans are noisy."""
FRAMED, MIN_FRAMED = 0.9, 2
"""A mark with two lower ones inside of it is a frame."""
MAX_SPECK_PX = 2
# Rows of one line of text may be this share of the crop's height apart, as with dots and accents.
GAP_RATIO = 0.12
# A row or column that is inked over this share is a rule, as letters have paper around them.
RULE_RATIO = 0.9
# If less than this share of the ink would remain, the text itself fills or crosses the crop.
MIN_REMAINING_RATIO = 0.2
# A line's letters are at least so high in their crop; a lower band is what a crossing line left.
MIN_BAND_RATIO = 0.35
# Marks of letters may be lower, as in a box over two lines; what is lower still is a dash.
MIN_LETTERS_RATIO = 0.22


@dataclass(frozen=True, slots=True)
class Marks:
    """Connected marks of ink, in pixels."""

    left: NDArray[np.int32]
    top: NDArray[np.int32]
    width: NDArray[np.int32]
    height: NDArray[np.int32]
    ink: NDArray[np.int32]

    def have_middle_in(
        self, left: float, top: float, right: float, bottom: float
    ) -> NDArray[np.bool_]:
        """Tells which marks have their middle in a box."""
        x, y = self.left + self.width / 2, self.top + self.height / 2
        return np.asarray((left <= x) & (x <= right) & (top <= y) & (y <= bottom))

    def are_within(self, width: int, height: int) -> NDArray[np.bool_]:
        """Tells which marks touch no edge of an image."""
        right, bottom = self.left + self.width, self.top + self.height
        return np.asarray((self.left > 0) & (self.top > 0) & (right < width) & (bottom < height))

    def surrounds(self, mark: int, others: NDArray[np.bool_]) -> bool:
        """Tells if a mark is a frame: ``others`` that are lower than it stand inside of it."""
        left, top = self.left[mark], self.top[mark]
        inside = self.have_middle_in(left, top, left + self.width[mark], top + self.height[mark])
        lower = (self.height < FRAMED * self.height[mark]) & (self.ink > MAX_SPECK_PX)
        return int((inside & lower & others).sum()) >= MIN_FRAMED


@dataclass(frozen=True, slots=True)
class Extent:
    """The extent of a line of text, upright, in ratios (0-1) of the crop's width and height.

    ``letters`` are the stretches of inked columns within it, from left to right.
    """

    left: float
    top: float
    right: float
    bottom: float
    letters: tuple[tuple[float, float], ...] = ()


WHOLE = Extent(0.0, 0.0, 1.0, 1.0)


def letters_extent(crop: NDArray[np.uint8], around: int, ends: tuple[float, float]) -> Extent:
    """Returns the extent of the letters of a line, in ratios of the line's box: those of letters
    that the box cuts are under 0 or over 1.

    ``crop`` shows the box and ``around`` more pixels on each side, ``ends`` are the middles of the
    first and the last letter as read. Letters are marks whose middle lies in the box, that end
    within the crop and surround no other. Where they do not reach from end to end, as letters that
    touch a line do not, the ends are those of all ink in the box.
    """
    ink = inked(crop)
    box = ink[around:-around, around:-around]
    found = _extent_of(_letter_marks(ink, around), around)
    if found is None or found.bottom - found.top < MIN_LETTERS_RATIO:
        return ink_extent(crop[around:-around, around:-around])
    if found.left > ends[0] or found.right < ends[1] or not box.any():
        every = ink_extent(crop[around:-around, around:-around])
        return replace(every, top=found.top, bottom=found.bottom)
    return found


def inked(crop: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Returns the pixels that differ from the paper, the commonest lightness."""
    grey = crop.mean(axis=2)
    levels = np.bincount((grey / LEVEL).astype(np.int64).ravel())
    paper = (int(levels.argmax()) + 0.5) * LEVEL
    return np.asarray(np.abs(grey - paper) > CONTRAST)


def _letter_marks(ink: NDArray[np.bool_], around: int) -> NDArray[np.bool_]:
    """Returns the pixels of marks that may be letters of the line in the middle of ``ink``."""
    height, width = ink.shape
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8))
    left, top, across, down, area = stats[1:].T
    marks = Marks(left, top, across, down, area)
    keep = marks.have_middle_in(around, around, width - around, height - around)
    keep &= marks.are_within(width, height)
    frames = [mark for mark in np.flatnonzero(keep).tolist() if marks.surrounds(mark, keep)]
    keep[frames] = False
    return np.asarray(np.append(False, keep)[labels], bool)


def _extent_of(ink: NDArray[np.bool_], around: int) -> Extent | None:
    band = _band(ink)
    if band is None:
        return None
    height, width = (side - 2 * around for side in ink.shape)
    top, bottom = band
    columns = np.flatnonzero(ink[top:bottom].any(axis=0)) - around
    runs = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
    return Extent(
        float(columns[0]) / width,
        (top - around) / height,
        float(columns[-1] + 1) / width,
        (bottom - around) / height,
        tuple((float(run[0]) / width, float(run[-1] + 1) / width) for run in runs),
    )


def ink_extent(crop: NDArray[np.uint8]) -> Extent:
    """Returns the extent of the heaviest band of ink in ``crop`` (rows, columns, BGR).

    A rule along or across the text is left out, and so is a frame where blank rows separate it from
    the letters. Letters that touch a line across the crop stay where little else is left of the
    text's height.
    """
    every = inked(crop)
    ink = _without_rules(every)
    band = _band(ink)
    if band is not None and band[1] - band[0] < MIN_BAND_RATIO * len(ink):
        ink = every
    return _extent_of(ink, 0) or WHOLE


def _band(ink: NDArray[np.bool_]) -> tuple[int, int] | None:
    return _heaviest_run(ink.sum(axis=1), max(1, round(GAP_RATIO * len(ink))))


def _without_rules(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns ``ink`` (rows, columns) without rules and without frames and neighbours that cross
    it.

    A rule fills a row or column. A frame or a neighbour touches two sides of the crop. Text does
    not touch the sides, so nothing is removed where little else would be left.
    """
    rules = (ink.mean(axis=1) >= RULE_RATIO)[:, None] | (ink.mean(axis=0) >= RULE_RATIO)[None, :]
    ink = _unless_nearly_empty(ink & ~rules, ink)
    count, labels = cv2.connectedComponents(ink.astype(np.uint8), connectivity=8)
    sides = np.zeros(count, np.int64)
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        sides[np.unique(side)] += 1
    return _unless_nearly_empty(ink & (sides < 2)[labels], ink)


def _unless_nearly_empty(remaining: NDArray[np.bool_], ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns ``remaining``, or all of ``ink`` if most of it was removed."""
    return remaining if remaining.sum() >= MIN_REMAINING_RATIO * ink.sum() else ink


def _heaviest_run(weights: NDArray[np.int64], gap: int) -> tuple[int, int] | None:
    """Returns the first and one past the last index of the heaviest run; it may hold gaps of
    ``gap`` zeros."""
    inked = np.flatnonzero(weights)
    if not len(inked):
        return None
    runs = np.split(inked, np.flatnonzero(np.diff(inked) > gap) + 1)
    heaviest = max(runs, key=lambda run: int(weights[run].sum()))
    return int(heaviest[0]), int(heaviest[-1]) + 1


MARGIN = 64
"""Pixels of paper that are kept around the ink, more than the detector's own reach."""


def inked_part(image: NDArray[np.uint8]) -> tuple[int, int, NDArray[np.uint8]] | None:
    """Returns the left, the top and the part of ``image`` that holds all its ink, or None without
    ink.

    The detector of PP-OCRv6 does not see one small word alone on a large white tile.
    """
    grey = image.min(axis=2).astype(np.int16)
    ink = np.abs(grey - int(np.median(grey))) > CONTRAST
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return None
    top, left = max(0, int(rows[0]) - MARGIN), max(0, int(columns[0]) - MARGIN)
    part = image[top : int(rows[-1]) + MARGIN, left : int(columns[-1]) + MARGIN]
    return left, top, np.ascontiguousarray(part)
