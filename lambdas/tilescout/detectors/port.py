"""The one port to whatever looks at a tile, and what each service takes."""

from __future__ import annotations

from typing import Protocol

from tilescout.detections import Answer
from tilescout.profiles import Profile
from tilescout.tiling.grid import Tile


class Detector(Protocol):
    """Looks at one tile's image and answers in page pixels."""

    def detect(self, image: bytes, tile: Tile) -> Answer:
        """All that is in the tile; ``calls`` of the answer counts what is billed.

        Raises TileRefused for this tile's fault, AnswerLost where it may have been
        billed without an answer, DetectorUnavailable for any other reason.
        """
        ...


def confidence_asked(profile: Profile) -> float | None:
    """The smallest confidence (0-100) that a label of the profile may have and be kept.

    None where the profile sets none: the model's own threshold of each label holds then.
    """
    floors = profile.min_confidence
    if not profile.labels:
        return min(floors.values(), default=None)
    of_labels = [floors[name] for name in profile.labels if name in floors]
    others = [floors["*"]] if "*" in floors and len(of_labels) < len(profile.labels) else []
    return min(of_labels + others, default=None)
