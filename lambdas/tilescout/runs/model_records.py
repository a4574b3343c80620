"""The records of a Custom Labels model: the version in use, and every time it was started."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tilescout.pricing import PriceTable
from tilescout.runs.inference_units import START_SECONDS, ModelPace
from tilescout.runs.lease_rules import Lease


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInUse:
    """The version that runs start, written by `tilescout model use`; frozen for each run.

    ``tiles_per_second_per_unit`` and ``start_seconds`` are measured by runs of this version;
    0 until then.
    """

    project: str
    project_arn: str
    version: str
    version_arn: str
    used_since: int = 0
    tiles_per_second_per_unit: float = 0.0
    start_seconds: float = 0.0
    measured_at: int = 0

    def pace(self, assumed_tiles_per_second: float) -> ModelPace:
        """Returns what was measured, and for the rest what the profile assumes."""
        return ModelPace(
            tiles_per_second_per_unit=self.tiles_per_second_per_unit or assumed_tiles_per_second,
            start_seconds=self.start_seconds or START_SECONDS,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStart:
    """One start of a model, from its request until it was seen down; its price rests on it.

    ``stopped_by`` is the owner of the lease who saw it down; 0 and "" while it may be up.
    ``refused`` starts never cost anything.
    """

    project: str
    version_arn: str
    units: int
    requested_at: int
    run_id: str = ""
    running_at: int = 0
    stopped_at: int = 0
    stopped_by: str = ""
    refused: str = ""

    def seconds(self, begin: int, end: int) -> int:
        """Returns the paid seconds between two times; starting counts, as it may not be free."""
        if self.refused:
            return 0
        return max(0, min(self.stopped_at or end, end) - max(self.requested_at, begin))


@dataclass(frozen=True, slots=True)
class ModelCost:
    """The seconds for which a run paid its model, and US dollars."""

    seconds: int = 0
    usd: float = 0.0


def model_cost(
    starts: Iterable[ModelStart], lease: Lease, prices: PriceTable, *, begin: int, end: int
) -> ModelCost:
    """Returns the cost of all starts that were up between two times, also of one taken over.

    A start whose end nobody wrote down counts only while the lease tells of it.
    """
    paid = [
        (start.units, start.seconds(begin, end))
        for start in starts
        if start.stopped_at or (lease.owned and start.requested_at == lease.start_requested_at)
    ]
    usd = sum(prices.model_time(units, seconds) for units, seconds in paid)
    return ModelCost(sum(seconds for _, seconds in paid), usd)


ENOUGH_TILES = 50
ENOUGH_SECONDS = 30
"""Less says nothing about a model's rate: most of it is the delay of the first answers."""


def measured_rate(tiles: int, seconds: float, units: int) -> float | None:
    """Returns the tiles per second of one unit, or None if too little was seen to say."""
    if tiles < ENOUGH_TILES or seconds < ENOUGH_SECONDS or units < 1:
        return None
    return tiles / seconds / units


def version_name(version_arn: str) -> str:
    """Returns V of arn:...:project/P/version/V/123; empty for a detector without a model."""
    parts = version_arn.split("/")
    return parts[3] if len(parts) > 3 else ""
