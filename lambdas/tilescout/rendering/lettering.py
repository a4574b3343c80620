"""Finds what looks like lettering in drawn pixels: rows of marks of one height, side by side.

The marks of a row stand on one line, are as tall as each other, are narrow and near, and differ
among themselves; the strokes of a hatching and the pads of a part do not differ. Runs in the
rendering child only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tilescout.geometry import Box
from tilescout.neighbours import overlapping_pairs, sides_of
from tilescout.rendering.page_tiles import Pixels
from tilescout.sheet_layout.ruled_lines import lightness_counts

Numbers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

BLOCK_ROWS = 128
"""Rows that are looked at at once: more of them take more memory and are no faster."""
CONTRAST = 50
MIN_HEIGHT_PX, MAX_HEIGHT_PX = 4, 120
"""The height of capitals on the drawing on which ink is looked for."""
MAX_WIDTH = 1.8
"""The width of a mark, in heights of its row."""
MAX_GAP = 0.8
"""The paper between two neighbours, in heights of the row."""
SAME_HEIGHT = 0.8
SAME_LINE = 0.15
MIN_MARKS = 3
MIN_WIDE_MARKS = 2
WIDE = 0.35
"""Dashes of a line are as narrow as a 1; a row needs some marks that are wider."""
MIN_INK_SPREAD = 0.08
"""The standard deviation of the marks' ink, in shares of its mean: equal marks are a pattern."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Connected marks of ink: ``sides`` is n x 4 (left, top, right, bottom) in px, ``ink`` in
    px."""

    sides: Reals
    ink: Reals

    def chosen(self, keep: npt.NDArray[np.bool_]) -> Marks:
        """Returns the marks where ``keep`` is true."""
        return Marks(self.sides[keep], self.ink[keep])


class InkRuns:
    """Collects the runs of inked pixels in the rows of a page, strip by strip from the top."""

    def __init__(self) -> None:
        self._runs: list[Numbers] = []

    def add(self, rows: Pixels, top: int) -> None:
        """Adds the runs of ``rows`` (rows x columns, grey), whose first row is row ``top``.

        The paper is the commonest lightness of the strip.
        """
        paper = int(lightness_counts(rows).argmax())
        for first in range(0, len(rows), BLOCK_ROWS):
            self._add_block(rows[first : first + BLOCK_ROWS], top + first, paper)

    def _add_block(self, rows: Pixels, top: int, paper: int) -> None:
        low, high = max(0, paper - CONTRAST), min(255, paper + CONTRAST)
        ink = np.zeros((len(rows), rows.shape[1] + 2), np.int8)
        ink[:, 1:-1] = (rows < low) | (rows > high)
        steps = np.diff(ink, axis=1)
        row, start = np.nonzero(steps == 1)
        _, end = np.nonzero(steps == -1)
        self._runs.append(np.stack((row + top, start, end)))

    def marks(self) -> Marks:
        """Returns the connected marks (8 neighbours) that are no taller than lettering."""
        if not self._runs:
            return Marks(np.empty((0, 4)), np.empty(0))
        row, start, end = np.concatenate(self._runs, axis=1)
        label = connected(len(row), *_touching(row, start, end))
        _, label = np.unique(label, return_inverse=True)
        count = int(label.max(initial=-1)) + 1
        sides = np.empty((count, 4))
        sides[:, :2], sides[:, 2:] = np.inf, -np.inf
        np.minimum.at(sides[:, 0], label, start)
        np.minimum.at(sides[:, 1], label, row)
        np.maximum.at(sides[:, 2], label, end)
        np.maximum.at(sides[:, 3], label, row + 1)
        ink = np.bincount(label, weights=end - start, minlength=count)
        return Marks(sides, ink.astype(np.float64))


def _touching(row: Numbers, start: Numbers, end: Numbers) -> tuple[Numbers, Numbers]:
    """Returns pairs of runs of neighbouring rows that touch, corners included."""
    span = int(end.max(initial=0)) + 2
    first = np.searchsorted(row * span + end, (row + 1) * span + start, side="left")
    last = np.searchsorted(row * span + start, (row + 1) * span + end, side="right")
    counts = np.maximum(last - first, 0)
    upper = np.repeat(np.arange(len(row)), counts)
    before = np.repeat(np.cumsum(counts) - counts, counts)
    return upper, first[upper] + np.arange(len(upper)) - before


def connected(count: int, one: Numbers, other: Numbers) -> Numbers:
    """Returns a label for each of ``count`` nodes, the smallest index of its component.

    Hooks the larger root to the smaller and halves the paths, until no pair differs: Shiloach and
    Vishkin, "An O(log n) parallel connectivity algorithm", 1982.
    """
    root = np.arange(count)
    while len(one):
        a, b = root[one], root[other]
        differ = a != b
        one, other, a, b = one[differ], other[differ], a[differ], b[differ]
        np.minimum.at(root, np.maximum(a, b), np.minimum(a, b))
        while not np.array_equal(parent := root[root], root):
            root = parent
    return root


def lettering(marks: Marks, words: Sequence[Box] = ()) -> list[Box]:
    """Returns the boxes of rows of lettering, horizontal or vertical, outside of ``words``.

    A mark belongs to a word where its centre lies in the word's box.
    """
    height = marks.sides[:, 3] - marks.sides[:, 1]
    width = marks.sides[:, 2] - marks.sides[:, 0]
    longer, shorter = np.maximum(width, height), np.minimum(width, height)
    small = (longer >= MIN_HEIGHT_PX) & (longer <= MAX_HEIGHT_PX * MAX_WIDTH)
    marks = marks.chosen(small & (shorter <= MAX_HEIGHT_PX))
    marks = marks.chosen(~_inside(marks.sides, words))
    upright = _rows(marks)
    turned = _rows(Marks(marks.sides[:, [1, 0, 3, 2]], marks.ink))
    return upright + [Box(box.top, box.left, box.bottom, box.right) for box in turned]


def _inside(sides: Reals, words: Sequence[Box]) -> npt.NDArray[np.bool_]:
    """Returns which marks have their centre in a word."""
    inside = np.zeros(len(sides), bool)
    inside[_marks_in(sides, words)[0]] = True
    return inside


def _marks_in(sides: Reals, words: Sequence[Box]) -> tuple[Numbers, Numbers]:
    """Returns pairs of a mark and a word that holds the mark's centre."""
    centre = (sides[:, :2] + sides[:, 2:]) / 2
    points = np.concatenate((centre - 0.25, centre + 0.25), axis=1)
    pairs = overlapping_pairs(np.concatenate((points, sides_of(words))))
    of_word = (pairs[:, 0] < len(sides)) & (pairs[:, 1] >= len(sides))
    return pairs[of_word, 0], pairs[of_word, 1] - len(sides)


def _rows(marks: Marks) -> list[Box]:
    """Returns the boxes of rows of marks along the first axis."""
    height = marks.sides[:, 3] - marks.sides[:, 1]
    width = marks.sides[:, 2] - marks.sides[:, 0]
    marks = marks.chosen(
        (height >= MIN_HEIGHT_PX) & (height <= MAX_HEIGHT_PX) & (width <= MAX_WIDTH * height)
    )
    label = connected(len(marks.ink), *neighbours(marks.sides))
    order = np.argsort(label, kind="stable")
    starts = np.flatnonzero(np.diff(label[order], prepend=-1))
    groups = np.split(order, starts[1:])
    return [_box(marks.sides[group]) for group in groups if _is_lettering(marks, group)]


def neighbours(sides: Reals) -> tuple[Numbers, Numbers]:
    """Returns pairs of marks that stand side by side on one line and are as tall as each other."""
    if len(sides) < 2:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    height = sides[:, 3] - sides[:, 1]
    grown = sides.copy()
    grown[:, 0] -= MAX_GAP / 2 * height
    grown[:, 2] += MAX_GAP / 2 * height
    one, other = overlapping_pairs(grown).T
    lower, taller = np.minimum(height[one], height[other]), np.maximum(height[one], height[other])
    feet = np.abs(sides[one, 3] - sides[other, 3])
    near = (lower >= SAME_HEIGHT * taller - 1) & (feet <= SAME_LINE * taller + 0.5)
    return one[near], other[near]


def _is_lettering(marks: Marks, group: Numbers) -> bool:
    if len(group) < MIN_MARKS:
        return False
    sides, ink = marks.sides[group], marks.ink[group]
    wide = (sides[:, 2] - sides[:, 0]) >= WIDE * (sides[:, 3] - sides[:, 1])
    return bool(wide.sum() >= MIN_WIDE_MARKS and ink.std() >= MIN_INK_SPREAD * ink.mean())


def _box(sides: Reals) -> Box:
    left, top = sides[:, :2].min(axis=0)
    right, bottom = sides[:, 2:].max(axis=0)
    return Box(float(left), float(top), float(right), float(bottom))
