"""Learns a symbol from examples on a page, and finds it on any page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tilescout.errors import TilescoutError
from tilescout.example_search.consensus import common_template
from tilescout.example_search.fitting import Fit, Match, fit_and_measure, measure
from tilescout.example_search.placements import SCALES, DirectionMap, Pose, propose_placements
from tilescout.example_search.rejects import appearance, resembles_reject
from tilescout.example_search.scoring import (
    Habits,
    first_habits,
    habits_of,
    page_habits,
    probability,
    score,
)
from tilescout.example_search.strokes import StrokeIndex
from tilescout.example_search.template import Template, make_template
from tilescout.geometry import Box, iou
from tilescout.rendering.page_strokes import Floats, PageStrokes

FIRST_COVERAGE, LATER_COVERAGE = 0.55, 0.6
ROUNDS = 2
MAX_OVERLAP = 0.3
"""IoU above which of two finds only the better one stays."""
MIN_POINTS = 12
REJECTED = "looks like a counter-example"


class PoorExample(TilescoutError):
    """An example's box that nothing can be searched with."""


@dataclass(frozen=True, slots=True)
class Example:
    """A symbol that a person drew a box round, in points of the page as it is shown."""

    box: Box
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedSymbol:
    """A symbol ready to be searched for on any page."""

    label: str
    template: Template
    habits: Habits
    picture: Floats
    """The example's appearance, for telling counter-examples apart."""
    rejects: tuple[tuple[Floats, float], ...] = ()
    """Appearance and score of each counter-example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A place that looks like the symbol; ``score`` is about the chance that it is one.

    ``turn`` is in degrees anticlockwise against the example, after ``mirrored``.
    """

    label: str
    box: Box
    score: float
    turn: int
    mirrored: bool
    scale: float
    withheld: str = ""
    """The reason why a find that scores well is not given as one, or ''."""


def learn_symbol(
    page: PageStrokes, example: Example, scales: tuple[float, ...] = SCALES
) -> LearnedSymbol:
    """Returns the symbol in the example's box, learned from all like it on the same page.

    Raises PoorExample where the box holds too little ink to search with.
    """
    size = max(example.box.width, example.box.height)
    index = StrokeIndex(page, max(0.5 * size, 2.0))
    template = make_template(index, example.box)
    if len(template.points) < MIN_POINTS or not len(template.corners):
        raise PoorExample(
            f"an example needs strokes that lie wholly inside its box; the box of "
            f"{example.label!r} has {len(template.segments)} short strokes; draw the box round a "
            "whole symbol"
        )
    upright = Pose(0, False, 1.0)
    itself = measure(index, template, Fit(np.array(example.box.centre), upright.matrix, upright))
    assert itself is not None, "an example covers itself"
    symbol = LearnedSymbol(
        label=example.label,
        template=template,
        habits=first_habits(template, itself),
        picture=appearance(index, template, itself),
    )
    return _refine(index, DirectionMap(page, size), symbol, scales)


def _refine(
    index: StrokeIndex, page_map: DirectionMap, symbol: LearnedSymbol, scales: tuple[float, ...]
) -> LearnedSymbol:
    drawn = symbol.template
    matches = _matches(index, page_map, symbol.template, (FIRST_COVERAGE, scales))
    for _ in range(ROUNDS):
        symbol = replace(symbol, habits=habits_of(matches, symbol.habits))
        scored = [(score(match, symbol.template, symbol.habits), match) for match in matches]
        template = common_template(index, drawn, scored)
        if template is None or np.array_equal(template.weights, symbol.template.weights):
            break
        symbol = replace(symbol, template=template)
        matches = _matches(index, page_map, template, (LATER_COVERAGE, scales))
    return replace(symbol, habits=habits_of(matches, symbol.habits))


def find_symbols(
    page: PageStrokes, symbol: LearnedSymbol, scales: tuple[float, ...] = SCALES
) -> list[Finding]:
    """Returns where the learned symbol is on a page, best first; withheld ones are among them."""
    if not len(page.segments):
        return []
    index = StrokeIndex(page, max(0.5 * symbol.template.size, 2.0))
    page_map = DirectionMap(page, symbol.template.size)
    matches = _matches(index, page_map, symbol.template, (LATER_COVERAGE, scales))
    habits = page_habits(matches, symbol.habits)
    kept = _best_per_place([(score(match, symbol.template, habits), match) for match in matches])
    withheld = _resemble_rejects(index, symbol, kept)
    return [
        _finding(symbol.label, value, match, REJECTED if reject else "")
        for (value, match), reject in zip(kept, withheld, strict=True)
    ]


def with_reject(page: PageStrokes, symbol: LearnedSymbol, box: Box) -> LearnedSymbol:
    """Returns the symbol with a counter-example: a box round a wrong find on the page.

    A box where nothing resembles the symbol changes nothing.
    """
    index = StrokeIndex(page, max(0.5 * symbol.template.size, 2.0))
    page_map = DirectionMap(page, symbol.template.size)
    matches = _matches(index, page_map, symbol.template, (FIRST_COVERAGE, SCALES))
    habits = page_habits(matches, symbol.habits)
    there = [match for match in matches if iou(match.box, box) > MAX_OVERLAP]
    if not there:
        return symbol
    best = max(there, key=lambda match: score(match, symbol.template, habits))
    picture = appearance(index, symbol.template, best)
    reject = (picture, score(best, symbol.template, habits))
    return replace(symbol, rejects=(*symbol.rejects, reject))


def _matches(
    index: StrokeIndex,
    page_map: DirectionMap,
    template: Template,
    bounds: tuple[float, tuple[float, ...]],
) -> list[Match]:
    least, scales = bounds
    placements = propose_placements(page_map, template, least, scales)
    fitted = (fit_and_measure(index, template, placement) for placement in placements)
    return [match for match in fitted if match is not None]


def _best_per_place(scored: list[tuple[float, Match]]) -> list[tuple[float, Match]]:
    kept: list[tuple[float, Match]] = []
    for value, match in sorted(scored, key=lambda pair: (-pair[0], pair[1].box)):
        if all(iou(match.box, other.box) <= MAX_OVERLAP for _, other in kept):
            kept.append((value, match))
    return kept


def _resemble_rejects(
    index: StrokeIndex, symbol: LearnedSymbol, kept: list[tuple[float, Match]]
) -> list[bool]:
    withheld = np.zeros(len(kept), bool)
    if kept and symbol.rejects:
        scores = [value for value, _ in kept]
        pictures = np.array([appearance(index, symbol.template, match) for _, match in kept])
        for reject in symbol.rejects:
            withheld |= resembles_reject(pictures, scores, symbol.picture, reject)
    return withheld.tolist()


def _finding(label: str, value: float, match: Match, withheld: str) -> Finding:
    pose = match.fit.pose
    return Finding(
        label=label,
        box=match.box,
        score=probability(value),
        turn=90 * pose.turn,
        mirrored=pose.mirrored,
        scale=match.fit.scale,
        withheld=withheld,
    )


def best_of(findings: Sequence[Finding]) -> list[Finding]:
    """Returns the findings of several examples of a page, the best one per place, best first."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda each: (-each.score, each.box)):
        if all(iou(finding.box, other.box) <= MAX_OVERLAP for other in kept):
            kept.append(finding)
    return kept
