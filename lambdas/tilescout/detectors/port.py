"""The one port to whatever looks at a tile, and what each service takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tilescout.detections import Answer
from tilescout.profiles import DetectorName, Profile
from tilescout.tiling.grid import Tile


class Detector(Protocol):
    """Looks at one tile's image and answers in page pixels."""

    def detect(self, image: bytes, tile: Tile) -> Answer:
        """All that is in the tile; ``calls`` of the answer counts what is billed.

        Raises TileRefused for this tile's fault, AnswerLost where it may have been
        billed without an answer, DetectorUnavailable for any other reason.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorLimits:
    """What the service takes: bytes an image, calls a second of one account.

    ``extra_calls`` more calls a tile are possible where a truncated answer is asked again.
    """

    max_bytes: int
    calls_per_second: float
    extra_calls: int = 0

    @property
    def calls_per_tile(self) -> int:
        """The most billed calls that one ask may make."""
        return 1 + self.extra_calls


LIMITS: dict[DetectorName, DetectorLimits] = {
    "textract": DetectorLimits(max_bytes=10_000_000, calls_per_second=10),
    "rekognition-text": DetectorLimits(max_bytes=5_000_000, calls_per_second=25, extra_calls=4),
    # The account's quota. A model of few units answers less; the run sets the pace by its units.
    "custom-labels": DetectorLimits(max_bytes=4_000_000, calls_per_second=50),
    "onnx": DetectorLimits(max_bytes=10_000_000, calls_per_second=100),
    "pdf-text": DetectorLimits(max_bytes=10_000_000, calls_per_second=100),
}


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
