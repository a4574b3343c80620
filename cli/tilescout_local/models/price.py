"""What a model has cost, counted from the call that started it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# Amazon Rekognition pricing, Custom Labels: an hour of one inference unit.
USD_PER_UNIT_HOUR = 4.0


@dataclass(slots=True)
class PaidTime:
    """Seconds since the epoch at which ``units`` began and ended to cost; open while they do."""

    started: float
    units: int
    ended: float | None = None

    def seconds(self, now: float) -> float:
        return (now if self.ended is None else self.ended) - self.started


@dataclass(slots=True)
class Meter:
    """Counts of one model version. No page says that starting is free, so Start begins to cost."""

    paid: list[PaidTime] = field(default_factory=list)
    answered: int = 0
    throttled: int = 0
    not_ready: int = 0
    last_answered: float | None = None
    control: list[dict[str, Any]] = field(default_factory=list)

    def begin(self, now: float, units: int) -> None:
        """Begin to cost, unless that has begun already."""
        if not self.paid or self.paid[-1].ended is not None:
            self.paid.append(PaidTime(now, units))

    def end(self, now: float) -> None:
        if self.paid and self.paid[-1].ended is None:
            self.paid[-1].ended = now

    def called(self, now: float, call: str, outcome: str) -> None:
        self.control.append({"at": now, "call": call, "outcome": outcome})

    def fresh(self, now: float) -> Meter:
        """A meter of nothing but what is open, which begins now."""
        meter = Meter()
        if self.paid and self.paid[-1].ended is None:
            meter.begin(now, self.paid[-1].units)
        return meter

    def shown(self, now: float) -> dict[str, Any]:
        """Every member, with the seconds and dollars paid until ``now``."""
        unit_seconds = sum(each.seconds(now) * each.units for each in self.paid)
        return {
            **asdict(self),
            "seconds": sum(each.seconds(now) for each in self.paid),
            "unit_seconds": unit_seconds,
            "usd": unit_seconds / 3600 * USD_PER_UNIT_HOUR,
        }
