"""The geometry of straight segments that a search for symbols needs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tilescout.rendering.page_strokes import Flags, Floats, Integers, PageStrokes

Single = npt.NDArray[np.float32]


def segment_angles(segments: Floats) -> Floats:
    """Returns the direction of each segment in radians, from 0 up to π."""
    delta = segments[:, 2:] - segments[:, :2]
    angles: Floats = np.mod(np.arctan2(delta[:, 1], delta[:, 0]), np.pi)
    return angles


def sample_points(segments: Floats, step: float) -> tuple[Floats, Integers]:
    """Returns points every ``step`` along the segments, and the segment of each point."""
    delta = segments[:, 2:] - segments[:, :2]
    lengths = np.hypot(delta[:, 0], delta[:, 1])
    counts = np.maximum(1, np.round(lengths / step).astype(np.int64))
    owners = np.repeat(np.arange(len(segments)), counts)
    position = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (position + 0.5) / counts[owners]
    return segments[owners, :2] + delta[owners] * share[:, None], owners


def offsets_to_segments(
    points: Floats, segments: Floats
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Returns dx and dy to each point from the nearest place of each segment.

    Both arrays have a row per point and a column per segment.
    """
    near, ends = points.astype(np.float32), segments.astype(np.float32)
    dx, dy = ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]
    inverse = 1 / np.maximum(dx * dx + dy * dy, np.float32(1e-12))
    x, y = near[:, 0, None] - ends[None, :, 0], near[:, 1, None] - ends[None, :, 1]
    share = np.clip((x * dx + y * dy) * inverse, 0, 1)
    return x - share * dx, y - share * dy


def distances_to_segments(points: Floats, segments: Floats) -> Single:
    """Returns the distance of each point from each segment (points x segments)."""
    x, y = offsets_to_segments(points, segments)
    return np.sqrt(x * x + y * y)


def are_parallel(one: Floats, other: Floats, tolerance: float) -> Flags:
    """Returns which pairs of directions (one x other) differ by at most ``tolerance`` radians."""
    first = np.stack([np.cos(2 * one), np.sin(2 * one)], 1).astype(np.float32)
    second = np.stack([np.cos(2 * other), np.sin(2 * other)], 1).astype(np.float32)
    parallel: Flags = first @ second.T >= np.cos(2 * tolerance)
    return parallel


def within(segments: Floats, low: Floats, high: Floats) -> Flags:
    """Returns which segments lie wholly between the corners ``low`` and ``high``."""
    ends = segments.reshape(-1, 2, 2)
    inside: Flags = np.logical_and.reduce((ends >= low) & (ends <= high), axis=(1, 2))
    return inside


def _distinct(values: Integers) -> Integers:
    """Returns what `numpy.unique` does, which takes five times as long for few values."""
    ordered = np.sort(values)
    is_first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return ordered[is_first]


class StrokeIndex:
    """Segments of a page by square cells, for looking round a place."""

    def __init__(self, page: PageStrokes, cell: float) -> None:
        self.page = page
        self.angles = segment_angles(page.segments)
        self._cell = cell
        self._columns = int(page.width / cell) + 3
        self._rows = int(page.height / cell) + 3
        self._segment, self._start = self._fill(page.segments)

    def _fill(self, segments: Floats) -> tuple[Integers, Integers]:
        points, owners = sample_points(segments, self._cell / 2)
        points = np.concatenate([points, segments[:, :2], segments[:, 2:]])
        owners = np.concatenate([owners, np.arange(len(segments)), np.arange(len(segments))])
        last = [self._columns - 1, self._rows - 1]
        cells = np.clip((points / self._cell).astype(np.int64) + 1, 0, last)
        stride = len(segments) + 1
        keys = np.unique((cells[:, 1] * self._columns + cells[:, 0]) * stride + owners)
        starts = np.searchsorted(keys // stride, np.arange(self._columns * self._rows + 1))
        return keys % stride, starts

    def near(self, centre: Floats, half: Floats) -> Integers:
        """Returns the segments whose bounds meet the box of ``half`` sides round ``centre``."""
        low, high = centre - half, centre + half
        first = np.maximum((low / self._cell).astype(int), 0)
        last = (high / self._cell).astype(int) + 2
        column, end = first[0], min(self._columns - 1, last[0]) + 1
        rows = range(first[1], min(self._rows - 1, last[1]) + 1)
        bounds = [(row * self._columns + column, row * self._columns + end) for row in rows]
        parts = [self._segment[self._start[a] : self._start[b]] for a, b in bounds if a < b]
        if not parts:
            return np.zeros(0, np.int64)
        found = _distinct(np.concatenate(parts))
        ends = self.page.segments[found].reshape(-1, 2, 2)
        meets = ((ends.max(1) >= low) & (ends.min(1) <= high)).all(1)
        near: Integers = found[meets]
        return near
