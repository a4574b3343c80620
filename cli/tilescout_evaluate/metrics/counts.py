"""Counts of objects, detections and true positives, and the ratios between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Counts: each of the ``true_positives`` is one of the ``detections`` that matches one object.

    Ratios are 0 to 1, and 0 if there is nothing to divide by.
    """

    objects: int
    detections: int
    true_positives: int

    @property
    def precision(self) -> float:
        return self.true_positives / max(1, self.detections)

    @property
    def recall(self) -> float:
        return self.true_positives / max(1, self.objects)

    @property
    def f1(self) -> float:
        return 2 * self.true_positives / max(1, self.objects + self.detections)

    def to_json(self) -> dict[str, float]:
        """Returns counts and ratios for JSON."""
        return {
            "objects": self.objects,
            "detections": self.detections,
            "true_positives": self.true_positives,
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
        }


def total(parts: Iterable[Counts]) -> Counts:
    """Returns the counts of several pages together."""
    every = list(parts)
    return Counts(
        objects=sum(part.objects for part in every),
        detections=sum(part.detections for part in every),
        true_positives=sum(part.true_positives for part in every),
    )
