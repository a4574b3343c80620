"""How many inference units a run starts its model with, and what that costs."""

from __future__ import annotations

import math
from dataclasses import dataclass

MAX_CALLS_PER_SECOND = 50
"""The quota of DetectCustomLabels calls of one account and region; more units would idle."""
CALLS_PER_SECOND_PER_UNIT = 5
"""The most that one unit is said to answer. A call too many is refused and costs nothing."""
START_SECONDS = 900
"""The start of a model that was never measured: one is said to take 10 to 20 minutes."""
STOP_SECONDS = 120
"""From the last answer until the model is down; counted as paid."""
NEVER = 10**10
"""Later than any time in epoch seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPace:
    """The tiles per second that one unit of a model answers, and the seconds of its start."""

    tiles_per_second_per_unit: float = 1.0
    start_seconds: float = START_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPlan:
    """``units`` for all tiles, with the seconds until the model is down and the price.

    ``reason`` tells why so many.
    """

    units: int
    seconds: float
    usd: float
    reason: str


def plan_units(
    tiles: int,
    pace: ModelPace,
    *,
    seconds_left: float,
    max_units: int,
    usd_per_unit_hour: float,
    budget_usd: float,
) -> UnitPlan:
    """Returns the smallest number of units that meets the deadline within limits and budget.

    The price of detecting does not depend on the units, that of starting and stopping grows
    with them: so never more than needed. Starting is counted as paid, as nobody says that it
    is free. Where no number meets the deadline, the largest that the budget pays for; where the
    budget pays for all tiles with none, the number that has most of them answered.
    """
    most = min(max_units, max(1, math.ceil(MAX_CALLS_PER_SECOND / pace.tiles_per_second_per_unit)))
    plans = [_plan(units, tiles, pace, usd_per_unit_hour) for units in range(1, most + 1)]
    paid = [plan for plan in plans if plan.usd <= budget_usd]
    if not paid:
        unit_seconds = 3600 * budget_usd / usd_per_unit_hour
        best = max(plans, key=lambda plan: _detecting(plan, pace, seconds_left, unit_seconds))
        return _because(best, f"${budget_usd:.2f} ends the run before its last tile")
    for plan in paid:
        if plan.seconds <= seconds_left:
            return _because(plan, "the fewest that meet the deadline")
    limit = "budget" if len(paid) < len(plans) else f"limit of {most} units"
    return _because(paid[-1], f"the deadline is missed: the {limit} allows no more")


def _plan(units: int, tiles: int, pace: ModelPace, usd_per_unit_hour: float) -> UnitPlan:
    detecting = tiles / (pace.tiles_per_second_per_unit * units)
    seconds = pace.start_seconds + detecting + STOP_SECONDS
    usd = usd_per_unit_hour * units * seconds / 3600
    return UnitPlan(units=units, seconds=seconds, usd=usd, reason="")


def _detecting(plan: UnitPlan, pace: ModelPace, seconds_left: float, unit_seconds: float) -> float:
    """Returns the paid seconds of one unit that are left for detecting."""
    seconds = min(seconds_left, unit_seconds / plan.units)
    return plan.units * max(0.0, seconds - pace.start_seconds - STOP_SECONDS)


def _because(plan: UnitPlan, reason: str) -> UnitPlan:
    return UnitPlan(units=plan.units, seconds=plan.seconds, usd=plan.usd, reason=reason)


def max_calls_per_second(units: int) -> float:
    """Returns the calls per second that are worth sending to a model of so many units."""
    return float(min(MAX_CALLS_PER_SECOND, CALLS_PER_SECOND_PER_UNIT * max(1, units)))


def paid_until(
    requested_at: int, units: int, *, usd_per_unit_hour: float, budget_usd: float
) -> int:
    """Returns when stopping must begin for the model to be down within the budget (rule 18).

    A model without a price, by the override of ``cdk.json``, is never too dear.
    """
    if not usd_per_unit_hour:
        return NEVER
    seconds = budget_usd / (usd_per_unit_hour * units) * 3600
    return math.floor(requested_at + min(seconds, NEVER) - STOP_SECONDS)
