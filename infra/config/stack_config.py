"""The settings and profiles of ``cdk.json``, checked before anything is synthesised."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from infra.config.account_settings import ENDPOINTS, SERVICES, AccountSettings
from infra.config.concurrency import MIN_CAP, check_reserved, queue_caps
from infra.config.errors import BadConfiguration, BrokenRule
from infra.config.profiles import Profile
from infra.config.schedule_expressions import ON_UPLOAD, most_frequent
from tilescout.detector_kinds import (
    CALL_PRICES,
    CUSTOM_LABELS_UNIT_HOUR,
    KINDS,
    DetectorName,
)

FunctionName = Literal[
    "accept_document",
    "tile_page",
    "advance_run",
    "detect_tile",
    "detect_onnx",
    "merge_page",
    "collect_dead_letters",
    "guard",
]
START_AND_STOP_SECONDS = 900 + 120
"""The usual time to start a model and to stop it again."""
WORKFLOW_MINUTES = 12 * 60 - 35
"""The workflow ends after twelve hours; half an hour of them is for stopping and merging."""
CLOSING_MINUTES = 30
"""The time between the deadline of a run and the hard deadline of its lease."""
PRICE_NAMES = (
    *CALL_PRICES,
    "custom_labels_unit_hour",
    "custom_labels_training_hour",
    "lambda_request",
    "lambda_gb_second",
    "step_functions_transition",
    "sqs_request",
    "eventbridge_event",
    "s3_put",
    "s3_get",
    "dynamodb_write",
    "dynamodb_read",
)
"""The names that ``prices`` may have; a test compares them with the functions' price table."""
ProfileName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
CallsPerSecond = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]
Cap = Annotated[int, Field(ge=MIN_CAP, le=1000)]
LogRetention = Literal[1, 3, 5, 7, 14, 30, 60, 90, 180, 365, 731, 1827, 3653]


class Settings(AccountSettings):
    """Settings of the deployment; every one has a default."""

    architecture: Literal["arm64", "x86_64"] = "arm64"
    renderer: Literal["pymupdf", "pdfium"] = "pymupdf"
    log_retention_days: LogRetention = 30
    deletion_protection: bool = True
    alarm_email: Annotated[str, Field(pattern=r"^$|^[^@\s]+@[^@\s]+\.[^@\s]+$")] = ""
    account_concurrency: Annotated[int, Field(ge=10)] = 10
    accept_document_concurrency: Cap | None = None
    tile_page_concurrency: Cap | None = None
    detect_tile_concurrency: Cap | None = None
    detect_onnx_concurrency: Cap | None = None
    merge_page_concurrency: Cap | None = None
    calls_per_second: dict[DetectorName, CallsPerSecond] = Field(default_factory=dict)
    oldest_due_hours: Annotated[int, Field(ge=1, le=720)] = 26
    reserved_concurrency: dict[FunctionName, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict
    )

    @field_validator("calls_per_second")
    @classmethod
    def _paces_what_is_called(cls, paces: dict[DetectorName, float]) -> dict[DetectorName, float]:
        paced = [kind.name for kind in KINDS.values() if kind.reads_pixels and not kind.needs_start]
        for name in paces:
            if name not in paced:
                raise BrokenRule(
                    f"calls_per_second sets the pace of {', '.join(paced)}; a model that is "
                    "started is paced by its units",
                    f"it names {name}",
                    "remove it",
                )
        return paces

    @model_validator(mode="after")
    def _leaves_room_for_control_functions(self) -> Self:
        self.queue_caps()
        check_reserved(self.account_concurrency, list(self.reserved_concurrency.values()))
        return self

    @model_validator(mode="after")
    def _keeps_versions_that_wait(self) -> Self:
        days = self.version_retention_days
        if days and days * 24 <= self.oldest_due_hours:
            raise BrokenRule(
                "a version is kept for longer than a document may wait for a run",
                f"version_retention_days is {days}, oldest_due_hours {self.oldest_due_hours}",
                "raise version_retention_days",
            )
        return self

    @property
    def layer(self) -> str:
        """The name of the layer of packages that has the renderer, and no other one."""
        return {"pymupdf": "layer", "pdfium": "layer-pdfium"}[self.renderer]

    def queue_caps(self) -> dict[str, int]:
        """Returns how many invocations each queue, by its logical id, may cause at once."""
        chosen = {
            "DocumentsQueue": self.accept_document_concurrency,
            "PagesQueue": self.tile_page_concurrency,
            "TilesQueue": self.detect_tile_concurrency,
            "OnnxTilesQueue": self.detect_onnx_concurrency,
            "MergesQueue": self.merge_page_concurrency,
        }
        return queue_caps(
            self.account_concurrency, {name: cap for name, cap in chosen.items() if cap}
        )

    def reserved(self, function: str) -> int | None:
        """Returns the executions reserved for ``function``; None where it shares the account's."""
        return {str(name): count for name, count in self.reserved_concurrency.items()}.get(function)


class Config(BaseModel):
    """The context key ``tilescout``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    settings: Settings = Settings()
    profiles: Annotated[dict[ProfileName, Profile], Field(min_length=1)]
    prices: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(
        default_factory=dict
    )

    @field_validator("prices")
    @classmethod
    def _prices_are_known(cls, prices: dict[str, float]) -> dict[str, float]:
        for name in prices:
            if name not in PRICE_NAMES:
                raise BrokenRule(
                    f"a price is one of {', '.join(PRICE_NAMES)}",
                    f"one is named {name!r}",
                    "correct the name or remove it",
                )
        return prices

    @model_validator(mode="after")
    def _has_one_default(self) -> Self:
        defaults = [name for name, profile in self.profiles.items() if profile.default]
        if len(defaults) != 1:
            raise BrokenRule(
                "exactly one profile is the default, for keys that name none",
                f"{len(defaults)} are ({', '.join(defaults) or 'none'})",
                'set "default": true on one profile',
            )
        return self

    @model_validator(mode="after")
    def _projects_have_one_detector(self) -> Self:
        """Refuses a project with two detectors: its lease serves one kind of detector."""
        detectors: dict[str, str] = {}
        for name, profile in self.profiles.items():
            if profile.detector != detectors.setdefault(profile.model, profile.detector):
                raise BrokenRule(
                    "profiles of one model_project have one detector",
                    f"{name} asks {profile.model} by {profile.detector}, another profile by "
                    f"{detectors[profile.model]}",
                    "give one of the projects another name",
                )
        return self

    @model_validator(mode="after")
    def _renderer_reads_strokes(self) -> Self:
        for name, profile in self.profiles.items():
            if KINDS[profile.detector].reads_strokes and self.settings.renderer != "pymupdf":
                raise BrokenRule(
                    f"the detector {profile.detector} searches the strokes of a page, which the "
                    "renderer pymupdf reads",
                    f"renderer is {self.settings.renderer}, and {name} has this detector",
                    "remove the profile, or set renderer to pymupdf",
                )
        return self

    @model_validator(mode="after")
    def _schedules_agree(self) -> Self:
        self.schedules()
        return self

    @model_validator(mode="after")
    def _deadlines_leave_time_for_a_model(self) -> Self:
        for name, profile in self.profiles.items():
            minimum = START_AND_STOP_SECONDS / 60
            maximum = WORKFLOW_MINUTES - profile.start_minutes
            if profile.needs_model and not minimum < profile.deadline_minutes <= maximum:
                raise BrokenRule(
                    "a run has time to start its model, work and stop it: deadline_minutes over "
                    f"{minimum:g}, and with start_minutes at most {WORKFLOW_MINUTES}",
                    f"deadline_minutes of {name} is {profile.deadline_minutes}, start_minutes "
                    f"{profile.start_minutes}",
                    "change them",
                )
        return self

    @model_validator(mode="after")
    def _budgets_pay_for_a_start(self) -> Self:
        unit_hour = self.prices.get("custom_labels_unit_hour", CUSTOM_LABELS_UNIT_HOUR)
        minimum = unit_hour * START_AND_STOP_SECONDS / 3600
        for name, profile in self.profiles.items():
            if profile.needs_model and profile.budget_usd <= minimum:
                raise BrokenRule(
                    f"a budget pays for more than starting and stopping a model, ${minimum:.2f}",
                    f"budget_usd of {name} is {profile.budget_usd:g}",
                    "raise it",
                )
        return self

    @model_validator(mode="after")
    def _alarms_leave_time_to_wait(self) -> Self:
        for name, profile in self.profiles.items():
            hours = profile.start_when.oldest_minutes / 60
            if profile.needs_model and hours >= self.settings.oldest_due_hours:
                raise BrokenRule(
                    "a document waits for start_when.oldest_minutes without an alarm, so "
                    "oldest_due_hours is longer than any profile's",
                    f"oldest_due_hours is {self.settings.oldest_due_hours}, and {name} waits for "
                    f"{hours:g} hours",
                    "raise oldest_due_hours or lower oldest_minutes",
                )
        return self

    def on_this_machine(self) -> Self:
        """Returns the configuration for an embedded AWS, which has nothing of the account."""
        return self.model_copy(update={"settings": self.settings.on_this_machine()})

    def has_versions(self) -> bool:
        """Returns True where a profile has versions of a model, whatever its detector."""
        return any(profile.needs_version for profile in self.profiles.values())

    def model_projects(self) -> tuple[str, ...]:
        """Returns the Custom Labels projects whose models runs start."""
        projects = {
            profile.model_project for profile in self.profiles.values() if profile.needs_model
        }
        return tuple(sorted(projects))

    def services(self) -> tuple[str, ...]:
        """Returns the services of AWS that the functions call, by the names of their endpoints.

        What they write to their logs and metrics takes Lambda's own way, and needs none.
        """
        used = {KINDS[profile.detector].service for profile in self.profiles.values()}
        # The guard stops models also where no profile has one any more.
        stopped = {kind.service for kind in KINDS.values() if kind.needs_start}
        return tuple(name for name in ENDPOINTS if name not in SERVICES or name in used | stopped)

    def longest_run_minutes(self) -> int:
        """Returns how long a model may be up: its run's deadline, and the time to stop it."""
        deadlines = [
            profile.deadline_minutes for profile in self.profiles.values() if profile.needs_model
        ]
        return max(deadlines, default=0) + CLOSING_MINUTES

    def started_on_upload(self) -> tuple[str, ...]:
        """Returns the models whose runs the guard starts; the others have a schedule."""
        schedules = self.schedules().items()
        return tuple(sorted(model for model, value in schedules if value == ON_UPLOAD))

    def schedules(self) -> dict[str, str]:
        """Returns one schedule expression per model, the most frequent one of its profiles."""
        expressions: dict[str, dict[str, str]] = {}
        for name, profile in self.profiles.items():
            expressions.setdefault(profile.model, {})[name] = profile.schedule_expression
        return {model: most_frequent(model, by_name) for model, by_name in expressions.items()}

    def profiles_json(self) -> str:
        """Returns what the functions read, as JSON.

        It has every profile with all its fields, the name of the default profile, the models
        whose runs the guard starts, and the prices and quotas that differ from the list.
        """
        default = next(name for name, profile in self.profiles.items() if profile.default)
        profiles = [profile.shipped(name) for name, profile in sorted(self.profiles.items())]
        document = {
            "default_profile": default,
            "profiles": profiles,
            "prices": self.prices,
            "started_on_upload": self.started_on_upload(),
            "calls_per_second": self.settings.calls_per_second,
        }
        return json.dumps(document, indent=1, sort_keys=True)


def read_context(folder: Path) -> dict[str, Any]:
    """Returns the whole context of ``cdk.json``; raises BadConfiguration if it is unreadable."""
    path = folder / "cdk.json"
    try:
        context = json.loads(path.read_text())["context"]
    except (OSError, json.JSONDecodeError, KeyError) as error:
        raise BadConfiguration(
            f'cdk.json must be JSON with a "context"; {path}: {error!r}; restore it from git'
        ) from error
    return dict(context)


def _without_comments(value: Any) -> Any:
    """Members named "//" explain a JSON file to people."""
    if isinstance(value, Mapping):
        return {name: _without_comments(each) for name, each in value.items() if name != "//"}
    return value


def parse_config(context: Mapping[str, Any]) -> Config:
    """Returns the configuration under ``tilescout``; raises BadConfiguration for a broken rule."""
    try:
        return Config.model_validate(_without_comments(context.get("tilescout", {})))
    except ValidationError as error:
        raise BadConfiguration("\n".join(_explain(error))) from error


def _explain(error: ValidationError) -> list[str]:
    lines = ["cdk.json is not usable; nothing was synthesised. Correct, under context.tilescout:"]
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"]) or "tilescout"
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, BrokenRule):
            lines.append(f"  {where}: {cause}")
        else:
            lines.append(f"  {where}: {_sentence(item['type'], item['msg'], item['input'])}")
    return lines


def _sentence(kind: str, rule: str, value: object) -> str:
    if kind == "extra_forbidden":
        return f"there is no such setting; it is {value!r}; remove it or correct its name"
    if kind == "missing":
        return "it is required and missing; add it"
    rule = rule[0].lower() + rule[1:]
    return f"{rule}; it is {value!r}; change it to a value that fits"
