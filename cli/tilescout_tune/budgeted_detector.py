"""A detector that costs money, never asked beyond a cap, and asked again when it is busy."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tilescout.detections import Answer
from tilescout.detectors.port import Detector
from tilescout.errors import DetectorUnavailable
from tilescout.tiling.grid import Tile

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before a tile is asked again: an account has a quota of calls a second."""


class CapReached(Exception):
    """The next call would cost more than was allowed."""


@dataclass(slots=True)
class Purse:
    """What may be spent, by all detectors together, US dollars."""

    cap_usd: float
    spent_usd: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, usd: float) -> None:
        """Raises CapReached."""
        with self._lock:
            if self.spent_usd + usd > self.cap_usd:
                raise CapReached(
                    f"${self.spent_usd:.4f} are spent of ${self.cap_usd:.2f}, and the next call "
                    f"may cost ${usd:.4f}; raise --budget to go on, what was answered is kept"
                )
            self.spent_usd += usd

    def give_back(self, usd: float) -> None:
        with self._lock:
            self.spent_usd -= usd


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidPort:
    """``usd`` a call; a tile takes at most ``most_calls``, which are taken from the purse first."""

    port: Detector
    usd: float
    most_calls: int
    purse: Purse
    sleep: Callable[[float], None] = time.sleep

    def detect(self, image: bytes, tile: Tile) -> Answer:
        """Raises CapReached, and what the detector raises after the last pause."""
        for pause in PAUSES:
            try:
                return self._ask(image, tile)
            except DetectorUnavailable:
                self.sleep(pause)
        return self._ask(image, tile)

    def _ask(self, image: bytes, tile: Tile) -> Answer:
        most = self.usd * self.most_calls
        self.purse.take(most)
        try:
            answer = self.port.detect(image, tile)
        except DetectorUnavailable as error:
            self.purse.give_back(most - self.usd * error.billed)
            raise
        self.purse.give_back(most - self.usd * answer.calls)
        return answer
