"""The port that every detector implements."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from tilescout.detections import Answer
from tilescout.profiles import Profile
from tilescout.tiling.grid import Tile


class Detector(Protocol):
    """Detects what is in one tile's image and answers in page pixels."""

    def detect(self, image: bytes, tile: Tile) -> Answer:
        """Returns the answer for the tile; its ``calls`` counts the billed requests.

        Raises TileRefused where the tile itself is at fault, AnswerLost where a call may have
        been billed without an answer, and DetectorUnavailable for any other reason.
        """
        ...


@runtime_checkable
class PartwiseDetector(Detector, Protocol):
    """A detector that sends a crowded tile once more in parts, each of them a billed call.

    ``look`` and ``detect_parts`` are the two halves of ``detect``, for a caller who takes the
    calls for the parts from a budget only once they are needed. Both raise what ``detect`` does.
    """

    def look(self, image: bytes, tile: Tile) -> Answer | None:
        """Makes the first call; returns None for a crowded tile."""
        ...

    def detect_parts(self, image: bytes, tile: Tile, billed: int) -> Answer:
        """Returns the answer of a crowded tile, in whose ``calls`` ``billed`` earlier ones are."""
        ...


def confidence_asked(profile: Profile) -> float | None:
    """Returns the smallest confidence (0-100) at which any label of the profile is kept.

    It is None where the profile sets none: the model's own threshold of each label holds then.
    """
    floors = profile.min_confidence
    if not profile.labels:
        return min(floors.values(), default=None)
    of_labels = [floors[name] for name in profile.labels if name in floors]
    others = [floors["*"]] if "*" in floors and len(of_labels) < len(profile.labels) else []
    return min(of_labels + others, default=None)
