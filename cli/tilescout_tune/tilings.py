"""Which tiles a setting needs, and which of them were asked for: nobody asks for any twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tilescout_tune.candidates import SECOND_SCALE_AXIS, Candidate, Value

Calls = Callable[[Candidate, int], tuple[int, ...]]
"""How many calls a candidate needs on a page, known before: of its own scale, and of the second
where it has one."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """A page at one scale. So many tiles of the same values are always the same tiles, as their
    stride is balanced: the overlap does not tell them apart, nor does a second scale those of the
    first."""

    values: tuple[tuple[str, Value], ...]
    page: int
    scale: int
    calls: int


@dataclass(slots=True)
class Tilings:
    """``asked`` are those that were looked at, by ``spent`` calls."""

    calls: Calls
    asked: set[Tiling] = field(default_factory=set)
    spent: int = 0
    _known: dict[tuple[Candidate, int], frozenset[Tiling]] = field(default_factory=dict)

    def of(self, candidate: Candidate, pages: Sequence[int]) -> frozenset[Tiling]:
        return frozenset().union(*(self._on_page(candidate, page) for page in pages))

    def total(self, candidates: Iterable[Candidate], pages: Sequence[int]) -> int:
        """Calls of all of them together."""
        return _sum(frozenset().union(*(self.of(each, pages) for each in candidates)))

    def needed(self, candidate: Candidate, pages: Sequence[int]) -> int:
        """Calls that are still to be made for it."""
        return _sum(self.of(candidate, pages) - self.asked)

    def ask(self, candidate: Candidate, pages: Sequence[int]) -> None:
        self.spent += self.needed(candidate, pages)
        self.asked |= self.of(candidate, pages)

    def _on_page(self, candidate: Candidate, page: int) -> frozenset[Tiling]:
        key = candidate, page
        if key not in self._known:
            own, *coarse = self.calls(candidate, page)
            values = candidate.but("overlap", SECOND_SCALE_AXIS), candidate.but("overlap")
            counts = (own, sum(coarse)) if coarse else (own,)
            self._known[key] = frozenset(
                Tiling(values[scale], page, scale, count) for scale, count in enumerate(counts)
            )
        return self._known[key]


def _sum(tilings: Iterable[Tiling]) -> int:
    return sum(each.calls for each in tilings)
