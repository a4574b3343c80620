"""Scores of candidates, and the rule by which one is better than another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tilescout_tune.candidates import Candidate, Value

F1_TOLERANCE = 0.003
"""The difference in F1 within which two candidates are equal, so that the cheaper one is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The score of a candidate on some pages; ratios 0 to 1, ``usd`` and ``calls`` per page.

    ``seconds_per_tile`` is set if a model takes another time for its tiles than for the profile's.
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
        """The fields of the profile with this candidate, without confidences."""
        own: dict[str, Value] = dict(self.candidate.values)
        if self.seconds_per_tile is not None:
            own["seconds_per_tile"] = self.seconds_per_tile
        return own


@dataclass(frozen=True, slots=True)
class Preference:
    """The preference for more F1 or, with ``min_recall`` (0 to 1), for the cheapest that reaches
    it."""

    min_recall: float = 0.0

    def best(self, scores: Iterable[Score]) -> Score:
        """Returns the best score. Raises ValueError if there is none."""
        every = list(scores)
        enough = [score for score in every if score.recall >= self.min_recall]
        if self.min_recall and enough:
            return min(enough, key=lambda score: (score.usd, -score.f1, score.candidate.rank))
        if self.min_recall:
            return max(every, key=lambda score: (score.recall, -score.usd))
        most = max(score.f1 for score in every)
        near = [score for score in every if score.f1 >= most - F1_TOLERANCE]
        return min(near, key=lambda score: (score.usd, -score.f1, score.candidate.rank))

    def ranked(self, scores: Iterable[Score]) -> list[Score]:
        """Returns all scores, the best first."""
        left = list(scores)
        found = []
        while left:
            found.append(self.best(left))
            left.remove(found[-1])
        return found


def pareto(scores: Iterable[Score]) -> list[Score]:
    """Returns the scores that no other equals for less money, the cheapest first."""
    front: list[Score] = []
    for each in sorted(scores, key=lambda score: (score.usd, -score.f1)):
        if not front or each.f1 > front[-1].f1:
            front.append(each)
    return front
