"""Measures each candidate once and counts the calls that a search would have made."""

from __future__ import annotations

from dataclasses import dataclass, field

from tilescout_tune.candidates import Candidate
from tilescout_tune.preference import Score
from tilescout_tune.trials import Trials


@dataclass(slots=True)
class Table:
    """The sweep as a search sees it; ``answers`` are those that each candidate needs on a page."""

    trials: Trials
    scores: dict[tuple[Candidate, tuple[int, ...]], Score] = field(default_factory=dict)
    answers: dict[tuple[Candidate, int], frozenset[str]] = field(default_factory=dict)
    measured: set[tuple[Candidate, int]] = field(default_factory=set)

    def measure(self, candidate: Candidate, pages: tuple[int, ...]) -> Score:
        self.measured |= {(candidate, page) for page in pages}
        if (candidate, pages) not in self.scores:
            self.scores[candidate, pages] = self.trials.measure(candidate, pages)
        return self.scores[candidate, pages]

    def calls(self) -> int:
        """Returns the number of tiles that were sent, each once, without blank ones."""
        tiles: set[str] = set()
        return len(tiles.union(*map(self._needed, self.measured)))

    def _needed(self, pair: tuple[Candidate, int]) -> frozenset[str]:
        if pair not in self.answers:
            self.trials.cache.used.clear()
            self.trials.measure(pair[0], (pair[1],))
            self.answers[pair] = frozenset(self.trials.cache.used)
        return self.answers[pair]
