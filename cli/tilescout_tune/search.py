"""Searches along one axis at a time on a few pages, then races the best candidates on all others.

The coordinate search follows one axis after the other, as long as that improves the score, on the
pages to screen with; the input scale, which changes dpi, tile size and overlap together, is an axis
of its own. Second scales are tried with every candidate on the way, as their tiles are few and
their benefit depends on the other axes. So that these tiles do not take all effort, the search
begins with few of them, and expensive candidates wait until all axes were followed. A few more
candidates are tried where the mean of each value so far is most promising, as two values may be
good only together. The best ones, and those that nothing cheaper equals, are measured on more and
more pages, and half of them are left out each time (successive halving, Jamieson and Talwalkar,
2016). An exhaustive sweep measures every candidate on every page; the effort is a share of that.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tilescout_tune.candidates import SECOND_SCALE_AXIS, Candidate, SearchSpace, Value
from tilescout_tune.preference import Preference, Score, pareto
from tilescout_tune.tilings import Calls, Tiling, Tilings

FINALISTS = 6
MIN_FINALISTS = 3
PASSES = 3
DEFAULT_EFFORT = 0.3
"""The share is under a third, as pages have a varying number of blank tiles, which cost nothing."""
MIN_CALLS = 48
MAX_CANDIDATE_SHARE = 0.25
"""The share of the effort that one candidate may take before all axes were followed."""
PREDICTED_CANDIDATES = 6
SCREENING_SHARE = 0.6
"""The share of the effort that screening may take if there are more pages."""

Measure = Callable[[Candidate, tuple[int, ...]], Score]
"""A function that makes the calls that a candidate needs, caches their answers and scores them."""


@dataclass(slots=True)
class Search:
    """A search; ``scores`` are the latest per candidate, also after an interruption.

    ``pages`` are ordered: the first ``screening`` are those to screen with.
    """

    space: SearchSpace
    pages: tuple[int, ...]
    measure: Measure
    calls: Calls
    preference: Preference = field(default_factory=Preference)
    effort: float = DEFAULT_EFFORT
    screening: int = 1
    scores: dict[Candidate, Score] = field(default_factory=dict)
    _tilings: Tilings = field(init=False)
    _sweep: int | None = None

    def __post_init__(self) -> None:
        self._tilings = Tilings(self.calls)

    def exhaustive(self) -> None:
        """Measures every candidate on every page."""
        for candidate in self.space.candidates:
            self._measured(candidate, self.pages)

    def run(self) -> None:
        """Screens, then races, within the allowed calls; the cheapest candidate is measured in any
        case."""
        few = self.pages[: self.screening]
        for start in self._starts():
            self._follow_axes(start, few)
        if not self.scores:
            self._measured(
                min(self.space.candidates, key=lambda c: self._tilings.needed(c, few)), few
            )
        self._screen_predicted(few)
        self._follow_axes(self.preference.best(self.scores.values()).candidate, few)
        self._race()

    def best(self) -> Score:
        """Returns the best of the scores on most pages."""
        return self.preference.best(self._most_measured())

    def front(self) -> list[Score]:
        """Returns the Pareto set of the scores on most pages."""
        return pareto(self._most_measured())

    def _most_measured(self) -> list[Score]:
        most = max(len(score.pages) for score in self.scores.values())
        return [score for score in self.scores.values() if len(score.pages) == most]

    def exhaustive_calls(self) -> int:
        """Returns the calls of an exhaustive sweep that sends no tile twice."""
        if self._sweep is None:
            self._sweep = self._tilings.total(self.space.candidates, self.pages)
        return self._sweep

    def allowed_calls(self) -> int:
        """Returns a share of the sweep's calls; a small sweep may make a few more."""
        whole = self.exhaustive_calls()
        return max(int(self.effort * whole), min(whole, MIN_CALLS))

    def _starts(self) -> list[Candidate]:
        """Returns one candidate per detector, as what suits one says little about another.

        If second scales are tried along the way the starts have the fewest tiles: otherwise the
        effort could be spent before the second axis.
        """
        others = [self.space.base.with_value("detector", name) for name in self.space.detectors]
        starts = others or [self.space.base]
        if SECOND_SCALE_AXIS not in self.space.axes:
            return starts
        return [self._with_fewest_tiles(start) for start in starts]

    def _with_fewest_tiles(self, start: Candidate) -> Candidate:
        few = self.pages[: self.screening]
        line = self.space.along("tile_size", start) | {start}
        return min(line, key=lambda candidate: (self._calls(candidate, few), candidate.rank))

    def _follow_axes(self, start: Candidate, pages: tuple[int, ...]) -> None:
        here = start
        for most in self._max_calls():
            before = here
            for axis in self.space.axes:
                if axis == "detector":
                    continue
                line = self.space.with_second_scales(self.space.along(axis, here))
                # The cheapest first: an expensive one must not take the effort of all others.
                order = sorted(line, key=lambda c: (self._tilings.needed(c, pages), c.rank))
                cheap = [c for c in order if self._tilings.needed(c, pages) <= most]
                seen = [s for c in cheap if (s := self._screen(c, pages))]
                if seen:
                    here = self.preference.best(seen).candidate
            if here == before and most == math.inf:
                return

    def _max_calls(self) -> list[float]:
        """Returns the calls that a candidate may take in each pass along the axes."""
        first = (
            MAX_CANDIDATE_SHARE * self.allowed_calls()
            if SECOND_SCALE_AXIS in self.space.axes
            else math.inf
        )
        return [first, *[math.inf] * (PASSES - 1)]

    def _screen_predicted(self, pages: tuple[int, ...]) -> None:
        """Screens the most promising of the others by the mean score of each of their values so
        far.

        If a recall is required and reached, only cheaper candidates are screened.
        """
        best = self.preference.best(self.scores.values())
        is_enough = self.preference.min_recall and best.recall >= self.preference.min_recall
        most = self._calls(best.candidate, pages)
        others = [
            candidate
            for candidate in self.space.candidates
            if self._tilings.needed(candidate, pages)
            and not (is_enough and self._calls(candidate, pages) > most)
        ]
        effects = self._effects(others)
        for other in sorted(others, key=lambda c: (-effects[c], c.rank))[:PREDICTED_CANDIDATES]:
            self._screen(other, pages)

    def _effects(self, candidates: Sequence[Candidate]) -> dict[Candidate, float]:
        """Returns the sum of the mean F1 seen with each value, by candidate."""
        seen: dict[tuple[str, Value], list[float]] = defaultdict(list)
        for score in self.scores.values():
            for pair in score.candidate.values:
                seen[pair].append(score.f1)
        means = {pair: sum(f1s) / len(f1s) for pair, f1s in seen.items()}
        return {
            candidate: sum(means.get(pair, 0.0) for pair in candidate.values)
            for candidate in candidates
        }

    def _race(self) -> None:
        """Races the finalists on more and more pages; the leader goes first, with its calls
        reserved."""
        racing = self._finalists(list(self.scores.values()), FINALISTS)
        done = self.screening
        while done < len(self.pages):
            done = min(len(self.pages), max(done + 1, 2 * done))
            leader = self._try(racing[0], self.pages[:done])
            if leader is None:
                return
            left = self._tilings.needed(racing[0], self.pages)
            others = (self._try(candidate, self.pages[:done], left) for candidate in racing[1:])
            seen = [leader, *filter(None, others)]
            racing = self._finalists(seen, max(MIN_FINALISTS, len(seen) // 2))

    def _finalists(self, scores: Sequence[Score], most: int) -> list[Candidate]:
        """Returns the best half, then the most accurate that nothing cheaper equals.

        Of candidates with the same tiles only the best is included.
        """
        best = self.preference.ranked(scores)
        front = sorted(pareto(scores), key=lambda candidate: -candidate.f1)
        chosen: dict[frozenset[Tiling], Candidate] = {}
        for candidate in (*best[: most - most // 2], *front, *best):
            chosen.setdefault(
                self._tilings.of(candidate.candidate, self.pages), candidate.candidate
            )
        return list(chosen.values())[:most]

    def _screen(self, candidate: Candidate, pages: tuple[int, ...]) -> Score | None:
        """Tries a candidate unless it is too expensive; some effort is reserved for the race."""
        if self._is_too_expensive(candidate, pages):
            return None
        others = len(self.pages) > self.screening
        return self._try(candidate, pages, (1 - SCREENING_SHARE) * self.allowed_calls() * others)

    def _is_too_expensive(self, candidate: Candidate, pages: tuple[int, ...]) -> bool:
        """Tells whether a candidate needs twice the calls of one that reaches the required
        recall."""
        least = self.preference.min_recall
        calls = self._calls(candidate, pages)
        return least > 0 and any(
            score.recall >= least and calls > 2 * self._calls(score.candidate, pages)
            for score in self.scores.values()
        )

    def _try(
        self, candidate: Candidate, pages: tuple[int, ...], reserved: float = 0
    ) -> Score | None:
        """Returns the score, or None if it needs too many calls; ``reserved`` calls are kept for
        later."""
        needed = self._tilings.spent + self._tilings.needed(candidate, pages) + reserved
        return self._measured(candidate, pages) if needed <= self.allowed_calls() else None

    def _calls(self, candidate: Candidate, pages: tuple[int, ...]) -> int:
        return self._tilings.total([candidate], pages)

    def _measured(self, candidate: Candidate, pages: tuple[int, ...]) -> Score:
        known = self.scores.get(candidate)
        if known is not None and set(pages) <= set(known.pages):
            return known
        self._tilings.mark_sent(candidate, pages)
        found = self.measure(candidate, pages)
        self.scores[candidate] = found
        return found
