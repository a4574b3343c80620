"""The two sides of a comparison: the first documents of a version, and those of the last days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tilescout.drift.comparison import FigureChange, compare
from tilescout.drift.sheet_figures import SheetFigures

MAX_BASELINE = 200
"""Documents of the baseline: more would take long to gather, and hide a slow change."""
RECENT_SECONDS = 2 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The documents of the baseline, and the recent ones, which are not in it."""

    baseline: tuple[SheetFigures, ...] = ()
    recent: tuple[SheetFigures, ...] = ()

    def compared(self) -> tuple[FigureChange, ...]:
        """Returns every figure that both sides have, the least likely change first."""
        return compare(self.baseline, self.recent)

    def moved(self) -> tuple[FigureChange, ...]:
        """Returns the figures that have changed by more than chance, and enough to matter."""
        return tuple(change for change in self.compared() if change.has_moved)


def of_version(figures: Iterable[SheetFigures], version: str) -> Iterator[SheetFigures]:
    """Yields the figures of documents that this version alone answered."""
    return (each for each in figures if each.version == version)
