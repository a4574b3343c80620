"""Calls a paid detector within a budget, and again when it is busy."""

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
"""Seconds before a tile is sent again, as an account has a quota of calls per second."""


class BudgetExceeded(Exception):
    """The next call could cost more than the budget allows."""


@dataclass(slots=True)
class Budget:
    """The US dollars that all detectors together may spend."""

    limit_usd: float
    spent_usd: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reserve(self, usd: float) -> None:
        """Reserves an amount. Raises BudgetExceeded."""
        with self._lock:
            if self.spent_usd + usd > self.limit_usd:
                raise BudgetExceeded(
                    f"${self.spent_usd:.4f} of ${self.limit_usd:.2f} are spent, and the next call "
                    f"may cost ${usd:.4f}; raise --budget and try again: answers are cached"
                )
            self.spent_usd += usd

    def release(self, usd: float) -> None:
        with self._lock:
            self.spent_usd -= usd


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetedDetector:
    """A detector that costs ``usd`` per call; a tile reserves ``max_calls`` of the budget first."""

    port: Detector
    usd: float
    max_calls: int
    budget: Budget
    sleep: Callable[[float], None] = time.sleep

    def detect(self, image: bytes, tile: Tile) -> Answer:
        """Returns the answer to one tile.

        Raises BudgetExceeded, and what the detector raises after the last pause.
        """
        for pause in PAUSES:
            try:
                return self._detect_once(image, tile)
            except DetectorUnavailable:
                self.sleep(pause)
        return self._detect_once(image, tile)

    def _detect_once(self, image: bytes, tile: Tile) -> Answer:
        reserved = self.usd * self.max_calls
        self.budget.reserve(reserved)
        try:
            answer = self.port.detect(image, tile)
        except DetectorUnavailable as error:
            self.budget.release(reserved - self.usd * error.billed)
            raise
        self.budget.release(reserved - self.usd * answer.calls)
        return answer
