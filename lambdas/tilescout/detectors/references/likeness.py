"""Pictures of boxes, and how alike they are to reference pictures. numpy only.

A found box is seldom quite that of the reference: it is shifted and resized until the two
pictures agree best, by normalised cross-correlation (Lewis, "Fast Normalized Cross-Correlation",
1995), in four quarter turns.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Boxes = NDArray[np.float64]
Pixels = NDArray[np.uint8]

COMPARED_PX = 32
"""The side of the pictures that are correlated."""
EMBEDDED_PX = 48
"""The side of the pictures that references are kept as, and that the embedding takes."""
TURNS = 4
SHIFTS = (-0.16, -0.08, 0.0, 0.08, 0.16)
SIDES = (0.72, 0.85, 1.0, 1.17, 1.38)
MAX_STRETCH = 1.4
"""The most that one side may be resized over the other."""
FINE_SHIFTS = (-0.04, 0.0, 0.04)
FINE_SIDES = (0.94, 1.0, 1.06)
DISTANCE_PRICE = 0.25
"""The correlation that a box loses which shares nothing with the one that was found."""


def views(page: Pixels, columns: Boxes, rows: Boxes, side: int) -> Floats:
    """Returns the ink (0 to 255) of each pair of ``rows`` (m x 2) and ``columns`` (n x 2): from
    and to, in page px. m x n x side x side; what is off the page is paper.
    """
    left, right = _whole(columns, page.shape[1])
    top, bottom = _whole(rows, page.shape[0])
    ink = 255 - page[top:bottom, left:right].astype(np.float32)
    across = _shares(columns - left, side, right - left)
    down = _shares(rows - top, side, bottom - top)
    drawn = (down @ ink @ across.T).reshape(len(rows), side, len(columns), side)
    return np.asarray(drawn.swapaxes(1, 2))


def _whole(ends: Boxes, length: int) -> tuple[int, int]:
    low = min(length - 1, max(0, int(np.floor(ends.min()))))
    return low, max(low + 1, min(length, int(np.ceil(ends.max()))))


def _shares(ends: Boxes, side: int, length: int) -> Floats:
    """Returns the share of each pixel in each of ``side`` cells between two ends: the mean of a
    cell is exact, however large it is."""
    steps = ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * np.arange(side + 1) / side
    low, high = steps[:, :-1].reshape(-1, 1), steps[:, 1:].reshape(-1, 1)
    pixels = np.arange(length)
    common = np.minimum(high, pixels + 1) - np.maximum(low, pixels)
    return np.asarray(np.maximum(common, 0) / np.maximum(high - low, 1e-6), dtype=np.float32)


def pictures(page: Pixels, boxes: Boxes, side: int) -> Floats:
    """Returns the ink of each box (n x 4, page px): n x side x side, 0 to 255."""
    drawn = [views(page, box[None, [0, 2]], box[None, [1, 3]], side)[0, 0] for box in boxes]
    return np.array(drawn, dtype=np.float32).reshape(-1, side, side)


def normed(ink: Floats) -> Floats:
    """Returns pictures (… x side x side) as rows of mean 0 and length 1; blank ones are 0."""
    rows = ink.reshape(*ink.shape[:-2], -1)
    rows = rows - rows.mean(axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1.0))


def turned(ink: Floats, turns: int) -> Floats:
    """Returns pictures (… x side x side) turned clockwise by quarter turns."""
    return np.ascontiguousarray(np.rot90(ink, -turns, axes=(-2, -1)))


@dataclass(frozen=True, slots=True)
class Fit:
    """A reference (its place among them) laid on a box at a quarter turn, as well as it fits."""

    reference: int
    turns: int
    box: Boxes
    correlation: float


class Fitter:
    """Lays references on boxes; ``ink`` is n x 48 x 48, upright."""

    def __init__(self, ink: Floats) -> None:
        upright = np.array([_small(each) for each in ink], dtype=np.float32)
        rows = [normed(turned(upright, turns)) for turns in range(TURNS)]
        self._references = np.stack(rows, axis=1)

    def fits(self, page: Pixels, box: Boxes, count: int) -> list[Fit]:
        """Returns the ``count`` references that fit the box (4 sides, page px) best."""
        likeness, places = self._coarse(page, box)
        best_turns = likeness.argmax(axis=1)
        best = likeness.max(axis=1)
        chosen = np.argsort(-best, kind="stable")[:count]
        return [
            self._fine(page, box, (int(at), int(best_turns[at])), int(places[at, best_turns[at]]))
            for at in chosen
        ]

    def _coarse(self, page: Pixels, box: Boxes) -> tuple[Floats, NDArray[np.int64]]:
        """Returns, by reference and turn, the best likeness and the number of its box."""
        columns, rows = _ends(box[[0, 2]], _AXIS), _ends(box[[1, 3]], _AXIS)
        drawn = normed(views(page, columns, rows, COMPARED_PX)[_PAIRS[:, 1], _PAIRS[:, 0]])
        flat = self._references.reshape(-1, drawn.shape[-1])
        priced = drawn @ flat.T - _PRICES[:, None]
        shape = (len(self._references), TURNS)
        return priced.max(axis=0).reshape(shape), priced.argmax(axis=0).reshape(shape)

    def _fine(self, page: Pixels, box: Boxes, at: tuple[int, int], place: int) -> Fit:
        across, down = _AXIS[_PAIRS[place]]
        columns = _ends(_ends(box[[0, 2]], across[None])[0], _FINE)
        rows = _ends(_ends(box[[1, 3]], down[None])[0], _FINE)
        drawn = normed(views(page, columns, rows, COMPARED_PX))
        likeness = drawn @ self._references[at]
        row, column = np.unravel_index(int(likeness.argmax()), likeness.shape)
        found = np.array([columns[column, 0], rows[row, 0], columns[column, 1], rows[row, 1]])
        return Fit(*at, found, float(likeness[row, column]))


def _small(ink: Floats) -> Floats:
    ends = np.array([[0.0, ink.shape[-1]]])
    return np.asarray(views((255 - ink).astype(np.uint8), ends, ends, COMPARED_PX)[0, 0])


def _axis(shifts: tuple[float, ...], sides: tuple[float, ...]) -> Boxes:
    """Returns the shift of the middle and the length, over the side, of each part of an axis."""
    return np.array(list(product(shifts, sides)))


def _ends(side: Boxes, axis: Boxes) -> Boxes:
    """Returns from and to of each part, where ``side`` is from and to of the box."""
    length, middle = side[1] - side[0], (side[0] + side[1]) / 2
    centres, halves = middle + axis[:, 0] * length, axis[:, 1] * length / 2
    return np.stack((centres - halves, centres + halves), axis=1)


def _pairs(axis: Boxes) -> NDArray[np.int64]:
    """Returns the parts across and down that make a box of nearly the found shape."""
    stretched = np.maximum(axis[:, None, 1] / axis[None, :, 1], axis[None, :, 1] / axis[:, None, 1])
    return np.argwhere(stretched <= MAX_STRETCH)


def _prices(axis: Boxes, pairs: NDArray[np.int64]) -> Floats:
    """Returns for each pair what its distance from the found box, 1 - IoU, costs."""
    ends = _ends(np.array([0.0, 1.0]), axis)
    common = np.minimum(ends[:, 1], 1) - np.maximum(ends[:, 0], 0)
    shared = np.prod(common[pairs], axis=1)
    both = np.prod(axis[pairs][:, :, 1], axis=1) + 1 - shared
    return np.asarray(DISTANCE_PRICE * (1 - shared / both), dtype=np.float32)


_AXIS, _FINE = _axis(SHIFTS, SIDES), _axis(FINE_SHIFTS, FINE_SIDES)
_PAIRS = _pairs(_AXIS)
_PRICES = _prices(_AXIS, _PAIRS)
