"""One model version and its life cycle: how Start, Stop, time and overrides change it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from tilescout_local.errors import ApiError
from tilescout_local.models.meter import Meter
from tilescout_local.models.throughput import TokenBucket
from tilescout_local.models.training.record import Outcome, Training

# DescribeProjectVersions, Status.
Status = Literal[
    "TRAINING_IN_PROGRESS", "TRAINING_COMPLETED", "TRAINING_FAILED", "STARTING", "RUNNING",
    "FAILED", "STOPPING", "STOPPED", "DELETING", "COPYING_IN_PROGRESS", "COPYING_COMPLETED",
    "COPYING_FAILED", "DEPRECATED", "EXPIRED",
]  # fmt: skip
STARTABLE = frozenset({"TRAINING_COMPLETED", "COPYING_COMPLETED", "STOPPED", "FAILED"})
PAID = frozenset({"STARTING", "RUNNING", "STOPPING"})
StopWhileStarting = Literal["accepted", "refused"]
StartEnds = Literal["RUNNING", "FAILED", "STUCK"]
DetectorName = Literal["symbols", "solid-rectangles", "none"]

_MESSAGES = {
    "STARTING": "The model is being started.",
    "RUNNING": "The model is running.",
    "FAILED": "The model failed to start.",
    "STOPPING": "The model is being stopped.",
    "STOPPED": "The model is stopped.",
    "TRAINING_IN_PROGRESS": "The model is being trained.",
    "TRAINING_COMPLETED": "The model is ready to run.",
}


@dataclass(slots=True, kw_only=True)
class Behaviour:
    """The behaviour of a version, times in seconds.

    ``next_start`` applies to the next start only. No page of AWS says whether a stop is accepted
    while a model starts, so both behaviours are possible.
    """

    start_delay: float = 10.0
    stop_delay: float = 5.0
    stop_while_starting: StopWhileStarting = "accepted"
    next_start: StartEnds = "RUNNING"
    tiles_per_second_per_unit: float = 2.8
    detector: DetectorName = "symbols"


@dataclass(slots=True, kw_only=True)
class ModelVersion:
    """A version in its state at the last ``settle``; every other method settles first."""

    arn: str
    project_arn: str
    created_at: float
    model_file: Path
    behaviour: Behaviour = field(default_factory=Behaviour)
    training: Training | None = None
    status: Status = "TRAINING_COMPLETED"
    message: str = _MESSAGES["TRAINING_COMPLETED"]
    units: int = 0
    max_units: int | None = None
    meter: Meter = field(default_factory=Meter)
    pace: TokenBucket = field(default_factory=TokenBucket)
    due: tuple[float, Status] | None = None

    @property
    def project(self) -> str:
        return self.arn.split("/")[1]

    @property
    def name(self) -> str:
        return self.arn.split("/")[3]

    @property
    def in_training(self) -> bool:
        return self.status == "TRAINING_IN_PROGRESS"

    def begin_training(self, training: Training) -> None:
        self.training = training
        self._become(training.begun_at, "TRAINING_IN_PROGRESS")

    def end_training(self, now: float, model_file: Path, outcome: Outcome) -> None:
        """Takes over the trained model; the status changes unless an override has changed it
        before."""
        assert self.training is not None, "only a training that began ends"
        self.model_file = model_file
        self.training.ended_at, self.training.outcome = now, outcome
        self.training.billable = now - self.training.begun_at
        if self.in_training:
            self._become(now, "TRAINING_COMPLETED")

    def fail_training(self, now: float, message: str) -> None:
        """Ends a training as failed, which is not billed."""
        assert self.training is not None, "only a training that began fails"
        self.training.ended_at = now
        if self.in_training:
            self._become(now, "TRAINING_FAILED")
            self.message = message

    def settle(self, now: float) -> None:
        """Makes a change that became due, at the time at which it was due."""
        if self.due is not None and now >= self.due[0]:
            self._become(*self.due)

    def start(self, now: float, units: int, max_units: int | None) -> Status:
        """Accepts a start and begins to cost.

        Raises ApiError ResourceInUseException unless the version is trained and down.
        """
        self.settle(now)
        if self.status not in STARTABLE:
            raise self._in_use("started")
        self.units, self.max_units = units, max_units
        self.meter.begin(now, units)
        ends, self.behaviour.next_start = self.behaviour.next_start, "RUNNING"
        self._become(now, "STARTING")
        if ends != "STUCK":
            self.due = (now + self.behaviour.start_delay, ends)
        return self.status

    def stop(self, now: float) -> Status:
        """Accepts a stop.

        Raises ApiError ResourceInUseException unless the version runs, or starts and may be stopped
        then.
        """
        self.settle(now)
        may_stop = {"RUNNING"}
        if self.behaviour.stop_while_starting == "accepted":
            may_stop.add("STARTING")
        if self.status not in may_stop:
            raise self._in_use("stopped")
        self._become(now, "STOPPING")
        self.due = (now + self.behaviour.stop_delay, "STOPPED")
        return self.status

    def force(self, now: float, status: Status, message: str, units: int) -> None:
        """Sets a status from outside, which lasts until something else changes it."""
        self.settle(now)
        if status in PAID and self.status not in PAID:
            self.units, self.max_units = units, None
            self.meter.begin(now, units)
        self._become(now, status)
        self.message = message or self.message

    def admit(self, now: float) -> None:
        """Admits one image.

        Raises ApiError ResourceNotReadyException unless the version runs, and
        ProvisionedThroughputExceededException over its rate.
        """
        self.require_running(now)
        if not self.pace.take(now, self.behaviour.tiles_per_second_per_unit * self.units):
            self.meter.throttled += 1
            raise ApiError("ProvisionedThroughputExceededException",
                           "Provisioned rate exceeded for this model")  # fmt: skip

    def require_running(self, now: float) -> None:
        """Raises ApiError ResourceNotReadyException unless the version runs."""
        self.settle(now)
        if self.status != "RUNNING":
            self.meter.not_ready += 1
            raise ApiError("ResourceNotReadyException",
                           f"The model {self.arn} is not ready: it is {self.status}")  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Returns the version and its behaviour, for the control endpoint."""
        return {
            "arn": self.arn,
            "project_arn": self.project_arn,
            "project": self.project,
            "version": self.name,
            "status": self.status,
            "message": self.message,
            "units": self.units,
            "max_units": self.max_units,
            **asdict(self.behaviour),
        }

    def _become(self, at: float, status: Status) -> None:
        self.due = None
        if status == "RUNNING" and self.status != "RUNNING":
            self.pace = TokenBucket()
        self.status = status
        self.message = _MESSAGES.get(status, "")
        if status not in PAID:
            self.meter.end(at)

    def _in_use(self, verb: str) -> ApiError:
        return ApiError(
            "ResourceInUseException",
            f"The project version {self.name} cannot be {verb} while it is {self.status}",
        )
