"""Takes away finds that differ from the example in the way that a counter-example does.

Each find is brought to the template's frame as a small picture of its strokes by direction. The
pictures are reduced to their principal components and divided into two groups, seeded by the
example and the counter-example (2-means). The counter-example's group is withheld, but nothing
that scores better than the counter-example itself. Where the two groups are not clearly apart,
only near-copies of the counter-example are withheld.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tilescout.example_search.fitting import Match
from tilescout.example_search.strokes import StrokeIndex, sample_points
from tilescout.example_search.template import Template
from tilescout.rendering.page_strokes import Flags, Floats

CELLS = 16
DIRECTIONS = 4
MARGIN = 0.1
COMPONENTS = 8
ROUNDS = 8
MIN_SEPARATION = 6.0
"""Distance of the groups' means in standard deviations from which they are two kinds."""
NEAR_COPY = 0.35
"""Share of the distance from counter-example to example within which a find is a near-copy."""
SCORE_ALLOWANCE = 0.02
CLEARLY_NEARER = 0.9


def appearance(index: StrokeIndex, template: Template, match: Match) -> Floats:
    """Returns the strokes in and near the match's box as a unit vector in the template's frame."""
    sides = np.array([template.width, template.height]) * (0.5 + MARGIN)
    reach = match.fit.half_sides(template) * (1 + 2 * MARGIN)
    near = index.near(match.fit.centre, reach)
    strokes = index.page.segments[near].reshape(-1, 2)
    framed = ((strokes - match.fit.centre) @ np.linalg.inv(match.fit.matrix)).reshape(-1, 4)
    if not len(framed):
        return np.zeros(CELLS * CELLS * DIRECTIONS)
    points, owners = sample_points(framed, template.size / 60)
    delta = framed[owners, 2:] - framed[owners, :2]
    angles = np.mod(np.arctan2(delta[:, 1], delta[:, 0]), np.pi)
    inside = (np.abs(points) < sides).all(1)
    cells = ((points[inside] / sides + 1) / 2 * CELLS).astype(int)
    direction = np.round(angles[inside] / np.pi * DIRECTIONS).astype(int) % DIRECTIONS
    picture = np.zeros((DIRECTIONS, CELLS, CELLS))
    np.add.at(picture, (direction, cells[:, 1], cells[:, 0]), 1)
    vector = np.sqrt(_blurred(picture)).ravel()
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector


def _blurred(picture: Floats) -> Floats:
    padded = np.pad(picture, ((0, 0), (1, 1), (1, 1)))
    rows = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    blurred: Floats = (rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]) / 16
    return blurred


def resembles_reject(
    vectors: Floats, scores: Sequence[float], example: Floats, reject: tuple[Floats, float]
) -> Flags:
    """Returns which finds belong to the counter-example's kind.

    ``vectors`` has a row per find; ``reject`` is the counter-example's vector and score.
    """
    rejected, limit = reject
    allowed = np.asarray(scores) <= limit + SCORE_ALLOWANCE
    rows = np.concatenate([vectors, example[None], rejected[None]])
    reduced = _principal_components(rows)
    finds, first, second = reduced[:-2], reduced[-2], reduced[-1]
    own, other = first, second
    for _ in range(ROUNDS):
        is_other = _distance(finds, other) < _distance(finds, own)
        own = np.mean([first, *finds[~is_other]], 0)
        other = np.mean([second, *finds[is_other]], 0)
    if _separation(finds, is_other, own, other) < MIN_SEPARATION:
        is_other = _distance(finds, second) < NEAR_COPY * float(np.linalg.norm(second - first))
    # A find that looks more like the example itself stays, whatever group it fell into.
    is_other &= _distance(finds, second) < CLEARLY_NEARER * _distance(finds, first)
    withheld: Flags = is_other & allowed
    return withheld


def _principal_components(rows: Floats) -> Floats:
    centred = rows - rows.mean(0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    reduced: Floats = left[:, :COMPONENTS] * sizes[:COMPONENTS]
    return reduced


def _distance(rows: Floats, to: Floats) -> Floats:
    distance: Floats = np.linalg.norm(rows - to, axis=1)
    return distance


def _separation(finds: Floats, is_other: Flags, own: Floats, other: Floats) -> float:
    gap = float(np.linalg.norm(other - own))
    if gap == 0 or is_other.all() or not is_other.any():
        return 0.0
    along = (finds - own) @ (other - own) / gap
    spread = np.sqrt((along[is_other].var() + along[~is_other].var()) / 2)
    return gap / max(float(spread), 1e-6)
