"""Learns a symbol from an example on a page: its template, its habits and its lettering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tilescout.example_search.consensus import common_template, lacked_share
from tilescout.example_search.findings import MAX_OVERLAP, Example, PoorExample
from tilescout.example_search.fitting import Fit, Match, measure
from tilescout.example_search.lettering import PageLettering, incidental
from tilescout.example_search.placements import SCALES, DirectionMap, Pose
from tilescout.example_search.rejects import appearance
from tilescout.example_search.scoring import (
    first_habits,
    habits_of,
    page_habits,
    probability,
    score,
)
from tilescout.example_search.search import LATER_COVERAGE, LearnedSymbol, matches_of, scored
from tilescout.example_search.strokes import StrokeIndex
from tilescout.example_search.template import make_template
from tilescout.geometry import Box, iou
from tilescout.rendering.page_strokes import PageStrokes

FIRST_COVERAGE = 0.55
ROUNDS = 2
MIN_POINTS = 12
MAX_LEFT_OUT = 1 / 3
"""Share of the strokes in an example's box above which those that others lack are told."""
MIN_PARTS, MAX_LACKED = 3, 0.15
"""So many places that all lack more than this share of an example's strokes are told."""
GOOD_SCORE = 0.5


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
    refined, matches = _refine(index, DirectionMap(page, size), symbol, scales)
    others = [
        each for each in scored(refined, matches) if iou(each[1].box, itself.box) <= MAX_OVERLAP
    ]
    refined = _without_clutter(refined, len(template.points))
    refined = _beside_parts(index, refined, others)
    return _with_lettering(page, refined, itself.fit, others)


def _refine(
    index: StrokeIndex, page_map: DirectionMap, symbol: LearnedSymbol, scales: tuple[float, ...]
) -> tuple[LearnedSymbol, list[Match]]:
    drawn = symbol.template
    matches = matches_of(index, page_map, symbol.template, (FIRST_COVERAGE, scales))
    for _ in range(ROUNDS):
        symbol = replace(symbol, habits=habits_of(matches, symbol.habits))
        judged = [(score(match, symbol.template, symbol.habits), match) for match in matches]
        template = common_template(index, drawn, judged)
        if template is None or np.array_equal(template.weights, symbol.template.weights):
            break
        symbol = replace(symbol, template=template)
        matches = matches_of(index, page_map, template, (LATER_COVERAGE, scales))
    return replace(symbol, habits=habits_of(matches, symbol.habits)), matches


def _without_clutter(symbol: LearnedSymbol, drawn: int) -> LearnedSymbol:
    """Returns the symbol with a note where its matches lack much of the ``drawn`` points."""
    if drawn - len(symbol.template.points) <= MAX_LEFT_OUT * drawn:
        return symbol
    note = (
        f"other strokes were inside the box of {symbol.label!r} and were left out, as its other "
        "finds lack them; draw the box closely round one symbol without other strokes"
    )
    return replace(symbol, notes=(*symbol.notes, note))


def _beside_parts(
    index: StrokeIndex, symbol: LearnedSymbol, others: list[tuple[float, Match]]
) -> LearnedSymbol:
    """Returns the symbol with a note where all that resembles its example lacks the same part."""
    parts = [match for value, match in others if probability(value) < GOOD_SCORE]
    is_alone = len(others) - len(parts) < MIN_PARTS
    if not is_alone or len(parts) < MIN_PARTS:
        return symbol
    if lacked_share(index, symbol.template, parts) <= MAX_LACKED:
        return symbol
    note = (
        f"{len(parts)} places have the same part of the strokes in the box of {symbol.label!r} and "
        "lack the rest; if they are the symbol, draw the box closely round it without other strokes"
    )
    return replace(symbol, notes=(*symbol.notes, note))


def _with_lettering(
    page: PageStrokes, symbol: LearnedSymbol, fit: Fit, others: list[tuple[float, Match]]
) -> LearnedSymbol:
    """Returns the symbol with its example's lettering where other good finds share it."""
    if not page.words:
        return symbol
    lettering = PageLettering(page.words)
    own = lettering.inside(symbol.template, fit)
    good = [match for value, match in others if probability(value) >= GOOD_SCORE]
    found = [lettering.inside(symbol.template, match.fit) for match in good]
    note = incidental(symbol.label, own, found)
    if note:
        return replace(symbol, notes=(*symbol.notes, note))
    return replace(symbol, lettering=own)


def with_common_lettering(symbols: Sequence[LearnedSymbol]) -> list[LearnedSymbol]:
    """Returns symbols whose lettering is compared only where all examples of a label have it."""
    letterings: dict[str, set[str | None]] = {}
    for symbol in symbols:
        letterings.setdefault(symbol.label, set()).add(symbol.lettering)
    mixed = {label for label, found in letterings.items() if len(found) > 1}
    return [
        replace(symbol, lettering=None, notes=(*symbol.notes, _mixed_note(symbol.label)))
        if symbol.label in mixed
        else symbol
        for symbol in symbols
    ]


def _mixed_note(label: str) -> str:
    return f"the examples of {label!r} differ in their lettering, so it was not compared"


def with_reject(page: PageStrokes, symbol: LearnedSymbol, box: Box) -> LearnedSymbol:
    """Returns the symbol with a counter-example: a box round a wrong find on the page.

    A box where nothing resembles the symbol changes nothing.
    """
    index = StrokeIndex(page, max(0.5 * symbol.template.size, 2.0))
    page_map = DirectionMap(page, symbol.template.size)
    matches = matches_of(index, page_map, symbol.template, (FIRST_COVERAGE, SCALES))
    habits = page_habits(matches, symbol.habits)
    there = [match for match in matches if iou(match.box, box) > MAX_OVERLAP]
    if not there:
        return symbol
    best = max(there, key=lambda match: score(match, symbol.template, habits))
    picture = appearance(index, symbol.template, best)
    reject = (picture, score(best, symbol.template, habits))
    return replace(symbol, rejects=(*symbol.rejects, reject))
