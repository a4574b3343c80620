"""Tracks which tiles a candidate needs and which were sent before, as no tile is sent twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tilescout_tune.candidates import SECOND_SCALE_AXIS, Candidate, Value

Calls = Callable[[Candidate, int], tuple[int, ...]]
"""A function to the calls that a candidate needs on a page, known in advance: those of its own
scale, and those of the second scale if it has one."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """The tiles of a page at one scale.

    As the stride is balanced, as many tiles of the same values are always the same tiles: neither
    the overlap nor, for the first scale, the second scale tells them apart.
    """

    values: tuple[tuple[str, Value], ...]
    page: int
    scale: int
    calls: int


@dataclass(slots=True)
class Tilings:
    """The tilings; ``sent`` are those measured so far, with ``spent`` calls."""

    calls: Calls
    sent: set[Tiling] = field(default_factory=set)
    spent: int = 0
    _known: dict[tuple[Candidate, int], frozenset[Tiling]] = field(default_factory=dict)

    def of(self, candidate: Candidate, pages: Sequence[int]) -> frozenset[Tiling]:
        return frozenset().union(*(self._on_page(candidate, page) for page in pages))

    def total(self, candidates: Iterable[Candidate], pages: Sequence[int]) -> int:
        """Returns the calls of all candidates together."""
        return _sum(frozenset().union(*(self.of(candidate, pages) for candidate in candidates)))

    def needed(self, candidate: Candidate, pages: Sequence[int]) -> int:
        """Returns the calls that are still to be made for a candidate."""
        return _sum(self.of(candidate, pages) - self.sent)

    def mark_sent(self, candidate: Candidate, pages: Sequence[int]) -> None:
        self.spent += self.needed(candidate, pages)
        self.sent |= self.of(candidate, pages)

    def _on_page(self, candidate: Candidate, page: int) -> frozenset[Tiling]:
        key = candidate, page
        if key not in self._known:
            own, *coarse = self.calls(candidate, page)
            values = candidate.without("overlap", SECOND_SCALE_AXIS), candidate.without("overlap")
            counts = (own, sum(coarse)) if coarse else (own,)
            self._known[key] = frozenset(
                Tiling(values[scale], page, scale, count) for scale, count in enumerate(counts)
            )
        return self._known[key]


def _sum(tilings: Iterable[Tiling]) -> int:
    return sum(tiling.calls for tiling in tilings)
