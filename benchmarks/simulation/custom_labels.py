"""A Custom Labels model: its status machine, its rate, and a meter of what it is paid for."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.simulation.clock import Clock, Sleeping
from benchmarks.simulation.faults import Faults, ServiceError
from tilescout.runs.model_lifecycle import STARTABLE, UP

CALLS_PER_SECOND = 50
"""The quota of DetectCustomLabels calls of one account and region."""
CONTROL_CALLS_PER_SECOND = 5
BILLED = ("RUNNING", "STOPPING")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """``start_minutes`` are (least, most); a start takes a time between, by the seed.

    ``fails`` and ``sticks`` say of the n-th start (from 0) whether it ends FAILED, and whether it
    stays STARTING for ``stuck_minutes``. Latency is that of one DetectCustomLabels call.
    """

    start_minutes: tuple[float, float] = (10, 20)
    stop_seconds: float = 60
    tiles_per_second_per_unit: float = 2.8
    latency: float = 0.6
    stop_while_starting: Literal["accepted", "refused"] = "accepted"
    fails: Callable[[int], bool] = lambda _: False
    sticks: Callable[[int], bool] = lambda _: False
    stuck_minutes: float = 240


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the event log: from ``at_ms`` on the model is ``status`` with ``units``."""

    at_ms: int
    status: str
    units: int
    by: str


@dataclass(slots=True)
class Meter:
    """Unit-milliseconds by status, added up as time passes."""

    unit_ms: dict[str, int] = field(default_factory=dict)

    def add(self, status: str, units: int, milliseconds: int) -> None:
        self.unit_ms[status] = self.unit_ms.get(status, 0) + units * milliseconds

    def billed_ms(self, *, starting_is_billed: bool) -> int:
        statuses = (*BILLED, "STARTING") if starting_is_billed else BILLED
        return sum(self.unit_ms.get(status, 0) for status in statuses)


class Rate:
    """A limit of so many calls per second, none saved up for longer than a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._saved = 0.0
        self._at_ms = clock.now_ms

    def takes(self, calls_per_second: float) -> bool:
        passed = (self._clock.now_ms - self._at_ms) / 1000
        self._at_ms = self._clock.now_ms
        most = max(1.0, calls_per_second)
        self._saved = min(most, self._saved + passed * calls_per_second)
        if self._saved < 1:
            return False
        self._saved -= 1
        return True


class CustomLabels:
    """One project version. Calls raise ServiceError; whoever calls names himself ``by``.

    ``stops`` are (who stopped it, who had started it).
    """

    def __init__(self, clock: Clock, settings: ModelSettings, faults: Faults, seed: int) -> None:
        self.clock = clock
        self.settings = settings
        self.faults = faults
        self.status = "STOPPED"
        self.units = 0
        self.log: list[Change] = []
        self.meters: dict[str, Meter] = {}
        self.started_by = ""
        self.starts = 0
        self.stops: list[tuple[str, str]] = []
        self.account_calls_per_second: float = CALLS_PER_SECOND
        self._since_ms = clock.now_ms
        self._era = 0
        self._random = random.Random(seed)
        self._of_model = Rate(clock)
        self._of_account = Rate(clock)

    def meter(self, by: str) -> Meter:
        return self.meters.setdefault(by, Meter())

    def read_meters(self) -> None:
        """Brings the meters up to now."""
        passed = self.clock.now_ms - self._since_ms
        if self.started_by:
            self.meter(self.started_by).add(self.status, self.units, passed)
        self._since_ms = self.clock.now_ms

    def _become(self, status: str) -> None:
        self.read_meters()
        self.status = status
        self._era += 1
        self.log.append(Change(self.clock.now_ms, status, self.units, self.started_by))

    def _later(self, seconds: float, status: str) -> None:
        era = self._era

        def become() -> None:
            if self._era == era:
                self._become(status)

        self.clock.after(seconds, become)

    def describe(self) -> str:
        self._call("DescribeProjectVersions", lambda: None)
        return self.status

    def start(self, by: str, units: int) -> None:
        self._call("StartProjectVersion", lambda: self._start(by, units))

    def stop(self, by: str) -> None:
        self._call("StopProjectVersion", lambda: self._stop(by))

    def _call(self, operation: str, effect: Callable[[], None]) -> None:
        fault = self.faults.at(f"call:{operation}", self.clock.now_ms)
        if fault is None or fault.effect != "before":
            effect()
        if fault is not None:
            raise ServiceError("" if fault.effect == "no answer" else fault.code)

    def _start(self, by: str, units: int) -> None:
        if self.status not in STARTABLE:
            raise ServiceError("ResourceInUseException")
        self.read_meters()
        number, self.starts = self.starts, self.starts + 1
        self.started_by, self.units = by, units
        self._become("STARTING")
        seconds = 60 * self._random.uniform(*self.settings.start_minutes)
        if self.settings.sticks(number):
            seconds = 60 * self.settings.stuck_minutes
        self._later(seconds, "FAILED" if self.settings.fails(number) else "RUNNING")

    def _stop(self, by: str) -> None:
        refuses = self.settings.stop_while_starting == "refused"
        if self.status not in UP or (self.status == "STARTING" and refuses):
            raise ServiceError("ResourceInUseException")
        self.stops.append((by, self.started_by))
        self._become("STOPPING")
        self._later(self.settings.stop_seconds, "STOPPED")

    def detect(self, refusal: str = "") -> Sleeping:
        """Makes one DetectCustomLabels call. ``refusal`` is the error that this image gets."""
        yield self.settings.latency
        fault = self.faults.at("call:DetectCustomLabels", self.clock.now_ms)
        if fault is not None:
            raise ServiceError(fault.code)
        if self.status != "RUNNING":
            raise ServiceError("ResourceNotReadyException")
        if not self._of_account.takes(self.account_calls_per_second):
            raise ServiceError("ThrottlingException")
        if not self._of_model.takes(self.units * self.settings.tiles_per_second_per_unit):
            raise ServiceError("ProvisionedThroughputExceededException")
        if refusal:
            raise ServiceError(refusal)


def metered_from(log: list[Change], by: str, end_ms: int) -> Meter:
    """Returns the meter of ``by`` once more, from the event log alone."""
    meter = Meter()
    ends = [*(change.at_ms for change in log[1:]), end_ms]
    for change, end in zip(log, ends, strict=True):
        if change.by == by:
            meter.add(change.status, change.units, end - change.at_ms)
    return meter
