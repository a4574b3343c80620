"""Faults: what goes wrong, where and when. Each waits at a point for its time and count."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Effect = Literal["before", "after", "no answer"]
"""The caller fails before the call, fails after its effect, or never learns of the effect."""

WORKER = "worker"
"""The point between a detector's answer and its commit."""
WORKER_LATE = "worker, late"
"""The point between the commit and the end of the message."""


class ServiceError(Exception):
    """An error that a service answers with; ``code`` is empty where no answer came."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True, kw_only=True)
class Fault:
    """``point`` is "call:<operation>", "lambda:<state or function>" or a WORKER; a last * is any.

    Hits at most ``times`` in ``seconds`` from the epoch second ``since`` on.
    """

    point: str
    since: float
    seconds: float = 1e9
    times: int = 1_000_000_000
    effect: Effect = "before"
    code: str = "InternalServerError"
    hits: int = 0

    def _is_at(self, point: str) -> bool:
        if self.point.endswith("*"):
            return point.startswith(self.point[:-1])
        return point == self.point

    def hits_at(self, point: str, now_ms: int) -> bool:
        begin = self.since * 1000
        return (
            self._is_at(point)
            and self.hits < self.times
            and begin <= now_ms < begin + self.seconds * 1000
        )


@dataclass(slots=True)
class Faults:
    """All faults of one scenario."""

    waiting: list[Fault] = field(default_factory=list)

    def at(self, point: str, now_ms: int) -> Fault | None:
        """Returns the fault that hits now, counted as a hit."""
        for fault in self.waiting:
            if fault.hits_at(point, now_ms):
                fault.hits += 1
                return fault
        return None

    @property
    def hits(self) -> int:
        return sum(fault.hits for fault in self.waiting)
