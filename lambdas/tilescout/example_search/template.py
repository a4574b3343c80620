"""A symbol's look: the strokes inside an example's box, relative to its centre."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tilescout.example_search.strokes import (
    StrokeIndex,
    distances_to_segments,
    sample_points,
    segment_angles,
    within,
)
from tilescout.geometry import Box
from tilescout.rendering.page_strokes import Flags, Floats, Integers, Style

BOX_MARGIN = 0.07
"""Share of the box's longer side by which a drawn box may be too small."""
MAX_POINTS = 140
POINTS_PER_SIDE = 40
TOLERANCE = 0.035
"""Distance, as a share of the symbol's longer side, at which two strokes are the same."""
LETTERING_SHARE = 0.45
"""Isolated strokes shorter than this share of the symbol may be lettering."""
LETTERING_WEIGHT = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The strokes of a symbol of ``size`` points (its box's longer side).

    ``points`` lie along the strokes; each has a direction, a style, the segment that it lies on
    (``owners``), a part of the symbol (a cell of its box and a direction) and a weight from 0
    to 1. ``probes`` lie just beyond free ends of strokes, where nothing may go on.
    """

    width: float
    height: float
    segments: Floats
    corners: Floats
    """Rows of x, y and the outward direction dx, dy of the segment that ends there."""
    points: Floats
    angles: Floats
    styles: tuple[Style, ...]
    owners: Integers
    parts: Integers
    weights: Floats
    probes: Floats

    @property
    def size(self) -> float:
        return max(self.width, self.height)

    @property
    def length(self) -> float:
        """The length of all strokes in points."""
        ends = self.segments
        return float(np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]).sum())

    @property
    def tolerance(self) -> float:
        return TOLERANCE * self.size

    @property
    def part_count(self) -> int:
        return int(self.parts.max()) + 1

    def with_weights(self, weights: Floats) -> Template:
        """Returns the template without the points of weight 0, and the corners of lost segments."""
        kept = weights > 0
        share = np.zeros(len(self.segments))
        total = np.zeros(len(self.segments))
        np.add.at(share, self.owners, weights)
        np.add.at(total, self.owners, 1)
        lost = (total > 0) & (share < 0.15 * total)
        ends = distances_to_segments(self.corners[:, :2], self.segments[~lost])
        on_kept = ends.min(1) < 1e-3 if (~lost).any() else np.ones(len(self.corners), bool)
        return replace(
            self,
            corners=self.corners[on_kept],
            points=self.points[kept],
            angles=self.angles[kept],
            styles=tuple(style for style, keep in zip(self.styles, kept, strict=True) if keep),
            owners=self.owners[kept],
            parts=np.unique(self.parts[kept], return_inverse=True)[1],
            weights=weights[kept],
        )


def make_template(index: StrokeIndex, box: Box) -> Template:
    """Returns the template of the strokes that lie wholly inside the box, a little grown.

    Strokes that the box cuts are taken for its surroundings.
    """
    page = index.page
    size = max(box.width, box.height)
    low = np.array([box.left, box.top]) - BOX_MARGIN * size
    high = np.array([box.right, box.bottom]) + BOX_MARGIN * size
    inside = np.nonzero(within(page.segments, low, high))[0]
    centre = np.array(box.centre)
    segments = page.segments[inside] - np.concatenate([centre, centre])
    points, owners = _spread_points(segments, size)
    angles = segment_angles(segments)[owners] if len(segments) else np.zeros(0)
    return Template(
        width=box.width,
        height=box.height,
        segments=segments,
        corners=corners_of(segments, page.corners[inside]),
        points=points,
        angles=angles,
        styles=tuple(page.styles[page.style_ids[inside[owner]]] for owner in owners),
        owners=owners,
        parts=_parts(points, angles, box),
        weights=_lettering_weights(segments, size)[owners],
        probes=_probes(index, segments, centre, size),
    )


def _spread_points(segments: Floats, size: float) -> tuple[Floats, Integers]:
    points, owners = sample_points(segments, size / POINTS_PER_SIDE)
    if len(points) > MAX_POINTS:
        chosen = np.linspace(0, len(points) - 1, MAX_POINTS).round().astype(np.int64)
        return points[chosen], owners[chosen]
    return points, owners


def corners_of(segments: Floats, corners: Flags) -> Floats:
    """Returns rows of x, y and outward dx, dy for the ends that are corners."""
    out = segments[:, :2] - segments[:, 2:]
    first = np.concatenate([segments[:, :2], out], 1)[corners[:, 0]]
    second = np.concatenate([segments[:, 2:], -out], 1)[corners[:, 1]]
    return np.concatenate([first, second])


def _parts(points: Floats, angles: Floats, box: Box) -> Integers:
    """Returns which of 4 x 4 cells and 4 directions each point belongs to, counted from 0."""
    size = max(box.width, box.height)
    sides = np.maximum([box.width, box.height], 0.2 * size)
    cells = np.clip(((points / sides + 0.5) * 4).astype(np.int64), 0, 3)
    direction = np.round(angles / np.pi * 4).astype(np.int64) % 4
    keys = cells[:, 1] * 16 + cells[:, 0] * 4 + direction
    parts: Integers = np.unique(keys, return_inverse=True)[1]
    return parts


def _lettering_weights(segments: Floats, size: float) -> Floats:
    """Returns a weight per segment: light for isolated small strokes, which may be lettering.

    In a symbol without any large connected stroke everything has the full weight.
    """
    weights = np.ones(len(segments))
    groups = _connected(segments, 0.015 * size)
    extents = {}
    for group in np.unique(groups):
        ends = segments[groups == group].reshape(-1, 2)
        extents[group] = float(np.ptp(ends, axis=0).max()) / size
    if max(extents.values(), default=0.0) >= 0.6:
        for group, extent in extents.items():
            if extent < LETTERING_SHARE:
                weights[groups == group] = LETTERING_WEIGHT
    return weights


def _connected(segments: Floats, gap: float) -> Integers:
    """Returns the group of each segment; segments that come within ``gap`` are one group."""
    labels = np.arange(len(segments))
    points, owners = sample_points(segments, 2 * gap)
    points = np.concatenate([points, segments[:, :2], segments[:, 2:]])
    owners = np.concatenate([owners, labels, labels])
    touching, other = np.nonzero(distances_to_segments(points, segments) < gap)
    one = owners[touching]
    while True:
        lowest = np.minimum(labels[one], labels[other])
        merged = labels.copy()
        np.minimum.at(merged, one, lowest)
        np.minimum.at(merged, other, lowest)
        merged = merged[merged]
        if (merged == labels).all():
            return labels
        labels = merged


def _probes(index: StrokeIndex, segments: Floats, centre: Floats, size: float) -> Floats:
    """Returns rows of x, y, dx, dy: places beyond free ends that are empty at the example."""
    if not len(segments):
        return np.zeros((0, 4))
    tolerance = TOLERANCE * size
    out = segments[:, :2] - segments[:, 2:]
    lengths = np.hypot(out[:, 0], out[:, 1])
    long = lengths >= 0.06 * size
    unit = out[long] / lengths[long, None]
    places = np.concatenate(
        [segments[long, :2] + 2.2 * tolerance * unit, segments[long, 2:] - 2.2 * tolerance * unit]
    )
    directions = np.concatenate([unit, -unit])
    near = index.near(centre, np.array([size, size]))
    if not len(near) or not len(places):
        return np.zeros((0, 4))
    gaps = distances_to_segments(places + centre, index.page.segments[near]).min(1)
    probes: Floats = np.concatenate([places, directions], 1)[gaps > 1.2 * tolerance]
    return probes
