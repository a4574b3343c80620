"""The long ruled lines of a page, found in its pixels, whatever drew them.

The picture has 72 dpi, so its pixels are points. A scan that lies askew is straightened first by
shearing; the angle is the one at which the rows' ink is the most uneven (Postl, "Detection of
linear oblique structures and skew scan in digitized documents", 1986).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

MIN_CONTRAST, MAX_CONTRAST = 12, 28
"""A pixel that differs from the paper by so much is ink: thin yellow lines still are."""
MAX_GRAIN = 20
PAPER_STEP = 3
"""Every third row tells the lightness of the paper as well as all of them."""
COUNTED_ROWS = 100
GRAINS = 5.0
"""The contrast of ink, in standard deviations of the paper's grain."""
MAX_GAP_PX = 4
MAX_THICKNESS_PX = 8
MIN_LINE_PX = 24
MAX_RUNS = 100_000
MAX_SKEW = math.radians(2)
SKEW_STEPS = 41
FINE_STEPS = 21
SKEW_STRIPS = 24
MIN_SKEW_GAIN = 1.15


@dataclass(frozen=True, slots=True)
class RuledLine:
    """A straight line along one axis: it lies ``at`` a place, and goes ``start`` to ``end``."""

    at: float
    start: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class RuledPage:
    """The ink of a page in points, its ruled lines from the top and from the left, and its skew.

    ``slope`` is the tangent of the skew that was taken out: what lies at (x, y) on the page lies
    at ``straight(x, y)`` here.
    """

    ink: Flags
    across: tuple[RuledLine, ...]
    down: tuple[RuledLine, ...]
    slope: float = 0.0

    @property
    def width(self) -> int:
        return int(self.ink.shape[1])

    @property
    def height(self) -> int:
        return int(self.ink.shape[0])

    def straight(self, x: float, y: float) -> tuple[float, float]:
        """Returns where a point of the page lies once the skew is taken out."""
        return x + self.slope * y, y - self.slope * x


def read_lines(grey: Grey) -> RuledPage:
    """Returns the ruled lines of a page drawn at 72 dpi (rows x columns)."""
    ink = inked(grey)
    slope = skew(ink)
    if slope:
        ink = _sheared(_sheared(ink, -slope).T, slope).T
        # A straightened line goes over from one row of pixels to the next and back.
        across, down = level_lines(_thickened(ink)), level_lines(_thickened(ink.T))
    else:
        across, down = level_lines(ink), level_lines(ink.T)
    return RuledPage(ink=ink, across=across, down=down, slope=slope)


def _thickened(ink: Flags) -> Flags:
    """Returns the ink with each row's moved down by one row as well."""
    thick = ink.copy()
    thick[1:] |= ink[:-1]
    return thick


def inked(grey: Grey) -> Flags:
    """Returns where a picture differs from its paper, the commonest lightness, by more than the
    paper's grain does."""
    counts = lightness_counts(grey[::PAPER_STEP])
    paper = int(counts.argmax())
    near = np.arange(max(0, paper - MAX_GRAIN), min(256, paper + MAX_GRAIN + 1))
    grain = np.sqrt(np.average((near - paper) ** 2.0, weights=counts[near]))
    contrast = min(max(GRAINS * grain, MIN_CONTRAST), MAX_CONTRAST)
    is_ink: Flags = (grey < max(0, math.ceil(paper - contrast))) | (grey > int(paper + contrast))
    return is_ink


def lightness_counts(grey: Grey) -> npt.NDArray[np.intp]:
    """Returns how often each lightness occurs, 0 to 255.

    They are counted in parts, as numpy takes eight bytes for each pixel that it counts.
    """
    counts = np.zeros(256, np.intp)
    for top in range(0, len(grey), COUNTED_ROWS):
        counts += np.bincount(grey[top : top + COUNTED_ROWS].ravel(), minlength=256)
    return counts


def skew(ink: Flags) -> float:
    """Returns the tangent of the angle by which the page's rows fall to the right, within 2°."""
    strips = np.array_split(ink, min(SKEW_STRIPS, ink.shape[1]), axis=1)
    profiles = [strip.sum(axis=1, dtype=np.int32) for strip in strips]
    width = ink.shape[1] / len(strips)
    coarse, score = _most_uneven(profiles, width, np.linspace(-MAX_SKEW, MAX_SKEW, SKEW_STEPS))
    if score <= MIN_SKEW_GAIN * _unevenness(profiles, width, 0.0):
        return 0.0
    step = 2 * MAX_SKEW / (SKEW_STEPS - 1)
    fine, _ = _most_uneven(profiles, width, coarse + np.linspace(-step, step, FINE_STEPS))
    return math.tan(fine)


def _most_uneven(
    profiles: list[npt.NDArray[np.int32]], width: float, angles: npt.NDArray[np.float64]
) -> tuple[float, float]:
    """Returns the angle at which the rows' ink is the most uneven, and how uneven it is."""
    scores = [_unevenness(profiles, width, math.tan(angle)) for angle in angles]
    best = int(np.argmax(scores))
    return float(angles[best]), scores[best]


def _unevenness(profiles: list[npt.NDArray[np.int32]], width: float, slope: float) -> float:
    rows = sum(
        np.roll(profile, -round(slope * (number + 0.5) * width))
        for number, profile in enumerate(profiles)
    )
    return float((np.asarray(rows, np.float64) ** 2).sum())


def _sheared(ink: Flags, slope: float) -> Flags:
    """Returns the picture with each column moved down by ``slope`` times its place."""
    moved = np.zeros_like(ink)
    for column in range(ink.shape[1]):
        by = round(slope * column)
        if by >= 0:
            moved[by:, column] = ink[: len(ink) - by, column]
        else:
            moved[:by, column] = ink[-by:, column]
    return moved


def level_lines(ink: Flags) -> tuple[RuledLine, ...]:
    """Returns the lines along the rows: runs of ink on rows beside each other that are few."""
    open_lines: list[list[float]] = []
    done: list[RuledLine] = []
    for row, runs in _long_runs(ink):
        still_open = []
        for line in open_lines:
            if line[1] < row - 1:
                _close(line, done)
            else:
                still_open.append(line)
        open_lines = still_open
        for start, end in runs:
            _extend(open_lines, row, start, end)
    for line in open_lines:
        _close(line, done)
    return tuple(done)


def _long_runs(ink: Flags) -> list[tuple[int, list[tuple[int, int]]]]:
    """Returns the runs of each row of at least MIN_LINE_PX; small gaps do not end them.

    There are none where they are so many that the page is a pattern rather than a drawing.
    """
    # Rows one after the other, with paper between them: places in one array are found faster.
    width = ink.shape[1] + 1
    flat = np.zeros(len(ink) * width + 1, bool)
    flat[1:].reshape(len(ink), width)[:, :-1] = ink
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    start, end = changes[::2], changes[1::2]
    if not len(start):
        return []
    joins = (start[1:] - end[:-1] < MAX_GAP_PX) & (start[1:] // width == start[:-1] // width)
    first = np.flatnonzero(np.concatenate(([True], ~joins)))
    last = np.concatenate((first[1:] - 1, [len(start) - 1]))
    long = end[last] - start[first] >= MIN_LINE_PX
    found: dict[int, list[tuple[int, int]]] = {}
    if int(long.sum()) > MAX_RUNS:
        return []
    for one, other in zip(start[first[long]].tolist(), end[last[long]].tolist(), strict=True):
        row, left = divmod(one, width)
        found.setdefault(row, []).append((left, other - row * width))
    return sorted(found.items())


def _extend(open_lines: list[list[float]], row: int, start: int, end: int) -> None:
    """Adds a run to the line above that it overlaps by half, or begins a line: first row, last
    row, start, end."""
    for line in open_lines:
        common = min(line[3], end) - max(line[2], start)
        if line[1] >= row - 1 and common > 0.5 * max(line[3] - line[2], end - start):
            line[1], line[2], line[3] = row, min(line[2], start), max(line[3], end)
            return
    open_lines.append([row, row, start, end])


def _close(line: list[float], done: list[RuledLine]) -> None:
    if line[1] - line[0] < MAX_THICKNESS_PX:
        done.append(RuledLine((line[0] + line[1] + 1) / 2, line[2], line[3]))
