"""Looks along one setting at a time on a few pages, then races the best on all the others.

The coordinate search moves along one axis after the other, as long as that is better, on the pages
to screen with; the input scale, which moves dpi, tile size and overlap together, is an axis of its
own. Second scales are tried with all on the way: their tiles are few, and what they are worth
depends on the others; so that these tiles do not take all effort, the search begins with few of
them, and what is dear waits until all axes were looked along. A few more are tried where the mean
of each value seen so far promises most: two settings may be good only together. Those that were
best there, and those that nothing cheaper equals, are looked at on more and more pages, half of
them left out each time (successive halving, Jamieson and Talwalkar, 2016). An exhaustive sweep asks
for every setting on every page; the effort is a share of that.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tilescout_tune.candidates import SECOND_SCALE_AXIS, Candidate, Space, Value
from tilescout_tune.preference import Preference, Score, pareto
from tilescout_tune.tilings import Calls, Tiling, Tilings

FINALISTS = 6
LEAST_FINALISTS = 3
PASSES = 3
EFFORT = 0.3
"""Under a third, as pages have blank tiles, which cost nothing, now more and now fewer."""
FEW_CALLS = 48
DEAR = 0.25
"""Share of the effort that one setting may take before all axes were looked along."""
PREDICTED = 6
SCREENING = 0.6
"""Share of the effort that screening may take where there are more pages."""

Measure = Callable[[Candidate, tuple[int, ...]], Score]
"""The detector's calls that are needed are made by it, and kept."""


@dataclass(slots=True)
class Search:
    """``scores`` are the latest of each candidate that was looked at, also after an interruption.

    ``pages`` are ordered: the first ``screening`` are those to screen with.
    """

    space: Space
    pages: tuple[int, ...]
    measure: Measure
    calls: Calls
    preference: Preference = field(default_factory=Preference)
    effort: float = EFFORT
    screening: int = 1
    scores: dict[Candidate, Score] = field(default_factory=dict)
    _tilings: Tilings = field(init=False)
    _sweep: int | None = None

    def __post_init__(self) -> None:
        self._tilings = Tilings(self.calls)

    def exhaustive(self) -> None:
        """Every candidate on every page."""
        for candidate in self.space.settings:
            self._look(candidate, self.pages)

    def run(self) -> None:
        """Screen, then race; no more calls than are allowed, but for the cheapest setting."""
        few = self.pages[: self.screening]
        for start in self._starts():
            self._along_axes(start, few)
        if not self.scores:
            self._look(min(self.space.settings, key=lambda c: self._tilings.needed(c, few)), few)
        self._by_prediction(few)
        self._along_axes(self.preference.best(self.scores.values()).candidate, few)
        self._race()

    def best(self) -> Score:
        """Of those seen on most pages."""
        return self.preference.best(self._seen_most())

    def front(self) -> list[Score]:
        """The Pareto set of those seen on most pages."""
        return pareto(self._seen_most())

    def _seen_most(self) -> list[Score]:
        most = max(len(each.pages) for each in self.scores.values())
        return [each for each in self.scores.values() if len(each.pages) == most]

    def exhaustive_calls(self) -> int:
        """Of a full sweep that asks for no tile twice."""
        if self._sweep is None:
            self._sweep = self._tilings.total(self.space.settings, self.pages)
        return self._sweep

    def allowed_calls(self) -> int:
        """A share of the sweep's; of a small sweep so many as are soon made."""
        whole = self.exhaustive_calls()
        return max(int(self.effort * whole), min(whole, FEW_CALLS))

    def _starts(self) -> list[Candidate]:
        """One a detector: what suits one says little of another.

        With the fewest tiles where all on the way is looked at with every second scale: else the
        effort might be spent before a second axis is.
        """
        others = [self.space.base.having("detector", name) for name in self.space.detectors]
        starts = others or [self.space.base]
        if SECOND_SCALE_AXIS not in self.space.axes:
            return starts
        return [self._with_fewest_tiles(each) for each in starts]

    def _with_fewest_tiles(self, start: Candidate) -> Candidate:
        few = self.pages[: self.screening]
        line = self.space.along("tile_size", start) | {start}
        return min(line, key=lambda each: (self._calls(each, few), each.rank))

    def _along_axes(self, start: Candidate, pages: tuple[int, ...]) -> None:
        here = start
        for most in self._most_calls():
            before = here
            for axis in self.space.axes:
                if axis == "detector":
                    continue
                line = self.space.with_second_scales(self.space.along(axis, here))
                # The cheapest first: a dear one must not take the effort of all others.
                order = sorted(line, key=lambda c: (self._tilings.needed(c, pages), c.rank))
                cheap = [c for c in order if self._tilings.needed(c, pages) <= most]
                seen = [s for c in cheap if (s := self._screen(c, pages))]
                if seen:
                    here = self.preference.best(seen).candidate
            if here == before and most == math.inf:
                return

    def _most_calls(self) -> list[float]:
        """That a setting may take, in each pass along the axes."""
        first = DEAR * self.allowed_calls() if SECOND_SCALE_AXIS in self.space.axes else math.inf
        return [first, *[math.inf] * (PASSES - 1)]

    def _by_prediction(self, pages: tuple[int, ...]) -> None:
        """The most promising of the others, if each value does what it did on the mean so far.

        Of those that might be chosen: where a recall is asked for and reached, the cheaper ones.
        """
        best = self.preference.best(self.scores.values())
        is_enough = self.preference.min_recall and best.recall >= self.preference.min_recall
        most = self._calls(best.candidate, pages)
        others = [
            each
            for each in self.space.settings
            if self._tilings.needed(each, pages)
            and not (is_enough and self._calls(each, pages) > most)
        ]
        effects = self._effects(others)
        for each in sorted(others, key=lambda c: (-effects[c], c.rank))[:PREDICTED]:
            self._screen(each, pages)

    def _effects(self, candidates: Sequence[Candidate]) -> dict[Candidate, float]:
        """By candidate: the mean F1 seen with each of its values, together."""
        seen: dict[tuple[str, Value], list[float]] = defaultdict(list)
        for score in self.scores.values():
            for pair in score.candidate.values:
                seen[pair].append(score.f1)
        means = {pair: sum(f1s) / len(f1s) for pair, f1s in seen.items()}
        return {each: sum(means.get(pair, 0.0) for pair in each.values) for each in candidates}

    def _race(self) -> None:
        """The leader goes first, and what it will need is kept for it."""
        racing = self._finalists(list(self.scores.values()), FINALISTS)
        done = self.screening
        while done < len(self.pages):
            done = min(len(self.pages), max(done + 1, 2 * done))
            leader = self._try(racing[0], self.pages[:done])
            if leader is None:
                return
            left = self._tilings.needed(racing[0], self.pages)
            others = (self._try(each, self.pages[:done], left) for each in racing[1:])
            seen = [leader, *filter(None, others)]
            racing = self._finalists(seen, max(LEAST_FINALISTS, len(seen) // 2))

    def _finalists(self, scores: Sequence[Score], most: int) -> list[Candidate]:
        """Half of them the best, half the most accurate of those that nothing cheaper equals.

        Of several with the same tiles only the best.
        """
        best = self.preference.ranked(scores)
        front = sorted(pareto(scores), key=lambda each: -each.f1)
        chosen: dict[frozenset[Tiling], Candidate] = {}
        for each in (*best[: most - most // 2], *front, *best):
            chosen.setdefault(self._tilings.of(each.candidate, self.pages), each.candidate)
        return list(chosen.values())[:most]

    def _screen(self, candidate: Candidate, pages: tuple[int, ...]) -> Score | None:
        """As `_try`; some effort is kept for the race, and none is spent on what is too dear."""
        if self._is_too_dear(candidate, pages):
            return None
        others = len(self.pages) > self.screening
        return self._try(candidate, pages, (1 - SCREENING) * self.allowed_calls() * others)

    def _is_too_dear(self, candidate: Candidate, pages: tuple[int, ...]) -> bool:
        """Where a recall is all that is asked for: twice what reaches it already."""
        least = self.preference.min_recall
        calls = self._calls(candidate, pages)
        return least > 0 and any(
            each.recall >= least and calls > 2 * self._calls(each.candidate, pages)
            for each in self.scores.values()
        )

    def _try(self, candidate: Candidate, pages: tuple[int, ...], left: float = 0) -> Score | None:
        """None where that would be too much effort; ``left`` calls are kept for later."""
        needed = self._tilings.spent + self._tilings.needed(candidate, pages) + left
        return self._look(candidate, pages) if needed <= self.allowed_calls() else None

    def _calls(self, candidate: Candidate, pages: tuple[int, ...]) -> int:
        return self._tilings.total([candidate], pages)

    def _look(self, candidate: Candidate, pages: tuple[int, ...]) -> Score:
        known = self.scores.get(candidate)
        if known is not None and set(pages) <= set(known.pages):
            return known
        self._tilings.ask(candidate, pages)
        found = self.measure(candidate, pages)
        self.scores[candidate] = found
        return found
