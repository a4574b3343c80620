"""How good a setting is, and which of several is the best."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tilescout_tune.candidates import Candidate, Value

NEARLY = 0.003
"""F1 that two settings may differ by and still be equal: the cheaper one is better then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Of a candidate on some pages; ratios 0 to 1, ``usd`` a page, ``calls`` a page.

    ``seconds_per_tile`` where its tiles take a model another time than those of the profile.
    """

    candidate: Candidate
    pages: tuple[int, ...]
    precision: float
    recall: float
    f1: float
    usd: float
    calls: float
    floors: tuple[tuple[str, float], ...] = ()
    seconds_per_tile: float | None = None

    @property
    def fields(self) -> dict[str, Value]:
        """Of a profile, as they become; without confidences."""
        own: dict[str, Value] = dict(self.candidate.values)
        if self.seconds_per_tile is not None:
            own["seconds_per_tile"] = self.seconds_per_tile
        return own


@dataclass(frozen=True, slots=True)
class Preference:
    """What is better: more F1, or with ``min_recall`` (0 to 1) the cheapest that reaches it."""

    min_recall: float = 0.0

    def best(self, scores: Iterable[Score]) -> Score:
        """Raises ValueError for none."""
        every = list(scores)
        enough = [each for each in every if each.recall >= self.min_recall]
        if self.min_recall and enough:
            return min(enough, key=lambda each: (each.usd, -each.f1, each.candidate.rank))
        if self.min_recall:
            return max(every, key=lambda each: (each.recall, -each.usd))
        most = max(each.f1 for each in every)
        near = [each for each in every if each.f1 >= most - NEARLY]
        return min(near, key=lambda each: (each.usd, -each.f1, each.candidate.rank))

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
