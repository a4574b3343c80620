"""Finds single letters and short words that the detector of lines leaves out, by their marks.

The number of a pin on its wire, a letter beside a receptacle and two digits that run upwards have
no look of a line. Straight lines are taken out of the ink first, as such letters often touch one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tilescout.geometry import Box
from tilescout.rendering.lettering import Marks, connected, neighbours
from tilescout_local.engines.recognition import Reading
from tilescout_local.engines.text_boxes import Ink, marks_of
from tilescout_local.engines.text_reading import Quad

Image = NDArray[np.uint8]
Reals = NDArray[np.float64]

LINE_LENGTH, MIN_LINE_PX = 3, 24
"""The length of a straight line, in heights of the lettering, and the least of it in px."""
MIN_HEIGHT_PX, MAX_SIDE_PX = 5, 60
SMALLEST, LARGEST = 0.6, 1.3
"""The height of a lone letter, in heights of the smallest and of the largest lettering."""
SAME_HEIGHT = 0.15
MIN_WIDTH, MAX_WIDTH = 0.15, 1.05
"""The width of a letter, in heights."""
MAX_FILL = 0.62
"""The share of its box that a letter fills at most; dashes and pads fill more."""
NEAR, MIN_PIECE, MIN_FULL_PIECE, MAX_PIECE = 0.5, 0.2, 0.6, 1.3
"""Another mark of these heights within so many heights belongs to the same word; one that fills its
box, as an l does, is as tall as a letter."""
MAX_LETTERS, PAIR = 8, 2
MIN_CONFIDENCE, MIN_WORD_CONFIDENCE = 0.99, 0.95
SIMPLE_LETTERS = tuple("1IlLJ7TVrvjYCc")
BESIDE, ABOVE, MIN_MARGIN_PX = 0.3, 0.2, 2
"""The paper in a crop around the letters, in heights, and in px."""


@dataclass(frozen=True, slots=True)
class LoneLetters:
    """A letter or a short word: the ``box`` of its ink, and whether it runs upwards.

    ``is_usual`` tells if lettering of its height is on the image, too.
    """

    box: Box
    count: int
    is_upright: bool
    is_usual: bool

    @property
    def height(self) -> float:
        return self.box.width if self.is_upright else self.box.height


@dataclass(frozen=True, slots=True)
class InkWithoutLines:
    """The ink of an image (rows, columns) without its straight lines, and these lines."""

    marks: Image
    lines: Image
    paper: int


def without_lines(ink: Ink, heights: Sequence[float]) -> InkWithoutLines:
    """Returns the ink of an image whose lettering has these heights in px."""
    length = int(max(MIN_LINE_PX, LINE_LENGTH * float(np.median(heights))))
    across, down = (np.ones(size, np.uint8) for size in ((1, length), (length, 1)))
    lines = cv2.morphologyEx(ink.pixels, cv2.MORPH_OPEN, across)
    lines = cv2.bitwise_or(lines, cv2.morphologyEx(ink.pixels, cv2.MORPH_OPEN, down))
    free = cv2.bitwise_and(ink.pixels, cv2.bitwise_not(lines))
    return InkWithoutLines(np.asarray(free, np.uint8), np.asarray(lines, np.uint8), ink.paper)


def lone_letters(ink: InkWithoutLines, heights: Sequence[float]) -> list[LoneLetters]:
    """Returns the single letters, and short words that run right or upwards, by their marks."""
    marks = _small_marks(ink.marks)
    flat = list(_groups(marks, np.array(heights), is_upright=False))
    across = Marks(marks.sides[:, [1, 0, 3, 2]], marks.ink)
    turned = _groups(across, np.array(heights), is_upright=True)
    # A single letter that lies on its side is as likely a part of a symbol.
    return flat + [each for each in turned if each.count >= PAIR]


def crop_of(image: Image, ink: InkWithoutLines, letters: LoneLetters) -> Image:
    """Returns the letters' part of the image, turned so that they run right, without lines."""
    beside, above = (
        max(MIN_MARGIN_PX, share * letters.height)
        for share in ((ABOVE, BESIDE) if letters.is_upright else (BESIDE, ABOVE))
    )
    bounds = Box(0, 0, image.shape[1], image.shape[0])
    left, top, right, bottom = letters.box.grow(beside, above).clamp(bounds).rounded()
    crop = image[top:bottom, left:right].copy()
    lines = cv2.dilate(ink.lines[top:bottom, left:right], np.ones((3, 3), np.uint8))
    crop[lines > 0] = ink.paper
    return np.ascontiguousarray(np.rot90(crop, -1)) if letters.is_upright else crop


def _small_marks(ink: Image) -> Marks:
    """Returns the marks that are no larger than letters, and no specks."""
    marks = marks_of(ink)
    larger = (marks.sides[:, 2:] - marks.sides[:, :2]).max(axis=1, initial=0)
    return marks.chosen((larger < MAX_SIDE_PX) & (larger >= MIN_HEIGHT_PX))


def _is_full(marks: Marks) -> NDArray[np.bool_]:
    width, height = (marks.sides[:, 2:] - marks.sides[:, :2]).T
    return np.asarray(marks.ink > MAX_FILL * width * height)


def _groups(marks: Marks, heights: Reals, *, is_upright: bool) -> Iterator[LoneLetters]:
    """Yields groups of some marks, side by side along the first axis; one or two have no other
    near."""
    letters = marks.sides[_are_letters(marks, heights)]
    label = connected(len(letters), *neighbours(letters))
    _, label, counts = np.unique(label, return_inverse=True, return_counts=True)
    for number in np.flatnonzero(counts <= MAX_LETTERS):
        group = letters[label == number]
        height = float((group[:, 3] - group[:, 1]).mean())
        around = (*group[:, :2].min(axis=0), *group[:, 2:].max(axis=0))
        if len(group) > PAIR or _pieces_near(marks, around, height) <= len(group):
            box = Box(*(float(around[at]) for at in ((1, 0, 3, 2) if is_upright else range(4))))
            is_usual = bool(np.abs(heights / height - 1).min() <= SAME_HEIGHT)
            yield LoneLetters(box, len(group), is_upright, is_usual)


def _are_letters(marks: Marks, heights: Reals) -> NDArray[np.bool_]:
    width, height = (marks.sides[:, 2:] - marks.sides[:, :2]).T
    smallest = max(MIN_HEIGHT_PX, SMALLEST * heights.min())
    is_tall = (height >= smallest) & (height <= LARGEST * heights.max())
    is_wide = (width >= MIN_WIDTH * height) & (width <= MAX_WIDTH * height)
    return np.asarray(is_tall & is_wide & ~_is_full(marks))


def _pieces_near(marks: Marks, group: Sequence[float], height: float) -> int:
    """Returns how many letters, or pieces of them, a group and the paper beside it hold; it is a
    part of a word where there are more than its own."""
    left, top, right, bottom = group
    sides = marks.sides
    tall = sides[:, 3] - sides[:, 1]
    beside = (sides[:, 0] < right + NEAR * height) & (sides[:, 2] > left - NEAR * height)
    level = (sides[:, 1] < bottom - MIN_PIECE * height) & (sides[:, 3] > top + MIN_PIECE * height)
    smallest = np.where(_is_full(marks), MIN_FULL_PIECE, MIN_PIECE) * height
    return int((beside & level & (tall >= smallest) & (tall <= MAX_PIECE * height)).sum())


def is_sure(letters: LoneLetters, reading: Reading) -> bool:
    """Tells if a crop reads as as many letters as it has marks, beyond doubt.

    Corners and ticks look like simple letters, so these must be as tall as other lettering.
    """
    is_plain = reading.text in SIMPLE_LETTERS and not letters.is_usual
    fits = len(reading.text) == letters.count and reading.text.isalnum()
    least = MIN_CONFIDENCE if letters.count <= PAIR else MIN_WORD_CONFIDENCE
    return fits and not is_plain and reading.confidence >= least


def quad_of(letters: LoneLetters) -> Quad:
    """Returns the corners of the letters from their own top left on."""
    box = letters.box
    corners: Quad = (
        (box.left, box.top),
        (box.right, box.top),
        (box.right, box.bottom),
        (box.left, box.bottom),
    )
    return (corners[3], *corners[:3]) if letters.is_upright else corners
