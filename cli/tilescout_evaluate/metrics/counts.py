"""Right, wrong and missed, and the ratios that follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """``objects`` there are, ``found`` were reported, ``right`` of these match one each.

    Ratios are 0 to 1, and 0 where there is nothing to divide by.
    """

    objects: int
    found: int
    right: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.found)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.objects)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, self.objects + self.found)

    def shown(self) -> dict[str, float]:
        """For JSON."""
        return {
            "objects": self.objects,
            "found": self.found,
            "right": self.right,
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
        }


def total(parts: Iterable[Counts]) -> Counts:
    """Counts of several pages together."""
    every = list(parts)
    return Counts(
        objects=sum(each.objects for each in every),
        found=sum(each.found for each in every),
        right=sum(each.right for each in every),
    )
