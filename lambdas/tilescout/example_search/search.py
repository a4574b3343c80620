"""Finds a learned symbol on any page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilescout.example_search.findings import REJECTED, Finding, PageFindings, best_rows
from tilescout.example_search.fitting import Match, fit_and_measure
from tilescout.example_search.lettering import PageLettering, difference
from tilescout.example_search.placements import (
    MAX_PLACEMENTS,
    SCALES,
    DirectionMap,
    Placement,
    is_cut,
    propose_placements,
)
from tilescout.example_search.rejects import appearance, resembles_reject
from tilescout.example_search.scoring import Habits, page_habits, probability, score
from tilescout.example_search.strokes import StrokeIndex
from tilescout.example_search.template import Template
from tilescout.rendering.page_strokes import Floats, PageStrokes

LATER_COVERAGE = 0.6
SETTLED_COVERAGE, SETTLED_SHARE = 0.9, 0.15


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


def find_symbols(
    page: PageStrokes, symbol: LearnedSymbol, scales: tuple[float, ...] = SCALES
) -> PageFindings:
    """Returns where the learned symbol is on a page, best first; withheld ones are among them."""
    if not len(page.segments):
        return PageFindings(findings=())
    index = StrokeIndex(page, max(0.5 * symbol.template.size, 2.0))
    page_map = DirectionMap(page, symbol.template.size)
    placements = propose_placements(page_map, symbol.template, LATER_COVERAGE, scales)
    kept = scored(symbol, fitted(index, symbol.template, placements))
    rejected = _resemble_rejects(index, symbol, kept)
    differences = _differences(page, symbol, kept)
    findings = tuple(
        _finding(symbol, value, match, REJECTED if reject else differs)
        for (value, match), reject, differs in zip(kept, rejected, differences, strict=True)
    )
    return PageFindings(
        findings=findings, notes=_page_notes(page, symbol, page_map, is_cut(placements))
    )


def scored(symbol: LearnedSymbol, matches: list[Match]) -> list[tuple[float, Match]]:
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


def _page_notes(
    page: PageStrokes, symbol: LearnedSymbol, page_map: DirectionMap, cut: bool
) -> tuple[str, ...]:
    notes = []
    if page_map.is_coarse:
        notes.append(
            f"the page is so large that {symbol.label!r} was looked for in steps of "
            f"{page_map.pixel:.2f} points, which are coarse for its size, so finds may be missing; "
            "divide the page"
        )
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


def matches_of(
    index: StrokeIndex,
    page_map: DirectionMap,
    template: Template,
    bounds: tuple[float, tuple[float, ...]],
) -> list[Match]:
    least, scales = bounds
    return fitted(index, template, propose_placements(page_map, template, least, scales))


def fitted(index: StrokeIndex, template: Template, placements: list[Placement]) -> list[Match]:
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
    ordered = sorted(scored, key=lambda pair: (-pair[0], pair[1].box))
    values = np.array([value for value, _ in ordered])
    return [ordered[row] for row in best_rows([match.box for _, match in ordered], values)]


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


def _finding(symbol: LearnedSymbol, value: float, match: Match, withheld: str) -> Finding:
    pose = match.fit.pose
    return Finding(
        label=symbol.label,
        box=match.box,
        score=probability(value),
        turn=90 * pose.turn,
        mirrored=pose.mirrored,
        scale=match.fit.scale,
        withheld=withheld,
        drawn=symbol.template.length * match.fit.scale * match.coverage,
    )
