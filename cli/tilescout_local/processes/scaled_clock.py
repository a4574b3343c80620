"""A wall clock that runs faster than the real one, the same in every process of an embedded AWS.

Only ``time.time`` and ``time.time_ns`` are replaced; time-outs are measured with ``monotonic`` and
remain real. This module imports nothing of its package, as the sandboxes' worker loads it by its
file.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

# The environment variable of a process that must install the clock: "<origin> <scale>".
VARIABLE = "EMBEDDED_AWS_CLOCK"
_real = time.time


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """A clock that agrees with the real one at ``origin`` (seconds since the epoch) and runs
    ``scale`` times as fast."""

    origin: float = 0.0
    scale: float = 1.0

    def now(self) -> float:
        """Returns the seconds since the epoch on this clock."""
        real = _real()
        return real if self.scale == 1 else self.origin + (real - self.origin) * self.scale

    def install(self) -> None:
        """Replaces this process's clock; modules that imported ``time.time`` before keep the real
        one."""
        if self.scale != 1:
            time.time = self.now
            time.time_ns = lambda: int(self.now() * 1e9)

    def variable(self) -> str:
        return f"{self.origin!r} {self.scale!r}"


def install(variable: str) -> None:
    """Installs the clock that ``variable`` describes."""
    origin, scale = map(float, variable.split())
    ScaledClock(origin, scale).install()


def starting_now(scale: float) -> ScaledClock:
    return ScaledClock(_real(), scale)
