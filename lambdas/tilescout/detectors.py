"""The one port to whatever looks at a tile, and what each service takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tilescout.detections import Answer
from tilescout.tiling import Tile


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


LIMITS: dict[str, DetectorLimits] = {
    "textract": DetectorLimits(max_bytes=10_000_000, calls_per_second=10),
    "rekognition-text": DetectorLimits(max_bytes=5_000_000, calls_per_second=25, extra_calls=4),
    "custom-labels": DetectorLimits(max_bytes=4_000_000, calls_per_second=5),
    "onnx": DetectorLimits(max_bytes=10_000_000, calls_per_second=100),
    "pdf-text": DetectorLimits(max_bytes=10_000_000, calls_per_second=100),
}
