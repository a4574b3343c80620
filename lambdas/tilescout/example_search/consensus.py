"""Replaces an example's template by what its best matches have in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tilescout.example_search.fitting import Match, covered_points
from tilescout.example_search.strokes import StrokeIndex
from tilescout.example_search.template import Template
from tilescout.rendering.page_strokes import Floats

REQUIRED_SHARE, OPTIONAL_SHARE = 0.6, 0.25
OPTIONAL_WEIGHT = 0.3
MAX_LETTERING_WEIGHT = 0.5
MAX_MEMBERS = 40
MIN_POINTS = 12


def common_template(
    index: StrokeIndex, template: Template, scored: Sequence[tuple[float, Match]]
) -> Template | None:
    """Returns the template reweighted by how many of the best matches have each of its points.

    Returns None where there are fewer than three matches or too little would be left. What fewer
    than a quarter of them have is clutter that was inside the drawn box, and is dropped.
    """
    members = best_matches(scored)
    if len(members) < 3:
        return None
    has = np.array([covered_points(index, template, match.fit) for match in members])
    share = has.mean(0)
    weights = np.where(share >= OPTIONAL_SHARE, OPTIONAL_WEIGHT, 0.0)
    weights[share >= REQUIRED_SHARE] = 1.0
    light = template.weights < 0.5
    weights[light] = np.minimum(weights[light], MAX_LETTERING_WEIGHT)
    if (weights > 0).sum() < MIN_POINTS:
        return None
    return template.with_weights(weights)


def lacked_share(index: StrokeIndex, template: Template, matches: Sequence[Match]) -> float:
    """Returns the share of the template's points that fewer than a quarter of the matches have."""
    has = [covered_points(index, template, match.fit) for match in matches[:MAX_MEMBERS]]
    return float((np.mean(has, axis=0) < OPTIONAL_SHARE).mean()) if has else 0.0


def best_matches(scored: Sequence[tuple[float, Match]]) -> list[Match]:
    """Returns the matches above the gap in the scores, at most 40, best first."""
    ordered = sorted(scored, key=lambda pair: -pair[0])
    if len(ordered) < 3:
        return [match for _, match in ordered[:1]]
    scores = np.array([each for each, _ in ordered if each > -0.3][:120])
    least = float(np.clip(otsu_threshold(scores), 0.38, 0.75)) if len(scores) > 2 else 0.5
    return [match for each, match in ordered if each >= least][:MAX_MEMBERS]


def otsu_threshold(values: Floats) -> float:
    """Returns the value that splits the values into the two groups furthest apart (Otsu, 1979)."""
    ordered = np.sort(values)
    count = np.arange(1, len(ordered))
    sums = np.cumsum(ordered)[:-1]
    below, above = sums / count, (ordered.sum() - sums) / (len(ordered) - count)
    at = int(np.argmax(count * (len(ordered) - count) * (below - above) ** 2))
    return float((ordered[at] + ordered[at + 1]) / 2)
