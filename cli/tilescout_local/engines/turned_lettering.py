"""Finds lettering at a free angle that no line of a reading covers, by its marks of ink.

The marks are turned to level by each of a few angles and looked at as the rows of a page are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tilescout.geometry import Box
from tilescout.rendering.lettering import Marks, lettering
from tilescout_local.engines.text_boxes import Corners, Ink
from tilescout_local.engines.text_reading import Quad

DEGREES = (15, 30, 45, 60, 75)
"""Rows within 7 degrees of one of these, or a quarter turn further, are seen."""
MIN_PX, MAX_PX = 6, 60
"""The longer side of a mark, in px."""
MIN_LENGTH = 2.5
"""The length of a row, in heights."""
MAX_MARKS = 3000
"""Tiles with more marks outside of lines are hatched or photographs, and are not looked at."""
MARGIN = 0.2
"""The paper around a row in its crop, in heights."""


@dataclass(frozen=True, slots=True)
class FreeMarks:
    """Pixels of marks of ink: ``points`` (n x 2: x, y) in order of their marks, which begin at
    ``starts``."""

    points: NDArray[np.float64]
    starts: NDArray[np.int64]

    def turned(self, degrees: float) -> Marks:
        """Returns the marks, turned anticlockwise by so many degrees around the origin."""
        x, y = (self.points @ _rotation(degrees).T).T
        first = [np.minimum.reduceat(side, self.starts) for side in (x, y)]
        last = [np.maximum.reduceat(side, self.starts) + 1 for side in (x, y)]
        ink = np.diff(np.append(self.starts, len(self.points)))
        return Marks(np.stack((*first, *last), axis=1), ink.astype(np.float64))


def turned_rows(ink: Ink, lines: Sequence[Quad]) -> list[tuple[int, Corners]]:
    """Returns rows of marks at an angle outside of the lines: the degrees (clockwise) by which each
    is turned from level, and its corners from the top left of what runs right or downwards."""
    marks = _free_marks(ink, lines)
    if marks is None:
        return []
    return [
        (degrees if is_flat else degrees - 90, corners)
        for degrees in DEGREES
        for is_flat, corners in _rows(marks, degrees)
    ]


def _rows(marks: FreeMarks, degrees: int) -> Iterator[tuple[bool, Corners]]:
    back = _rotation(-degrees)
    for box in lettering(marks.turned(degrees)):
        short, long = sorted((box.width, box.height))
        if long >= MIN_LENGTH * short:
            is_flat = box.width > box.height
            corners = _corners(box.grow(MARGIN * short, MARGIN * short)) @ back.T
            yield is_flat, np.asarray(np.roll(corners, 0 if is_flat else 1, 0), np.float32)


def _corners(box: Box) -> NDArray[np.float64]:
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _rotation(degrees: float) -> NDArray[np.float64]:
    """Returns the matrix that turns points (y downwards) anticlockwise."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[cosine, sine], [-sine, cosine]])


def _free_marks(ink: Ink, lines: Sequence[Quad]) -> FreeMarks | None:
    """Returns the marks as large as letters whose middle lies in no line; None without any."""
    _, labels, stats, centres = cv2.connectedComponentsWithStats(ink.pixels)
    longer = stats[:, 2:4].max(axis=1)
    keep = (longer >= MIN_PX) & (longer <= MAX_PX)
    covered = np.zeros(ink.pixels.shape, np.uint8)
    for quad in lines:
        cv2.fillPoly(covered, [np.array(quad, np.int32)], 1)
    x, y = centres.astype(np.int64).T
    keep &= covered[y, x] == 0
    keep[0] = False
    if not 0 < keep.sum() <= MAX_MARKS:
        return None
    rows, columns = np.nonzero(keep[labels])
    label = labels[rows, columns]
    order = np.argsort(label, kind="stable")
    starts = np.flatnonzero(np.diff(label[order], prepend=-1))
    points = np.stack((columns[order], rows[order]), axis=1).astype(np.float64)
    return FreeMarks(points, starts)
