"""The overrides of models that tests and the command line send to the control endpoint."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tilescout_local.models.registry import MAX_UNITS_PER_MODEL, ModelRegistry
from tilescout_local.models.version import (
    Behaviour,
    DetectorName,
    StartEnds,
    Status,
    StopWhileStarting,
)


class ModelOverride(BaseModel):
    """The members of ``Behaviour`` to set, and a status to force, of the version ``model``."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(min_length=1)
    start_delay: float | None = Field(default=None, ge=0)
    stop_delay: float | None = Field(default=None, ge=0)
    stop_while_starting: StopWhileStarting | None = None
    next_start: StartEnds | None = None
    tiles_per_second_per_unit: float | None = Field(default=None, gt=0)
    detector: DetectorName | None = None
    status: Status | None = None
    message: str = ""
    units: int = Field(default=1, ge=1, le=MAX_UNITS_PER_MODEL)

    def behaviour(self) -> dict[str, Any]:
        """Returns only the members of ``Behaviour`` that are given."""
        others = {"model", "status", "message", "units"}
        return self.model_dump(exclude=others, exclude_none=True)


def add(registry: ModelRegistry, body: bytes) -> dict[str, Any]:
    """Adds a trained version with the overrides and returns its row. Raises ValueError."""
    override = ModelOverride.model_validate_json(body)
    version = registry.add_version(override.model, Behaviour(**override.behaviour()))
    return _forced(registry, override) or version.to_json()


def change(registry: ModelRegistry, body: bytes) -> dict[str, Any]:
    """Changes a version by the overrides and returns its row. Raises ValueError."""
    override = ModelOverride.model_validate_json(body)
    changed = registry.change(override.model, override.behaviour())
    return _forced(registry, override) or changed


def _forced(registry: ModelRegistry, override: ModelOverride) -> dict[str, Any] | None:
    if override.status is None:
        return None
    return registry.force(override.model, override.status, override.message, override.units)
