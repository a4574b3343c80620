"""All projects and model versions of the account, safe for the threads of the server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilescout_local.apis.answers import ApiError
from tilescout_local.engines.symbol_detector import SAMPLE_MODEL
from tilescout_local.models.arns import NAME, full_name, project_arn, version_arn
from tilescout_local.models.throughput import TokenBucket
from tilescout_local.models.training import Outcome, Training
from tilescout_local.models.version import PAID, Behaviour, DetectorName, ModelVersion, Status

# Amazon Rekognition quotas, Custom Labels.
RUNNING_MODELS = 2
UNITS_PER_MODEL = 5
DETECT_TPS = 50.0
TRAININGS = 2

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Project:
    """A project; its versions are in the registry."""

    arn: str
    name: str
    created_at: float


class ModelRegistry:
    """Answers with ApiError of the real operations; every time is that of ``clock``."""

    def __init__(self, clock: Clock, *, region: str, account: str) -> None:
        self._clock = clock
        self._region, self._account = region, account
        self._projects: dict[str, Project] = {}
        self._versions: dict[str, ModelVersion] = {}
        self._account_pace = TokenBucket()
        self._lock = threading.RLock()

    def create_project(self, name: str) -> Project:
        """Raises ApiError ResourceInUseException where there is one of that name."""
        with self._lock:
            if name in self._projects:
                raise ApiError("ResourceInUseException", f"The project {name} exists already")
            now = self._clock()
            project = Project(project_arn(self._region, self._account, name, now), name, now)
            self._projects[name] = project
            return project

    def projects(self) -> list[Project]:
        """In the order of their making."""
        with self._lock:
            return list(self._projects.values())

    def add_version(self, name: str, behaviour: Behaviour) -> ModelVersion:
        """A trained version by its name "project/version"; a missing project is made.

        Raises ValueError where there is one of that name, or it is no name.
        """
        with self._lock:
            project_name, _, version = name.partition("/")
            if not (NAME.fullmatch(project_name) and NAME.fullmatch(version)):
                raise ValueError(f"a model's name is project/version, not {name}")
            project = self._projects.get(project_name) or self.create_project(project_name)
            if self._has(name):
                raise ValueError(f"there is a model {name} already")
            return self._added(project, version, behaviour)

    def _has(self, name: str) -> bool:
        return any(full_name(arn) == name for arn in self._versions)

    def _added(self, project: Project, version: str, behaviour: Behaviour) -> ModelVersion:
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
        """A version that is in training from now on.

        Raises ApiError ResourceNotFoundException, ResourceInUseException where the project has
        one of that name, LimitExceededException while `TRAININGS` others are in training.
        """
        with self._lock:
            project = self.project(project_arn)
            if self._has(f"{project.name}/{version}"):
                raise ApiError(
                    "ResourceInUseException",
                    f"The project {project.name} has a version {version} already",
                )
            if sum(each.in_training for each in self._settled()) >= TRAININGS:
                raise ApiError("LimitExceededException",
                               f"{TRAININGS} models are in training, no more may")  # fmt: skip
            begun = self._added(project, version, Behaviour())
            begun.begin_training(training)
            return begun

    def say_of_training(self, arn: str, message: str) -> None:
        """Tell how far it has come, as the version's message."""
        with self._lock:
            if arn in self._versions:
                self._versions[arn].message = message

    def end_training(self, arn: str, model_file: Path, outcome: Outcome) -> None:
        """The version can be started from now on, and finds what the model in the file finds."""
        with self._lock:
            self._found(arn).end_training(self._clock(), model_file, outcome)

    def fail_training(self, arn: str, message: str) -> None:
        """The version can never be started."""
        with self._lock:
            self._found(arn).fail_training(self._clock(), message)

    def remove_version(self, arn: str) -> None:
        """Raises ApiError ResourceNotFoundException, ResourceInUseException while it is in training
        or up."""
        with self._lock:
            version = self._found(arn)
            version.settle(self._clock())
            if version.in_training or version.status in PAID:
                raise ApiError("ResourceInUseException",
                               f"The version {version.name} is {version.status}")  # fmt: skip
            del self._versions[arn]

    def remove_project(self, arn: str) -> None:
        """Raises ApiError ResourceNotFoundException, ResourceInUseException while it has
        versions."""
        with self._lock:
            project = self.project(arn)
            if any(each.project_arn == arn for each in self._versions.values()):
                raise ApiError("ResourceInUseException", f"The project {project.name} has models")
            del self._projects[project.name]

    def project(self, arn: str) -> Project:
        """Raises ApiError ResourceNotFoundException."""
        with self._lock:
            for project in self._projects.values():
                if project.arn == arn:
                    return project
            raise ApiError("ResourceNotFoundException", f"No project {arn}")

    def versions(self, project_arn: str) -> list[ModelVersion]:
        """The project's versions as they are now, newest first.

        Raises ApiError ResourceNotFoundException.
        """
        with self._lock:
            self.project(project_arn)
            found = [each for each in self._settled() if each.project_arn == project_arn]
            return found[::-1]

    def start(self, arn: str, units: int, max_units: int | None) -> Status:
        """Raises ApiError ResourceNotFoundException, ResourceInUseException or
        LimitExceededException."""
        with self._lock:
            version = self._found(arn)
            return self._noted(version, "StartProjectVersion",
                               lambda: self._start(version, units, max_units))  # fmt: skip

    def _start(self, version: ModelVersion, units: int, max_units: int | None) -> Status:
        if max(units, max_units or 0) > UNITS_PER_MODEL:
            raise ApiError(
                "LimitExceededException", f"At most {UNITS_PER_MODEL} inference units a model"
            )
        others = [each for each in self._settled() if each.status in PAID and each is not version]
        if len(others) >= RUNNING_MODELS:
            raise ApiError("LimitExceededException",
                           f"{RUNNING_MODELS} models are running, no more may")  # fmt: skip
        return version.start(self._clock(), units, max_units)

    def stop(self, arn: str) -> Status:
        """Raises ApiError ResourceNotFoundException or ResourceInUseException."""
        with self._lock:
            version = self._found(arn)
            return self._noted(version, "StopProjectVersion",
                               lambda: version.stop(self._clock()))  # fmt: skip

    def _noted(self, version: ModelVersion, call: str, act: Callable[[], Status]) -> Status:
        now = self._clock()
        try:
            outcome = act()
        except ApiError as error:
            version.meter.called(now, call, error.code)
            raise
        version.meter.called(now, call, outcome)
        return outcome

    def require_running(self, arn: str) -> None:
        """Raises ApiError ResourceNotFoundException or ResourceNotReadyException."""
        with self._lock:
            self._found(arn).require_running(self._clock())

    def admit(self, arn: str) -> DetectorName:
        """The detector for one image that comes now.

        Raises ApiError ResourceNotReadyException, ThrottlingException over the account's rate,
        ProvisionedThroughputExceededException over the model's.
        """
        with self._lock:
            version = self._found(arn)
            version.require_running(self._clock())
            if not self._account_pace.take(self._clock(), DETECT_TPS):
                version.meter.throttled += 1
                raise ApiError("ThrottlingException", "Rate exceeded")
            version.admit(self._clock())
            return version.behaviour.detector

    def model_file(self, arn: str) -> Path:
        """What the version finds with. Raises ApiError ResourceNotFoundException."""
        with self._lock:
            return self._found(arn).model_file

    def answered(self, arn: str) -> None:
        """Count one answer."""
        with self._lock:
            meter = self._found(arn).meter
            meter.answered += 1
            meter.last_answered = self._clock()

    def rows(self) -> list[dict[str, Any]]:
        """Every version as it is now, with its behaviour."""
        with self._lock:
            return [version.shown() for version in self._settled()]

    def change(self, model: str, behaviour: dict[str, Any]) -> dict[str, Any]:
        """Change members of the Behaviour of a version, by its ARN or "project/version".

        Raises ValueError where there is no such version.
        """
        with self._lock:
            version = self._named(model)
            for name, value in behaviour.items():
                setattr(version.behaviour, name, value)
            return version.shown()

    def force(self, model: str, status: Status, message: str, units: int) -> dict[str, Any]:
        """Put a version into a status from outside. Raises ValueError where there is none."""
        with self._lock:
            version, now = self._named(model), self._clock()
            version.force(now, status, message, units)
            version.meter.called(now, f"forced {status}", status)
            return version.shown()

    def meters(self) -> dict[str, dict[str, Any]]:
        """Version ARN to its meter."""
        with self._lock:
            now = self._clock()
            return {version.arn: version.meter.shown(now) for version in self._settled()}

    def reset_meters(self) -> None:
        """Forget counts and what was paid; what is open begins now."""
        with self._lock:
            now = self._clock()
            for version in self._settled():
                version.meter = version.meter.fresh(now)

    def _settled(self) -> list[ModelVersion]:
        now = self._clock()
        for version in self._versions.values():
            version.settle(now)
        return list(self._versions.values())

    def _found(self, arn: str) -> ModelVersion:
        version = self._versions.get(arn)
        if version is None:
            raise ApiError("ResourceNotFoundException", f"No project version {arn}")
        return version

    def _named(self, model: str) -> ModelVersion:
        for version in self._settled():
            if model in (version.arn, full_name(version.arn)):
                return version
        known = ", ".join(map(full_name, self._versions))
        raise ValueError(f"there is no model {model}; there are {known}")
