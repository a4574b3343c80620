"""Finds overlapping boxes without comparing every box with every other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tilescout.geometry import Box

Sides = NDArray[np.float64]
"""An n x 4 array of left, top, right and bottom."""
Pairs = NDArray[np.int64]
Indices = NDArray[np.int64]

BLOCK = 1_000_000
"""Candidates compared at once; bounds the memory where many boxes overlap."""


def sides_of(boxes: Sequence[Box]) -> Sides:
    """Returns the boxes as an n x 4 array."""
    rows = [(box.left, box.top, box.right, box.bottom) for box in boxes]
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def intersections(a: Sides, b: Sides) -> Sides:
    """Returns the intersection of each pair of rows; its sides are swapped where it is empty."""
    return np.concatenate((np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])), axis=1)


def ious(one: Sides, other: Sides) -> Sides:
    """Returns the intersection over union, 0 to 1, of each pair of rows."""
    shared, first, second = _areas(one, other)
    return np.asarray(shared / np.maximum(first + second - shared, 1e-9))


def shares_of_smaller(one: Sides, other: Sides) -> Sides:
    """Returns the intersection over the smaller area, 0 to 1, of each pair of rows."""
    shared, first, second = _areas(one, other)
    return np.asarray(shared / np.maximum(np.minimum(first, second), 1e-9))


def _areas(one: Sides, other: Sides) -> tuple[Sides, Sides, Sides]:
    """Returns the areas of the intersection, of the one and of the other of each pair of rows."""
    parts = (intersections(one, other), one, other)
    shared, first, second = (np.multiply(*extents(part)) for part in parts)
    return shared, first, second


def best_first(pairs: Pairs, agreement: Sides) -> list[tuple[int, int]]:
    """Returns the pairs, the best agreement first; equal ones by their indices."""
    order = np.lexsort((pairs[:, 1], pairs[:, 0], -agreement))
    return [(one, other) for one, other in pairs[order].tolist()]


def extents(sides: Sides) -> tuple[Sides, Sides]:
    """Returns widths and heights, never below 0."""
    size = np.clip(sides[:, 2:] - sides[:, :2], 0.0, None)
    return size[:, 0], size[:, 1]


def overlapping_pairs(sides: Sides) -> Pairs:
    """Returns the pairs of rows whose boxes share some area: m x 2, smaller index first, sorted."""
    pairs_of_columns = overlapping_columns(
        np.ascontiguousarray(sides.T), np.zeros(len(sides), np.int64)
    )
    pairs = np.sort(np.stack(pairs_of_columns, axis=1), axis=1)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def overlapping_columns(sides: Sides, labels: Indices) -> tuple[Indices, Indices]:
    """Returns pairs of columns of one label that share some area: each once, unordered.

    ``sides`` is 4 x n. A strip sweep: boxes are put into each horizontal band they touch, sorted
    by label, band and left side, and compared with those that begin before they end.
    It takes O(n log n + candidates) for boxes of like height. After Edelsbrunner, "A new approach
    to rectangle intersections", 1983, with fixed bands in place of an interval tree. Labels are 0
    or more.
    """
    if sides.shape[1] < 2:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    first, last = _bands(sides)
    counts = last - first + 1
    column = np.repeat(np.arange(len(counts)), counts)
    band = first[column] + _ranges(counts)
    # Strips are spread so far apart that one sorted key serves all of them.
    low = sides[0].min()
    spread = max(sides[0].max(), sides[2].max()) - low + 1.0
    strip = (labels[column] * (last.max() + 1.0) + band) * spread - low
    begin = strip + sides[0, column]
    order = np.argsort(begin)
    end = np.searchsorted(begin[order], (strip + sides[2, column])[order])
    blocks = list(_pairs_in_blocks(sides, column[order], band[order], first, end))
    return np.concatenate([one for one, _ in blocks]), np.concatenate([two for _, two in blocks])


def _pairs_in_blocks(
    sides: Sides, column: Indices, band: Indices, first: Indices, end: Indices
) -> Iterator[tuple[Indices, Indices]]:
    """Yields, in blocks, pairs of columns that share area; row r is compared up to ``end[r]``."""
    ahead = np.maximum(end - np.arange(len(end)) - 1, 0)
    total = np.cumsum(ahead)
    start = 0
    while start < len(ahead):
        before = total[start] - ahead[start]
        stop = max(start + 1, int(np.searchsorted(total, before + BLOCK, side="right")))
        counts = ahead[start:stop]
        row = np.repeat(np.arange(start, stop), counts)
        one, two = column[row], column[row + 1 + _ranges(counts)]
        # Two boxes meet in several bands; only the first that they share reports them.
        met = band[row] == np.maximum(first[one], first[two])
        met &= np.minimum(sides[3, one], sides[3, two]) > np.maximum(sides[1, one], sides[1, two])
        met &= np.minimum(sides[2, one], sides[2, two]) > sides[0, two]
        yield one[met], two[met]
        start = stop


def _bands(sides: Sides) -> tuple[Indices, Indices]:
    """Returns the first and last band of each box.

    Two median heights measured best; no less than the mean, so that a box is copied twice at most
    on average, however tall a few are.
    """
    heights = sides[3] - sides[1]
    height = max(1.0, 2 * float(np.median(heights)), float(heights.mean()))
    top = sides[1].min()
    first = np.floor((sides[1] - top) / height).astype(np.int64)
    last = np.floor((sides[3] - top) / height).astype(np.int64)
    return first, np.maximum(first, last)


def _ranges(counts: Indices) -> Indices:
    """Returns 0, 1, ... up to each count, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
