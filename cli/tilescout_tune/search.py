"""Looks along one setting at a time on a few pages, then races the best on all the others.

The coordinate search moves along one axis after the other, as long as that is better, on the pages
to screen with. Those that were best there, and those that nothing cheaper equals, are looked at on
more and more pages, half of them left out each time (successive halving, Jamieson and Talwalkar,
2016). An exhaustive sweep asks for every setting on every page; the effort is a share of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tilescout_tune.space import Candidate, Space

NEARLY = 0.003
"""F1 that two settings may differ by and still be equal: the cheaper one is better then."""
FINALISTS = 6
LEAST_FINALISTS = 3
PASSES = 3
EFFORT = 1 / 3
FEW_CALLS = 60
SCREENING = 0.6
"""Share of the effort that screening may take where there are more pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Of a candidate on some pages; ratios 0 to 1, ``usd`` a page, ``calls`` a page."""

    candidate: Candidate
    pages: tuple[int, ...]
    precision: float
    recall: float
    f1: float
    usd: float
    calls: float
    floors: tuple[tuple[str, float], ...] = ()


Measure = Callable[[Candidate, tuple[int, ...]], Score]
"""The detector's calls that are needed are made by it, and kept."""
Calls = Callable[[Candidate, int], int]
"""How many calls a candidate needs on a page, known before."""


@dataclass(frozen=True, slots=True)
class Preference:
    """What is better: more F1, or with ``min_recall`` (0 to 1) the cheapest that reaches it."""

    min_recall: float = 0.0

    def best(self, scores: Iterable[Score]) -> Score:
        """Raises ValueError for none."""
        every = list(scores)
        enough = [each for each in every if each.recall >= self.min_recall]
        if self.min_recall and enough:
            return min(enough, key=lambda each: (each.usd, -each.f1, each.candidate.values))
        if self.min_recall:
            return max(every, key=lambda each: (each.recall, -each.usd))
        most = max(each.f1 for each in every)
        near = [each for each in every if each.f1 >= most - NEARLY]
        return min(near, key=lambda each: (each.usd, -each.f1, each.candidate.values))

    def ranked(self, scores: Iterable[Score]) -> list[Score]:
        """All of them, the best first."""
        left = list(scores)
        found = []
        while left:
            found.append(self.best(left))
            left.remove(found[-1])
        return found


def pareto(scores: Iterable[Score]) -> list[Score]:
    """Those that no other equals for less money, the cheapest first."""
    front: list[Score] = []
    for each in sorted(scores, key=lambda score: (score.usd, -score.f1)):
        if not front or each.f1 > front[-1].f1:
            front.append(each)
    return front


@dataclass(slots=True)
class Search:
    """``scores`` are the latest of each candidate that was looked at, also after an interruption.

    ``pages`` are ordered: the first ``screening`` are those to screen with.
    """

    space: Space
    pages: tuple[int, ...]
    measure: Measure
    calls: Calls
    preference: Preference = Preference()
    effort: float = EFFORT
    screening: int = 1
    scores: dict[Candidate, Score] = field(default_factory=dict)
    _spent: dict[tuple[Candidate, int], int] = field(default_factory=dict)

    def exhaustive(self) -> None:
        """Every candidate on every page."""
        for candidate in self.space.candidates():
            self._look(candidate, self.pages)

    def run(self) -> None:
        """Screen, then race; no more calls than the effort allows, but for the base."""
        few = self.pages[: self.screening]
        self._look(self.space.base, few)
        for start in self._starts():
            self._along_axes(start, few)
        self._race()

    def best(self) -> Score:
        """Of those seen on most pages."""
        most = max(len(each.pages) for each in self.scores.values())
        return self.preference.best(s for s in self.scores.values() if len(s.pages) == most)

    def front(self) -> list[Score]:
        """The Pareto set of those seen on most pages."""
        most = max(len(each.pages) for each in self.scores.values())
        return pareto(each for each in self.scores.values() if len(each.pages) == most)

    def exhaustive_calls(self) -> int:
        return sum(self.calls(c, page) for c in self.space.candidates() for page in self.pages)

    def allowed_calls(self) -> int:
        """A share of the sweep's; of a small sweep so many as are soon made."""
        whole = self.exhaustive_calls()
        return max(int(self.effort * whole), min(whole, FEW_CALLS))

    def _starts(self) -> list[Candidate]:
        """One a detector: what suits one says little of another."""
        detectors = dict(self.space.axes).get("detector", ())
        others = [self.space.base.having("detector", name) for name in detectors]
        return others or [self.space.base]

    def _along_axes(self, start: Candidate, pages: tuple[int, ...]) -> None:
        here = start
        possible = set(self.space.candidates())
        others = len(self.pages) > self.screening
        left = (1 - SCREENING) * self.allowed_calls() if others else 0
        for _ in range(PASSES):
            before = here
            for axis, values in self.space.axes:
                if axis == "detector":
                    continue
                line = [here.having(axis, value) for value in values]
                seen = [s for c in line if c in possible and (s := self._try(c, pages, left))]
                if seen:
                    here = self.preference.best(seen).candidate
            if here == before:
                return

    def _race(self) -> None:
        """The leader goes first, and what it will need is kept for it."""
        racing = self._finalists(list(self.scores.values()), FINALISTS)
        done = self.screening
        while done < len(self.pages):
            done = min(len(self.pages), max(done + 1, 2 * done))
            leader = self._try(racing[0], self.pages[:done])
            if leader is None:
                return
            left = self._needed(racing[0], self.pages)
            others = (self._try(each, self.pages[:done], left) for each in racing[1:])
            seen = [leader, *filter(None, others)]
            racing = self._finalists(seen, max(LEAST_FINALISTS, len(seen) // 2))

    def _finalists(self, scores: Sequence[Score], most: int) -> list[Candidate]:
        """Half of them the best, half the most accurate of those that nothing cheaper equals."""
        best = self.preference.ranked(scores)
        front = sorted(pareto(scores), key=lambda each: -each.f1)
        chosen = dict.fromkeys(s.candidate for s in (*best[: most - most // 2], *front, *best))
        return list(chosen)[:most]

    def _try(self, candidate: Candidate, pages: tuple[int, ...], left: float = 0) -> Score | None:
        """None where that would be too much effort; ``left`` calls are kept for later."""
        needed = sum(self._spent.values()) + self._needed(candidate, pages) + left
        return self._look(candidate, pages) if needed <= self.allowed_calls() else None

    def _needed(self, candidate: Candidate, pages: tuple[int, ...]) -> int:
        """Calls that are still to be made for it."""
        return sum(self.calls(candidate, p) for p in pages if (candidate, p) not in self._spent)

    def _look(self, candidate: Candidate, pages: tuple[int, ...]) -> Score:
        known = self.scores.get(candidate)
        if known is not None and set(pages) <= set(known.pages):
            return known
        for page in pages:
            self._spent.setdefault((candidate, page), self.calls(candidate, page))
        found = self.measure(candidate, pages)
        self.scores[candidate] = found
        return found
