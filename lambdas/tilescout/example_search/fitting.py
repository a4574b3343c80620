"""Fits a placed template to the strokes of the page and measures how well they agree."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

from tilescout.example_search.placements import Placement, Pose, rotated_angles
from tilescout.example_search.strokes import (
    StrokeIndex,
    are_parallel,
    distances_to_segments,
    offsets_to_segments,
    sample_points,
)
from tilescout.example_search.template import TOLERANCE, Template
from tilescout.geometry import Box
from tilescout.rendering.page_strokes import Flags, Floats, Integers, Style

ANGLE_TOLERANCE = math.radians(14)
FIT_DISTANCES = (0.075, 0.05)
"""Shares of the size within which strokes pull on the template, per round of the fit."""
FIT_POINTS = 60
RING = 0.12
"""Width of the ring round the box, as a share of its longer side, that should be empty too."""
NEAR = 0.26
"""How far beyond the box strokes are looked for: as far as the ring, after the fit's shift."""
MAX_EXTRA_POINTS = 600
MIN_COVERAGE = 0.45


@dataclass(frozen=True, slots=True)
class Fit:
    """The position of a template after the fit; ``matrix`` turns, mirrors and scales its rows."""

    centre: Floats
    matrix: Floats
    pose: Pose

    @property
    def scale(self) -> float:
        return math.sqrt(abs(float(np.linalg.det(self.matrix))))

    def half_sides(self, template: Template) -> Floats:
        """Returns half the width and height of the template's box as it lies on the page."""
        sides = np.abs(np.diag([template.width, template.height]) @ self.matrix).sum(0)
        half: Floats = sides / 2
        return half

    def place(self, points: Floats) -> Floats:
        placed: Floats = points @ self.matrix + self.centre
        return placed


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How a template agrees with what is drawn at a place; shares are from 0 to 1.

    ``coverage`` is the share of its weight that lies on strokes, ``styled`` of them in the
    example's own style; ``missing`` the share of its parts that are mostly absent; ``violated``
    tells which probes lie on strokes. ``extra`` is ink that the template lacks, as shares of its
    own length: strokes inside the box, strokes that cross it, and those in a ring round it.
    """

    fit: Fit
    box: Box
    coverage: float
    styled: float
    missing: float
    violated: Flags
    extra: Floats


def fit_and_measure(index: StrokeIndex, template: Template, placement: Placement) -> Match | None:
    """Returns the match at a placement, or None where too little of the template is drawn."""
    start = Fit(np.array([placement.x, placement.y]), placement.pose.matrix, placement.pose)
    near = _near(index, template, start)
    fit = _fit(index, template, start, near)
    return None if fit is None else measure(index, template, fit, near)


def _fit(index: StrokeIndex, template: Template, fit: Fit, near: Integers) -> Fit | None:
    """Shifts and scales the placed template by least squares along the normals of the strokes."""
    if not len(near):
        return None
    count = min(FIT_POINTS, len(template.points))
    chosen = np.linspace(0, len(template.points) - 1, count).astype(np.int64)
    for distance in FIT_DISTANCES:
        moved = _pulled(index, template, fit, near, (chosen, distance))
        if moved is None:
            return None
        fit = moved
    return fit


def _pulled(
    index: StrokeIndex, template: Template, fit: Fit, near: Integers, reach: tuple[Integers, float]
) -> Fit | None:
    chosen, distance = reach
    size = template.size * fit.scale
    points = fit.place(template.points[chosen])
    strokes, angles = index.page.segments[near], index.angles[near]
    dx, dy = offsets_to_segments(points, strokes)
    gaps = np.hypot(dx, dy)
    gaps[
        ~are_parallel(rotated_angles(template, fit.matrix)[chosen], angles, 1.3 * ANGLE_TOLERANCE)
    ] = np.inf
    nearest = gaps.argmin(1)
    rows = np.arange(len(points))
    held = gaps[rows, nearest] < distance * size
    if held.sum() < 5:
        return None
    along = angles[nearest[held]]
    normals = np.stack([-np.sin(along), np.cos(along)], 1)
    offsets = np.stack([dx[rows, nearest], dy[rows, nearest]], 1)[held]
    pull = -(offsets * normals).sum(1)
    stretch = ((points - fit.centre)[held] * normals).sum(1) / size
    system = np.column_stack([normals, stretch])
    damping = np.diag([1e-6, 1e-6, 0.0025 * held.sum()])
    shift = np.linalg.solve(system.T @ system + damping, system.T @ pull)
    growth = 1 + float(np.clip(shift[2] / size, -0.08, 0.08))
    return Fit(fit.centre + shift[:2], fit.matrix * growth, fit.pose)


def _near(index: StrokeIndex, template: Template, fit: Fit) -> Integers:
    reach = fit.half_sides(template) + NEAR * template.size * fit.scale
    return index.near(fit.centre, reach)


def covered_points(index: StrokeIndex, template: Template, fit: Fit) -> Flags:
    """Returns which points of the template lie on a stroke of their direction."""
    near = _near(index, template, fit)
    if not len(near):
        return np.zeros(len(template.points), bool)
    covered: Flags = np.logical_or.reduce(_agreement(index, template, fit, near), axis=1)
    return covered


def _agreement(index: StrokeIndex, template: Template, fit: Fit, near: Integers) -> Flags:
    gaps = distances_to_segments(fit.place(template.points), index.page.segments[near])
    parallel = are_parallel(
        rotated_angles(template, fit.matrix), index.angles[near], ANGLE_TOLERANCE
    )
    agreement: Flags = (gaps <= TOLERANCE * template.size * fit.scale) & parallel
    return agreement


def measure(
    index: StrokeIndex, template: Template, fit: Fit, near: Integers | None = None
) -> Match | None:
    """Returns the match of a fitted template, or None where too little of it is drawn.

    ``near`` are the segments near it, where they are known.
    """
    near = _near(index, template, fit) if near is None else near
    agreement = _agreement(index, template, fit, near)
    covered = np.logical_or.reduce(agreement, axis=1)
    total = template.weights.sum()
    coverage = float(covered @ template.weights / total)
    if coverage < MIN_COVERAGE:
        return None
    own = _own_strokes(index, agreement, near)
    half = fit.half_sides(template)
    left, top = fit.centre - half
    right, bottom = fit.centre + half
    return Match(
        fit=fit,
        box=Box(float(left), float(top), float(right), float(bottom)),
        coverage=coverage,
        styled=float(_styled(index, template, agreement, near) @ template.weights / total),
        missing=_missing(template, covered),
        violated=_violated(index, template, fit, near),
        extra=_extra_ink(index, template, fit, own),
    )


def _styled(index: StrokeIndex, template: Template, agreement: Flags, near: Integers) -> Flags:
    """Returns which points lie on a stroke of their own style."""
    styled = np.zeros(len(template.points), bool)
    present = index.page.style_ids[near]
    for mine, is_alike in _style_groups(template.styles, index.page.styles):
        styled[mine] = agreement[np.ix_(mine, is_alike[present])].any(1)
    return styled


@functools.lru_cache(maxsize=8)
def _style_groups(
    styles: tuple[Style, ...], page_styles: tuple[Style, ...]
) -> list[tuple[Flags, Flags]]:
    """Returns per style of a template which of its points have it, and which of a page's are so."""
    return [
        (
            np.array([each == style for each in styles]),
            np.array([style.is_like(other) for other in page_styles]),
        )
        for style in set(styles)
    ]


def _missing(template: Template, covered: Flags) -> float:
    count = template.part_count
    weight = np.bincount(template.parts, template.weights, count).astype(np.float64)
    drawn = np.bincount(template.parts, covered * template.weights, count)
    share = drawn / np.maximum(weight, 1e-9)
    # A part of many strokes counts at most as one of the upper quarter.
    capped = np.minimum(weight, _upper_quartile(weight))
    return float(((share < 0.5) * capped).sum() / capped.sum())


def _upper_quartile(values: Floats | Integers) -> float:
    """Returns what `numpy.percentile` does for 75, which takes ten times as long for few values."""
    ordered = np.sort(values)
    below, share = divmod(0.75 * (len(ordered) - 1), 1)
    lower, upper = ordered[int(below)], ordered[min(int(below) + 1, len(ordered) - 1)]
    return float(lower + share * (upper - lower))


def _violated(index: StrokeIndex, template: Template, fit: Fit, near: Integers) -> Flags:
    if not len(template.probes):
        return np.zeros(0, bool)
    places = fit.place(template.probes[:, :2])
    outward = template.probes[:, 2:] @ fit.matrix
    directions = np.mod(np.arctan2(outward[:, 1], outward[:, 0]), np.pi)
    gaps = distances_to_segments(places, index.page.segments[near])
    on_stroke = gaps < 0.9 * TOLERANCE * template.size * fit.scale
    parallel = are_parallel(directions, index.angles[near], 0.5)
    violated: Flags = np.logical_or.reduce(on_stroke & parallel, axis=1)
    return violated


def _own_strokes(index: StrokeIndex, agreement: Flags, near: Integers) -> Integers:
    """Returns the nearby strokes in the styles that the candidate itself is drawn in."""
    present = index.page.style_ids[near]
    used = present[agreement.argmax(1)[agreement.any(1)]]
    counts = np.bincount(used, minlength=len(index.page.styles))
    return near[(counts >= max(1, 0.05 * len(agreement)))[present]]


def _extra_ink(index: StrokeIndex, template: Template, fit: Fit, own: Integers) -> Floats:
    strokes = index.page.segments[own]
    size = template.size * fit.scale
    tolerance, half = TOLERANCE * size, fit.half_sides(template)
    points, owners = sample_points(strokes, 0.8 * tolerance)
    gap = np.abs(points - fit.centre)
    inside = np.logical_and.reduce(gap <= half + 0.3 * tolerance, axis=1)
    ring = np.logical_and.reduce(gap <= half + RING * size, axis=1) & ~inside
    used = np.nonzero(inside | ring)[0]
    if not len(used):
        return np.zeros(3)
    step = 0.8 * tolerance * max(1.0, len(used) / MAX_EXTRA_POINTS)
    if len(used) > MAX_EXTRA_POINTS:
        used = used[np.linspace(0, len(used) - 1, MAX_EXTRA_POINTS).astype(int)]
    drawn = fit.place(template.segments.reshape(-1, 2)).reshape(-1, 4)
    free = distances_to_segments(points[used], drawn).min(1) > 1.4 * tolerance
    ends = np.abs(strokes.reshape(-1, 2, 2) - fit.centre)
    whole = np.logical_and.reduce(ends <= half + 0.03 * size, axis=(1, 2))[owners[used]]
    length = len(template.points) / 40 * size
    zones = (inside[used] & whole, inside[used] & ~whole, ring[used])
    return np.array([(free & zone).sum() for zone in zones]) * step / length
