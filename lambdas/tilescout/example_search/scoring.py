"""Scores matches against what the good ones among them have in common.

A drawing repeats a symbol in one style and mostly in one size; where the good matches agree in
something, a match that differs in it is less likely to be the same symbol.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tilescout.example_search.fitting import Match
from tilescout.example_search.template import Template
from tilescout.rendering.page_strokes import Floats

COVERAGE, STYLED_COVERAGE = 0.92, 0.08
MISSING = 0.4
VIOLATED = 0.5
EXTRA = np.array([0.9, 0.12, 0.1])
OTHER_STYLE = 0.3
SPREAD = 0.12
"""Spread of extra ink among good matches at which extra ink counts half."""
MIN_MATCHES = 4
"""Matches from which on what they have in common is believed."""
MAX_GOOD_MATCHES = 60
SURE_COMPLETENESS = 0.85
STEEPNESS, EVEN_AGREEMENT = 25.0, 0.66


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """The traits that the good matches of a symbol share."""

    styled: float
    """From 0 to 1: how firmly they keep the example's style."""
    extra: Floats
    extra_spread: Floats
    probe_weights: Floats
    log_scale: float
    log_scale_spread: float


def first_habits(template: Template, example: Match) -> Habits:
    """Returns what is supposed before any match is known."""
    return Habits(
        styled=0.5,
        extra=example.extra,
        extra_spread=np.array([0.1, 0.3, 0.3]),
        probe_weights=np.ones(len(template.probes)),
        log_scale=0.0,
        log_scale_spread=0.05,
    )


def habits_of(matches: Sequence[Match], before: Habits) -> Habits:
    """Returns the habits of the good matches; ``before`` stands where they are too few."""
    good = _good_matches(matches)
    if len(good) < 3:
        return before
    keeps = [match.styled > 0.7 * match.coverage for match in good]
    same = [match for match, keep in zip(good, keeps, strict=True) if keep] or good
    styled = max(0.0, float(np.mean(keeps)) - 0.3) / 0.7
    scales = np.log([match.fit.scale for match in same])
    middle = float(np.median(scales))
    if len(same) < MIN_MATCHES:
        return Habits(
            styled=styled,
            extra=before.extra,
            extra_spread=before.extra_spread,
            probe_weights=before.probe_weights,
            log_scale=middle,
            log_scale_spread=0.05,
        )
    extra = np.array([match.extra for match in same])
    base = np.median(extra, 0)
    violated = np.mean([match.violated for match in same], 0)
    return Habits(
        styled=styled,
        extra=base,
        extra_spread=np.percentile(extra, 75, axis=0) - base,
        probe_weights=np.clip(1 - 3 * violated, 0, 1),
        log_scale=middle,
        log_scale_spread=1.48 * float(np.median(np.abs(scales - middle))),
    )


def page_habits(matches: Sequence[Match], learned: Habits) -> Habits:
    """Returns learned habits with the page's own scale, as sheets differ in it.

    A page with few matches that could be the symbol keeps the learned scale, widened.
    """
    sure = [match for match in matches if _completeness(match) >= SURE_COMPLETENESS]
    if len(sure) < 3:
        return replace(learned, log_scale_spread=max(0.05, learned.log_scale_spread))
    here = habits_of(sure, learned)
    return replace(
        learned,
        styled=min(learned.styled, here.styled),
        log_scale=here.log_scale,
        log_scale_spread=here.log_scale_spread,
    )


def _good_matches(matches: Sequence[Match]) -> list[Match]:
    ordered = sorted(matches, key=lambda match: -_completeness(match))
    least = max(0.5, _completeness(ordered[0]) - 0.15) if ordered else 0.0
    return [match for match in ordered if _completeness(match) >= least][:MAX_GOOD_MATCHES]


def _completeness(match: Match) -> float:
    return match.coverage - MISSING * match.missing


def score(match: Match, template: Template, habits: Habits) -> float:
    """Returns how well the match agrees, about 1 for a copy of the example.

    Simple symbols, which have few parts, need cleaner surroundings than rich ones.
    """
    strictness = float(np.clip(12 / template.part_count, 0.35, 1.2))
    allowed = habits.extra + habits.extra_spread
    extra = np.clip(match.extra - allowed, 0, 1) * SPREAD / (SPREAD + habits.extra_spread)
    surroundings = VIOLATED * _violation(match, habits) + float(EXTRA @ extra)
    off_scale = abs(np.log(match.fit.scale) - habits.log_scale)
    preferred = 0.012 * (match.fit.pose.turn == 0) + 0.006 * (not match.fit.pose.mirrored)
    return float(
        COVERAGE * match.coverage
        + STYLED_COVERAGE * match.styled
        - MISSING * match.missing
        - strictness * surroundings
        - OTHER_STYLE * habits.styled * max(0.0, match.coverage - match.styled)
        - min(0.4, off_scale * 0.05 / (habits.log_scale_spread + 0.02))
        + preferred
    )


def probability(agreement: float) -> float:
    """Returns about how likely a match of this agreement is the symbol, from 0 to 1.

    A logistic curve fitted to 17 kinds of symbols on public drawings, the same for every kind;
    `benchmarks/find_by_example.py` writes the table that shows how true it is.
    """
    return 1 / (1 + math.exp(-STEEPNESS * (agreement - EVEN_AGREEMENT)))


def _violation(match: Match, habits: Habits) -> float:
    count = len(match.violated)
    if not count:
        return 0.0
    weight = float(habits.probe_weights.sum())
    return float(match.violated @ habits.probe_weights) / max(0.5 * count, weight, 1.0)
