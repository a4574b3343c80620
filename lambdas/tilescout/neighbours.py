"""Which boxes overlap, without comparing each with each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tilescout.geometry import Box

Sides = NDArray[np.float64]
"""n x 4: left, top, right, bottom."""
Pairs = NDArray[np.int64]


def sides_of(boxes: Sequence[Box]) -> Sides:
    """The boxes as an n x 4 array."""
    rows = [(box.left, box.top, box.right, box.bottom) for box in boxes]
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def shared_part(a: Sides, b: Sides) -> Sides:
    """Row by row what two boxes share; a right side left of the left one means nothing."""
    return np.concatenate((np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])), axis=1)


def ious(one: Sides, other: Sides) -> Sides:
    """Row by row intersection over union, 0 to 1."""
    shared, first, second = (
        np.multiply(*extents(part)) for part in (shared_part(one, other), one, other)
    )
    return np.asarray(shared / np.maximum(first + second - shared, 1e-9))


def best_first(pairs: Pairs, agreement: Sides) -> list[tuple[int, int]]:
    """The pairs, those that agree most first; equal ones by their indices."""
    order = np.lexsort((pairs[:, 1], pairs[:, 0], -agreement))
    return [(one, other) for one, other in pairs[order].tolist()]


def extents(sides: Sides) -> tuple[Sides, Sides]:
    """Widths and heights, never below 0."""
    size = np.clip(sides[:, 2:] - sides[:, :2], 0.0, None)
    return size[:, 0], size[:, 1]


def overlapping_pairs(sides: Sides) -> Pairs:
    """Every pair of rows (m x 2, smaller index first, sorted) whose boxes share some area.

    A strip sweep: boxes are put into each horizontal band they touch, sorted by their left side,
    and compared with those that begin before they end. O(n log n + candidates) for boxes of like
    height. After Edelsbrunner, "A new approach to rectangle intersections", 1983, with fixed
    bands in place of an interval tree.
    """
    if len(sides) < 2:
        return np.empty((0, 2), dtype=np.int64)
    first, last = _bands(sides)
    counts = last - first + 1
    member = np.repeat(np.arange(len(sides)), counts)
    band = first[member] + _ranges(counts)
    order = np.lexsort((sides[member, 0], band))
    member, band = member[order], band[order]
    later = _first_not_before(band, sides[member, 0], sides[member, 2])
    ahead = np.maximum(later - np.arange(len(member)) - 1, 0)
    one = np.repeat(np.arange(len(member)), ahead)
    two = one + 1 + _ranges(ahead)
    # Two boxes meet in several bands; only the first that they share reports them.
    fresh = band[one] == np.maximum(first[member[one]], first[member[two]])
    pairs = np.sort(np.stack((member[one[fresh]], member[two[fresh]]), axis=1), axis=1)
    width, height = extents(shared_part(sides[pairs[:, 0]], sides[pairs[:, 1]]))
    pairs = pairs[(width > 0) & (height > 0)]
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _bands(sides: Sides) -> tuple[Pairs, Pairs]:
    """First and last band of each box; a band is two median heights, as measured best."""
    height = max(1.0, 2 * float(np.median(sides[:, 3] - sides[:, 1])))
    bands = np.floor(sides[:, (1, 3)] / height).astype(np.int64)
    return bands[:, 0], np.maximum(bands[:, 0], bands[:, 1])


def _ranges(counts: Pairs) -> Pairs:
    """0, 1, ... up to each count, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)


def _first_not_before(band: Pairs, left: Sides, right: Sides) -> Pairs:
    """For each row the first row of its band that begins at or after its right side."""
    # Bands are spread so far apart that one sorted key serves all of them.
    low = float(left.min())
    reach = max(float(right.max()), float(left.max())) - low + 1.0
    base = (band - band.min()) * reach
    return np.asarray(np.searchsorted(base + left - low, base + right - low, side="left"))
