"""Places where a template may lie, proposed on a map of stroke directions.

A symbol's own corners are laid on the page's corners of the same direction; a cascade of look-ups
in the map keeps the placements under which most of the template's points lie on strokes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tilescout.example_search.strokes import sample_points, segment_angles
from tilescout.example_search.template import POINTS_PER_SIDE, Template, corners_of
from tilescout.rendering.page_strokes import Flags, Floats, Integers, PageStrokes

DIRECTIONS = 8
CORNER_DIRECTIONS = 16
MAX_MAP_PIXELS = 60_000_000
MAX_COARSENESS = 1.5
"""The factor of the size that a symbol wants for its pixels above which it is told."""
MARGIN_PX = 64
ANCHORS = 6
CHECKED_POINTS = 40
CASCADE = ((4, 1), (7, 3), (10, 5), (14, 8), (20, 12), (CHECKED_POINTS, 21))
"""How many of the first points must lie on strokes for a placement to stay."""
MAX_PLACEMENTS = 3000
MAX_PLACEMENTS_PER_PLACE = 3
TURNS = tuple(
    np.array(turn, float)
    for turn in (((1, 0), (0, 1)), ((0, 1), (-1, 0)), ((-1, 0), (0, -1)), ((0, -1), (1, 0)))
)
MIRROR = np.array([[-1.0, 0.0], [0.0, 1.0]])
SCALES = (1.0, 0.93, 0.865, 0.805, 1.075, 1.155, 1.24)


@dataclass(frozen=True, slots=True)
class Pose:
    """A turn by quarters (0 to 3, clockwise on paper), after a mirror where there is one."""

    turn: int
    mirrored: bool
    scale: float

    @property
    def matrix(self) -> Floats:
        """The 2 x 2 matrix for rows of x, y from the right."""
        turned: Floats = TURNS[self.turn] * self.scale
        return MIRROR @ turned if self.mirrored else turned


@dataclass(frozen=True, slots=True)
class Placement:
    """A template laid on a page with its centre at ``x``, ``y`` points."""

    x: float
    y: float
    pose: Pose
    coverage: float


class DirectionMap:
    """A raster of the page with a bit per stroke direction, and its corners by direction."""

    def __init__(self, page: PageStrokes, size: float) -> None:
        smallest = math.sqrt(page.width * page.height / MAX_MAP_PIXELS)
        self.pixel = max(size / POINTS_PER_SIDE, smallest)
        self.is_coarse = self.pixel > MAX_COARSENESS * size / POINTS_PER_SIDE
        self.width = int(page.width / self.pixel) + 2 * MARGIN_PX
        self.height = int(page.height / self.pixel) + 2 * MARGIN_PX
        self.bits = self._draw(page)
        self.corners = self._index_corners(page)

    def _draw(self, page: PageStrokes) -> npt.NDArray[np.uint8]:
        points, owners = sample_points(page.segments, self.pixel)
        cells, inside = self._cells(points)
        bin_of = segment_angles(page.segments)[owners][inside] / np.pi * DIRECTIONS
        lower = np.floor(bin_of).astype(np.int64) % DIRECTIONS
        image = np.zeros(self.width * self.height, np.uint8)
        for direction in range(DIRECTIONS):
            near = (lower == direction) | ((lower + 1) % DIRECTIONS == direction)
            image[cells[near]] |= np.uint8(1 << direction)
        return _grown(image.reshape(self.height, self.width)).ravel()

    def _cells(self, points: Floats) -> tuple[Integers, Flags]:
        column, row = ((points / self.pixel).astype(np.int64) + MARGIN_PX).T
        inside = (column >= 2) & (column < self.width - 2) & (row >= 2) & (row < self.height - 2)
        return (row * self.width + column)[inside], inside

    def _index_corners(self, page: PageStrokes) -> list[Integers]:
        corners = corners_of(page.segments, page.corners)
        cells, inside = self._cells(corners[:, :2])
        direction = _corner_direction(corners[inside, 2:])
        return [np.unique(cells[direction == each]) for each in range(CORNER_DIRECTIONS)]

    def place(self, cell: Integers) -> Floats:
        """Returns x and y in points of the middle of each cell."""
        row, column = np.divmod(cell, self.width)
        return (np.stack([column, row], 1) - MARGIN_PX + 0.5) * self.pixel

    def steps(self, points: Floats) -> Integers:
        """Returns how far in cells each point is from the template's centre."""
        column, row = np.round(points / self.pixel).astype(np.int64).T
        steps: Integers = row * self.width + column
        return steps


def _grown(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Returns the image with each pixel's bits in the eight pixels round it too."""
    wide = image.copy()
    wide[:, 1:] |= image[:, :-1]
    wide[:, :-1] |= image[:, 1:]
    grown = wide.copy()
    grown[1:] |= wide[:-1]
    grown[:-1] |= wide[1:]
    return grown


def _corner_direction(vectors: Floats) -> Integers:
    angles = np.arctan2(vectors[:, 1], vectors[:, 0]) / (2 * np.pi) * CORNER_DIRECTIONS
    direction: Integers = np.round(angles).astype(np.int64) % CORNER_DIRECTIONS
    return direction


def rotated_angles(template: Template, matrix: Floats) -> Floats:
    """Returns the directions of the template's points under ``matrix``, from 0 up to π."""
    vectors = np.stack([np.cos(template.angles), np.sin(template.angles)], 1) @ matrix
    angles: Floats = np.mod(np.arctan2(vectors[:, 1], vectors[:, 0]), np.pi)
    return angles


def propose_placements(
    page_map: DirectionMap, template: Template, least: float, scales: tuple[float, ...] = SCALES
) -> list[Placement]:
    """Returns placements that cover at least ``least`` of the template's weight, best first."""
    if not len(template.corners):
        return []
    anchors = _anchors(page_map, template)
    placements: list[Placement] = []
    for pose in _distinct_poses(page_map, template, scales):
        placements += _placements_of(page_map, template, pose, anchors, least)
    placements.sort(key=lambda placement: -placement.coverage)
    return _few_per_place(placements, template.size)


def is_cut(placements: list[Placement]) -> bool:
    """Returns whether there may have been more placements than are ever proposed."""
    return len(placements) >= MAX_PLACEMENTS


def _anchors(page_map: DirectionMap, template: Template) -> Floats:
    """Returns the corners of the template that are rarest on the page, apart from each other."""
    direction = _corner_direction(template.corners[:, 2:])
    quarter = CORNER_DIRECTIONS // 4
    counts = [
        sum(len(page_map.corners[(each + quarter * turn) % CORNER_DIRECTIONS]) for turn in range(4))
        for each in direction
    ]
    chosen: list[int] = []
    for at in np.argsort(counts, kind="stable").tolist():
        gaps = [
            np.hypot(*(template.corners[at, :2] - template.corners[other, :2])) for other in chosen
        ]
        apart = all(
            gap > 0.12 * template.size or direction[at] != direction[other]
            for gap, other in zip(gaps, chosen, strict=True)
        )
        if apart:
            chosen.append(at)
        if len(chosen) == ANCHORS:
            break
    return template.corners[chosen]


def _distinct_poses(
    page_map: DirectionMap, template: Template, scales: tuple[float, ...]
) -> Iterator[Pose]:
    """Yields the poses under which the template looks different."""
    seen = set()
    for mirrored in (False, True):
        for turn in range(4):
            for scale in scales:
                pose = Pose(turn, mirrored, scale)
                steps = np.round(template.points @ pose.matrix / page_map.pixel / 2)
                looks = np.column_stack([steps, _point_bits(template, pose)])
                key = (scale, np.unique(looks, axis=0).tobytes())
                if key not in seen:
                    seen.add(key)
                    yield pose


def _point_bits(template: Template, pose: Pose) -> npt.NDArray[np.uint8]:
    bins = np.round(rotated_angles(template, pose.matrix) / np.pi * DIRECTIONS).astype(np.int64)
    return (1 << (bins % DIRECTIONS)).astype(np.uint8)


def _placements_of(
    page_map: DirectionMap, template: Template, pose: Pose, anchors: Floats, least: float
) -> Iterator[Placement]:
    steps = page_map.steps(template.points @ pose.matrix)
    bits = _point_bits(template, pose)
    heavy = np.nonzero(template.weights >= 0.5)[0]
    if len(heavy) < 10:
        heavy = np.arange(len(template.weights))
    checked = heavy[_spread_order(template.points[heavy])]
    starts = [_starts(page_map, anchor, pose) for anchor in anchors]
    centres = np.unique(np.concatenate(starts))
    centres = _cascade(page_map.bits, centres, steps[checked], bits[checked])
    if not len(centres):
        return
    shares, centres = _best_shift(page_map, centres, steps, bits, template.weights)
    for share, (x, y) in zip(shares, page_map.place(centres), strict=True):
        if share >= least:
            yield Placement(float(x), float(y), pose, float(share))


def _starts(page_map: DirectionMap, anchor: Floats, pose: Pose) -> Integers:
    """Returns the centres under which the anchor lies on a corner of its direction."""
    direction = int(_corner_direction(anchor[None, 2:] @ pose.matrix)[0])
    step = int(page_map.steps(anchor[None, :2] @ pose.matrix)[0])
    centres = page_map.corners[direction] - step
    border = (MARGIN_PX - 4) * page_map.width
    return centres[(centres > border) & (centres < len(page_map.bits) - border)]


def _spread_order(points: Floats) -> Integers:
    """Returns the order in which each next point is far from all before it."""
    order = [int(np.argmax(((points - points.mean(0)) ** 2).sum(1)))]
    gaps = ((points - points[order[0]]) ** 2).sum(1)
    while len(order) < min(CHECKED_POINTS, len(points)):
        order.append(int(np.argmax(gaps)))
        gaps = np.minimum(gaps, ((points - points[order[-1]]) ** 2).sum(1))
    return np.array(order)


def _cascade(
    image: npt.NDArray[np.uint8], centres: Integers, steps: Integers, bits: npt.NDArray[np.uint8]
) -> Integers:
    hits = np.zeros(len(centres), np.int64)
    done = 0
    for upto, needed in CASCADE:
        upto = min(upto, len(steps))
        for at in range(done, upto):
            hits += (image[centres + steps[at]] & bits[at]) != 0
        done = upto
        kept = hits >= min(needed, 0.7 * upto)
        centres, hits = centres[kept], hits[kept]
    return centres


def _best_shift(
    page_map: DirectionMap,
    centres: Integers,
    steps: Integers,
    bits: npt.NDArray[np.uint8],
    weights: Floats,
) -> tuple[Floats, Integers]:
    """Returns the best share of covered weight within one cell of each centre, and where."""
    best, where = np.zeros(len(centres)), centres.copy()
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            moved = centres + down * page_map.width + right
            covered = (page_map.bits[moved[:, None] + steps[None, :]] & bits) != 0
            share = covered @ weights / weights.sum()
            better = share > best + 1e-9
            best[better], where[better] = share[better], moved[better]
    return best, where


def _few_per_place(placements: list[Placement], size: float) -> list[Placement]:
    kept: list[Placement] = []
    cell = 0.25 * size
    places: dict[tuple[int, int], list[Placement]] = {}
    for placement in placements:
        column, row = int(placement.x / cell), int(placement.y / cell)
        near = [
            other
            for across in (-1, 0, 1)
            for down in (-1, 0, 1)
            for other in places.get((column + across, row + down), ())
            if abs(other.x - placement.x) < cell and abs(other.y - placement.y) < cell
        ]
        if len(near) >= MAX_PLACEMENTS_PER_PLACE or any(
            _is_same(other, placement, 0.08 * size) for other in near
        ):
            continue
        places.setdefault((column, row), []).append(placement)
        kept.append(placement)
        if len(kept) == MAX_PLACEMENTS:
            break
    return kept


def _is_same(one: Placement, other: Placement, gap: float) -> bool:
    same_pose = (one.pose.turn, one.pose.mirrored) == (other.pose.turn, other.pose.mirrored)
    return same_pose and abs(one.x - other.x) < gap and abs(one.y - other.y) < gap
