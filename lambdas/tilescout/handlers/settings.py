"""The settings that functions read from their environment; a test compares it with the template."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from tilescout.errors import InvalidProfile
from tilescout.profiles import Profile, RendererName

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The two tables that every function knows."""

    documents_table: str
    ledger_table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptDocumentSettings(Tables):
    pages_queue_url: str
    merges_queue_url: str
    profiles_file: str
    renderer: RendererName


@dataclass(frozen=True, slots=True, kw_only=True)
class TilePageSettings(Tables):
    tiles_bucket: str
    pages_queue_url: str
    renderer: RendererName


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceRunSettings(Tables):
    tiles_queue_url: str
    onnx_tiles_queue_url: str
    merges_queue_url: str
    profiles_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectTileSettings(Tables):
    tiles_bucket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectOnnxSettings(DetectTileSettings):
    models_bucket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePageSettings(Tables):
    detections_table: str
    tiles_bucket: str
    results_bucket: str
    rows_per_second: float
    results_retention_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectDeadLettersSettings(Tables):
    profiles_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSettings(Tables):
    documents_bucket: str
    documents_queue_url: str
    pages_queue_url: str
    merges_queue_url: str
    profiles_file: str
    detection_run_arn: str


def read(kind: type[T]) -> T:
    """Returns the settings of one function. Raises KeyError naming a variable that is missing."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    values = {name: os.environ[name.upper()] for name in names}
    parsed: T = TypeAdapter(kind).validate_python(values)
    return parsed


def region() -> str:
    """Returns the region that the function runs in, as Lambda says."""
    return os.environ.get("AWS_REGION", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The file that synthesis writes: profiles, and prices that differ from the table's.

    ``calls_per_second`` has the quotas of the account that differ from the region's default,
    ``started_on_upload`` the models whose runs the guard starts.
    """

    profiles: tuple[Profile, ...]
    default_profile: str
    prices: dict[str, Any]
    calls_per_second: dict[str, float] = field(default_factory=dict)
    started_on_upload: tuple[str, ...] = ()

    def profile_for(self, name: str) -> Profile:
        """Returns the profile of that name, or the default one."""
        known = {profile.name: profile for profile in self.profiles}
        return known.get(name) or known[self.default_profile]

    def check_profile(self, name: str) -> None:
        """Raises InvalidProfile for a profile that an upload insists on and that is not here."""
        known = sorted(profile.name for profile in self.profiles)
        if name and name not in known:
            raise InvalidProfile(
                f"an upload of `tilescout` names a profile of the stack; {name!r} is none; known: "
                f"{', '.join(known)}; deploy the cdk.json that has it"
            )

    def unknown_profile(self, name: str) -> tuple[str, ...]:
        """Returns a warning if a key names a profile that does not exist, else nothing."""
        known = [profile.name for profile in self.profiles]
        if not name or name in known:
            return ()
        return (
            f"the key names the profile {name!r}, which does not exist, so "
            f"{self.default_profile!r} was used; known: {', '.join(sorted(known))}",
        )

    def tiles_per_second(self, profile: Profile, region: str) -> float:
        """Returns the pace at which a run sends the profile's tiles in the region."""
        calls = self.calls_per_second.get(profile.detector)
        return profile.kind.tiles_per_second(region, calls)

    def of_model(self, model: str) -> list[Profile]:
        """Returns the profiles that share a lease. Raises InvalidProfile if there is none."""
        found = [profile for profile in self.profiles if profile.model == model]
        if not found:
            names = sorted({profile.model for profile in self.profiles})
            raise InvalidProfile(f"no profile uses the model {model!r}; known: {', '.join(names)}")
        return found


def configuration(profiles_file: str) -> Configuration:
    """Returns the configuration that lies in the function's asset."""
    path = Path(os.environ["LAMBDA_TASK_ROOT"]) / profiles_file
    document = json.loads(path.read_text())
    parsed: Configuration = TypeAdapter(Configuration).validate_python(document)
    return parsed
