"""Learns a symbol from examples on a page, and finds it on any page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tilescout.errors import TilescoutError
from tilescout.example_search.consensus import common_template, lacked_share
from tilescout.example_search.fitting import Fit, Match, fit_and_measure, measure
from tilescout.example_search.lettering import PageLettering, difference, incidental
from tilescout.example_search.placements import (
    MAX_PLACEMENTS,
    SCALES,
    DirectionMap,
    Placement,
    Pose,
    is_cut,
    propose_placements,
)
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
MAX_LEFT_OUT = 1 / 3
"""Share of the strokes in an example's box above which those that others lack are told."""
MIN_PARTS, MAX_LACKED = 3, 0.15
"""So many places that all lack more than this share of an example's strokes are told."""
GOOD_SCORE = 0.5
SETTLED_COVERAGE, SETTLED_SHARE = 0.97, 0.15
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
    lettering: str | None = None
    """The words of letters that a find must have inside of it; None where any will do."""
    notes: tuple[str, ...] = ()
    """The weaknesses of the example, each with what to do about it."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFindings:
    """Finds of one page, best first, withheld ones among them; and what else is to be known."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()


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
    scored = _scored(refined, matches)
    others = [each for each in scored if iou(each[1].box, itself.box) <= MAX_OVERLAP]
    refined = _without_clutter(refined, len(template.points))
    refined = _beside_parts(index, refined, others)
    return _with_lettering(page, refined, itself.fit, others)


def _refine(
    index: StrokeIndex, page_map: DirectionMap, symbol: LearnedSymbol, scales: tuple[float, ...]
) -> tuple[LearnedSymbol, list[Match]]:
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


def find_symbols(
    page: PageStrokes, symbol: LearnedSymbol, scales: tuple[float, ...] = SCALES
) -> PageFindings:
    """Returns where the learned symbol is on a page, best first; withheld ones are among them."""
    if not len(page.segments):
        return PageFindings(findings=())
    index = StrokeIndex(page, max(0.5 * symbol.template.size, 2.0))
    page_map = DirectionMap(page, symbol.template.size)
    placements = propose_placements(page_map, symbol.template, LATER_COVERAGE, scales)
    kept = _scored(symbol, _fitted(index, symbol.template, placements))
    rejected = _resemble_rejects(index, symbol, kept)
    differences = _differences(page, symbol, kept)
    findings = tuple(
        _finding(symbol.label, value, match, REJECTED if reject else differs)
        for (value, match), reject, differs in zip(kept, rejected, differences, strict=True)
    )
    return PageFindings(findings=findings, notes=_page_notes(page, symbol, is_cut(placements)))


def _scored(symbol: LearnedSymbol, matches: list[Match]) -> list[tuple[float, Match]]:
    habits = page_habits(matches, symbol.habits)
    return _best_per_place([(score(match, symbol.template, habits), match) for match in matches])


def _differences(
    page: PageStrokes, symbol: LearnedSymbol, kept: list[tuple[float, Match]]
) -> list[str]:
    """Returns how each find's lettering differs from the symbol's, or ""."""
    if symbol.lettering is None or not page.words:
        return [""] * len(kept)
    lettering = PageLettering(page.words)
    return [
        difference(symbol.lettering, lettering.inside(symbol.template, match.fit))
        for _, match in kept
    ]


def _page_notes(page: PageStrokes, symbol: LearnedSymbol, cut: bool) -> tuple[str, ...]:
    notes = []
    if cut:
        notes.append(
            f"the {MAX_PLACEMENTS:,} places that resemble {symbol.label!r} most were looked at, "
            "and there are more, so finds may be missing; draw the box round more of the symbol"
        )
    if symbol.lettering and not page.words:
        notes.append(
            f"the page has no words, so the lettering {symbol.lettering!r} of {symbol.label!r} "
            "was not compared; check its finds"
        )
    return tuple(notes)


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
    return _fitted(index, template, propose_placements(page_map, template, least, scales))


def _fitted(index: StrokeIndex, template: Template, placements: list[Placement]) -> list[Match]:
    matches: list[Match] = []
    settled = SettledPlaces(SETTLED_SHARE * template.size)
    for placement in placements:
        if not settled.has(placement.x, placement.y):
            match = fit_and_measure(index, template, placement)
            matches += [match] if match else []
            if match and match.coverage >= SETTLED_COVERAGE:
                settled.add(*match.box.centre)
    return matches


class SettledPlaces:
    """Places where a nearly whole match lies, so that no other placement need be measured."""

    def __init__(self, reach: float) -> None:
        self._reach = reach
        self._cells: set[tuple[int, int]] = set()

    def add(self, x: float, y: float) -> None:
        """Settles the place and what is within ``reach`` of it, by cells of that size."""
        column, row = round(x / self._reach), round(y / self._reach)
        self._cells |= {(column + i, row + j) for i in (-1, 0, 1) for j in (-1, 0, 1)}

    def has(self, x: float, y: float) -> bool:
        """Returns whether the place is settled."""
        return (round(x / self._reach), round(y / self._reach)) in self._cells


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
    """Returns the findings of several examples of a page, the best one per place, best first.

    One whose lettering differs gives way to any other at its place.
    """
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda each: (_differs(each), -each.score, each.box)):
        if all(iou(finding.box, other.box) <= MAX_OVERLAP for other in kept):
            kept.append(finding)
    return sorted(kept, key=lambda each: (-each.score, each.box))


def _differs(finding: Finding) -> bool:
    return finding.withheld not in ("", REJECTED)
