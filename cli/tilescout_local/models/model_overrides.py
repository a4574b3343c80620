"""What tests and the command line order of the models, over the control endpoint."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tilescout_local.models.registry import UNITS_PER_MODEL, ModelRegistry
from tilescout_local.models.version import (
    Behaviour,
    DetectorName,
    StartEnds,
    Status,
    StopWhileStarting,
)


class ModelOrder(BaseModel):
    """Members of ``Behaviour`` to set, and a status to force, of the version ``model``."""

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
    units: int = Field(default=1, ge=1, le=UNITS_PER_MODEL)

    def behaviour(self) -> dict[str, Any]:
        """Only what was ordered."""
        others = {"model", "status", "message", "units"}
        return self.model_dump(exclude=others, exclude_none=True)


def add(registry: ModelRegistry, body: bytes) -> dict[str, Any]:
    """Make the trained version that is ordered; gives it as it is then. Raises ValueError."""
    order = ModelOrder.model_validate_json(body)
    version = registry.add_version(order.model, Behaviour(**order.behaviour()))
    return _forced(registry, order) or version.shown()


def change(registry: ModelRegistry, body: bytes) -> dict[str, Any]:
    """Change the version as ordered; gives it as it is then. Raises ValueError."""
    order = ModelOrder.model_validate_json(body)
    changed = registry.change(order.model, order.behaviour())
    return _forced(registry, order) or changed


def _forced(registry: ModelRegistry, order: ModelOrder) -> dict[str, Any] | None:
    if order.status is None:
        return None
    return registry.force(order.model, order.status, order.message, order.units)
