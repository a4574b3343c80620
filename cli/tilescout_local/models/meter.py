"""The meter of a model: what it has cost, counted from the call that started it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# Amazon Rekognition pricing, Custom Labels: one hour of one inference unit.
USD_PER_UNIT_HOUR = 4.0


@dataclass(slots=True)
class PaidTime:
    """A time span in seconds since the epoch during which ``units`` cost; open until ``ended`` is
    set."""

    started: float
    units: int
    ended: float | None = None

    def seconds(self, now: float) -> float:
        return (now if self.ended is None else self.ended) - self.started


@dataclass(slots=True)
class Meter:
    """The counts of one model version.

    No page of AWS says that starting is free, so the cost begins with Start.
    """

    paid: list[PaidTime] = field(default_factory=list)
    answered: int = 0
    throttled: int = 0
    not_ready: int = 0
    last_answered: float | None = None
    control: list[dict[str, Any]] = field(default_factory=list)

    def begin(self, now: float, units: int) -> None:
        """Begins to count cost, unless that has begun already."""
        if not self.paid or self.paid[-1].ended is not None:
            self.paid.append(PaidTime(now, units))

    def end(self, now: float) -> None:
        if self.paid and self.paid[-1].ended is None:
            self.paid[-1].ended = now

    def record_call(self, now: float, call: str, outcome: str) -> None:
        self.control.append({"at": now, "call": call, "outcome": outcome})

    def restarted(self, now: float) -> Meter:
        """Returns an empty meter; a span that is open begins anew now."""
        meter = Meter()
        if self.paid and self.paid[-1].ended is None:
            meter.begin(now, self.paid[-1].units)
        return meter

    def to_json(self, now: float) -> dict[str, Any]:
        """Returns every member, with the seconds and dollars paid until ``now``."""
        unit_seconds = sum(span.seconds(now) * span.units for span in self.paid)
        return {
            **asdict(self),
            "seconds": sum(span.seconds(now) for span in self.paid),
            "unit_seconds": unit_seconds,
            "usd": unit_seconds / 3600 * USD_PER_UNIT_HOUR,
        }
