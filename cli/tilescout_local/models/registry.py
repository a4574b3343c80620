"""Keeps all projects and model versions of the account, safe for the threads of the server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilescout_local.engines.symbol_detector import SAMPLE_MODEL
from tilescout_local.errors import ApiError
from tilescout_local.models.arns import NAME, full_name, project_arn, version_arn
from tilescout_local.models.throughput import TokenBucket
from tilescout_local.models.training.record import Outcome, Training
from tilescout_local.models.version import PAID, Behaviour, DetectorName, ModelVersion, Status

# Amazon Rekognition quotas, Custom Labels.
MAX_RUNNING_MODELS = 2
MAX_UNITS_PER_MODEL = 5
MAX_DETECT_PER_SECOND = 50.0
MAX_TRAININGS = 2

SAMPLE_PROJECT = "sample-symbols"
SAMPLE_VERSION = "v1"

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Project:
    """A project; its versions are in the registry."""

    arn: str
    name: str
    created_at: float


class ModelRegistry:
    """The projects and versions, with the errors of the real operations; all times are of
    ``clock``."""

    def __init__(self, clock: Clock, *, region: str, account: str) -> None:
        self._clock = clock
        self._region, self._account = region, account
        self._projects: dict[str, Project] = {}
        self._versions: dict[str, ModelVersion] = {}
        self._account_pace = TokenBucket()
        self._lock = threading.RLock()

    def create_project(self, name: str) -> Project:
        """Creates a project. Raises ApiError ResourceInUseException if its name exists already."""
        with self._lock:
            if name in self._projects:
                raise ApiError("ResourceInUseException", f"The project {name} exists already")
            now = self._clock()
            project = Project(project_arn(self._region, self._account, name, now), name, now)
            self._projects[name] = project
            return project

    def projects(self) -> list[Project]:
        """Returns the projects in the order of their creation."""
        with self._lock:
            return list(self._projects.values())

    def add_version(self, name: str, behaviour: Behaviour) -> ModelVersion:
        """Adds a trained version with the name "project/version"; a missing project is created.

        Raises ValueError if the name is malformed or exists already.
        """
        with self._lock:
            project_name, _, version = name.partition("/")
            if not (NAME.fullmatch(project_name) and NAME.fullmatch(version)):
                raise ValueError(f"a model's name is project/version, not {name}")
            project = self._projects.get(project_name) or self.create_project(project_name)
            if self._has_version(name):
                raise ValueError(f"there is a model {name} already")
            return self._add(project, version, behaviour)

    def _has_version(self, name: str) -> bool:
        return any(full_name(arn) == name for arn in self._versions)

    def _add(self, project: Project, version: str, behaviour: Behaviour) -> ModelVersion:
        now = self._clock()
        arn = version_arn(project.arn, version, now)
        self._versions[arn] = ModelVersion(
            arn=arn,
            project_arn=project.arn,
            created_at=now,
            model_file=SAMPLE_MODEL,
            behaviour=behaviour,
        )
        return self._versions[arn]

    def begin_training(self, project_arn: str, version: str, training: Training) -> ModelVersion:
        """Adds a version that is in training from now on.

        Raises ApiError ResourceNotFoundException, ResourceInUseException if the project has a
        version of that name, or LimitExceededException while `MAX_TRAININGS` others are in
        training.
        """
        with self._lock:
            project = self.project(project_arn)
            if self._has_version(f"{project.name}/{version}"):
                raise ApiError(
                    "ResourceInUseException",
                    f"The project {project.name} has a version {version} already",
                )
            if sum(version.in_training for version in self._settled()) >= MAX_TRAININGS:
                raise ApiError("LimitExceededException",
                               f"{MAX_TRAININGS} models are in training, the limit")  # fmt: skip
            begun = self._add(project, version, Behaviour())
            begun.begin_training(training)
            return begun

    def report_training_progress(self, arn: str, message: str) -> None:
        """Sets the version's message to the progress of its training."""
        with self._lock:
            if arn in self._versions:
                self._versions[arn].message = message

    def end_training(self, arn: str, model_file: Path, outcome: Outcome) -> None:
        """Completes a training: the version can be started, and detects with the model in the
        file."""
        with self._lock:
            self._version(arn).end_training(self._clock(), model_file, outcome)

    def fail_training(self, arn: str, message: str) -> None:
        """Fails a training: the version can never be started."""
        with self._lock:
            self._version(arn).fail_training(self._clock(), message)

    def remove_version(self, arn: str) -> None:
        """Removes a version.

        Raises ApiError ResourceNotFoundException, or ResourceInUseException while it is in training
        or up.
        """
        with self._lock:
            version = self._version(arn)
            version.settle(self._clock())
            if version.in_training or version.status in PAID:
                raise ApiError("ResourceInUseException",
                               f"The version {version.name} is {version.status}")  # fmt: skip
            del self._versions[arn]

    def remove_project(self, arn: str) -> None:
        """Removes a project.

        Raises ApiError ResourceNotFoundException, or ResourceInUseException while it has versions.
        """
        with self._lock:
            project = self.project(arn)
            if any(version.project_arn == arn for version in self._versions.values()):
                raise ApiError("ResourceInUseException", f"The project {project.name} has models")
            del self._projects[project.name]

    def project(self, arn: str) -> Project:
        """Returns the project with the ARN. Raises ApiError ResourceNotFoundException."""
        with self._lock:
            for project in self._projects.values():
                if project.arn == arn:
                    return project
            raise ApiError("ResourceNotFoundException", f"No project {arn}")

    def versions(self, project_arn: str) -> list[ModelVersion]:
        """Returns the project's versions as they are now, the newest first.

        Raises ApiError ResourceNotFoundException.
        """
        with self._lock:
            self.project(project_arn)
            found = [version for version in self._settled() if version.project_arn == project_arn]
            return found[::-1]

    def start(self, arn: str, units: int, max_units: int | None) -> Status:
        """Starts a version and returns its status.

        Raises ApiError ResourceNotFoundException, ResourceInUseException or LimitExceededException.
        """
        with self._lock:
            version = self._version(arn)
            return self._recorded(version, "StartProjectVersion",
                               lambda: self._start(version, units, max_units))  # fmt: skip

    def _start(self, version: ModelVersion, units: int, max_units: int | None) -> Status:
        if max(units, max_units or 0) > MAX_UNITS_PER_MODEL:
            raise ApiError(
                "LimitExceededException", f"At most {MAX_UNITS_PER_MODEL} inference units per model"
            )
        others = [each for each in self._settled() if each.status in PAID and each is not version]
        if len(others) >= MAX_RUNNING_MODELS:
            raise ApiError("LimitExceededException",
                           f"{MAX_RUNNING_MODELS} models are running, the limit")  # fmt: skip
        return version.start(self._clock(), units, max_units)

    def stop(self, arn: str) -> Status:
        """Stops a version and returns its status.

        Raises ApiError ResourceNotFoundException or ResourceInUseException.
        """
        with self._lock:
            version = self._version(arn)
            return self._recorded(version, "StopProjectVersion",
                               lambda: version.stop(self._clock()))  # fmt: skip

    def _recorded(self, version: ModelVersion, call: str, act: Callable[[], Status]) -> Status:
        now = self._clock()
        try:
            outcome = act()
        except ApiError as error:
            version.meter.record_call(now, call, error.code)
            raise
        version.meter.record_call(now, call, outcome)
        return outcome

    def require_running(self, arn: str) -> None:
        """Raises ApiError ResourceNotFoundException or ResourceNotReadyException unless the version
        runs."""
        with self._lock:
            self._version(arn).require_running(self._clock())

    def admit(self, arn: str) -> DetectorName:
        """Admits one image now and returns the detector for it.

        Raises ApiError ResourceNotReadyException, ThrottlingException over the account's rate, or
        ProvisionedThroughputExceededException over the model's rate.
        """
        with self._lock:
            version = self._version(arn)
            version.require_running(self._clock())
            if not self._account_pace.take(self._clock(), MAX_DETECT_PER_SECOND):
                version.meter.throttled += 1
                raise ApiError("ThrottlingException", "Rate exceeded")
            version.admit(self._clock())
            return version.behaviour.detector

    def model_file(self, arn: str) -> Path:
        """Returns the file of the version's model. Raises ApiError ResourceNotFoundException."""
        with self._lock:
            return self._version(arn).model_file

    def answered(self, arn: str) -> None:
        """Counts one answered image."""
        with self._lock:
            meter = self._version(arn).meter
            meter.answered += 1
            meter.last_answered = self._clock()

    def rows(self) -> list[dict[str, Any]]:
        """Returns every version as it is now, with its behaviour."""
        with self._lock:
            return [version.to_json() for version in self._settled()]

    def change(self, model: str, behaviour: dict[str, Any]) -> dict[str, Any]:
        """Changes members of the Behaviour of a version, given by its ARN or "project/version".

        Raises ValueError if there is no such version.
        """
        with self._lock:
            version = self._version_named(model)
            for name, value in behaviour.items():
                setattr(version.behaviour, name, value)
            return version.to_json()

    def force(self, model: str, status: Status, message: str, units: int) -> dict[str, Any]:
        """Forces a status on a version from outside. Raises ValueError if there is no such
        version."""
        with self._lock:
            version, now = self._version_named(model), self._clock()
            version.force(now, status, message, units)
            version.meter.record_call(now, f"forced {status}", status)
            return version.to_json()

    def meters(self) -> dict[str, dict[str, Any]]:
        """Returns the meters by version ARN."""
        with self._lock:
            now = self._clock()
            return {version.arn: version.meter.to_json(now) for version in self._settled()}

    def reset_meters(self) -> None:
        """Resets counts and costs; a model that is up begins to cost now."""
        with self._lock:
            now = self._clock()
            for version in self._settled():
                version.meter = version.meter.restarted(now)

    def _settled(self) -> list[ModelVersion]:
        now = self._clock()
        for version in self._versions.values():
            version.settle(now)
        return list(self._versions.values())

    def _version(self, arn: str) -> ModelVersion:
        version = self._versions.get(arn)
        if version is None:
            raise ApiError("ResourceNotFoundException", f"No project version {arn}")
        return version

    def _version_named(self, model: str) -> ModelVersion:
        for version in self._settled():
            if model in (version.arn, full_name(version.arn)):
                return version
        known = ", ".join(map(full_name, self._versions))
        raise ValueError(f"there is no model {model}; there are {known}")


def add_sample_model(registry: ModelRegistry) -> None:
    """Adds a trained version that knows the symbols of the sample drawings."""
    registry.add_version(f"{SAMPLE_PROJECT}/{SAMPLE_VERSION}", Behaviour())
