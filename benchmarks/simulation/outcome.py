"""Sums up a simulated day, and tells whether its fault was survived."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from benchmarks.simulation.custom_labels import Change, Meter
from benchmarks.simulation.world import PERSON, SYSTEM, World
from tilescout.pricing import PriceTable
from tilescout.runs.model_lifecycle import UP

MAX_OVERRUN = 120
"""The minutes beyond the same system's day without a fault after which it has not survived."""
UP_OR_STOPPING = ("STARTING", "RUNNING", "STOPPING")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Minutes and US dollars of the system's own model; drawings' minutes to result.

    ``hits``: how often the fault struck. ``dollars`` counts STARTING as paid.
    """

    system: str
    hits: int
    is_up: bool
    minutes: float
    dollars: float
    dollars_starting_free: float
    lost: int
    held: int
    billed_again: int
    doubled: int
    strangers_stopped: int
    median_minutes: float
    p95_minutes: float
    log: tuple[Change, ...]


def outcome(system: str, world: World, held: int) -> Outcome:
    world.model.read_meters()
    meter = world.model.meter(SYSTEM)
    waited = sorted(world.history.minutes_to_result())
    return Outcome(
        system=system,
        hits=world.faults.hits,
        is_up=world.model.status in UP and world.model.started_by == SYSTEM,
        minutes=sum(meter.unit_ms.get(status, 0) for status in UP_OR_STOPPING) / 60_000,
        dollars=dollars(meter, starting_is_billed=True),
        dollars_starting_free=dollars(meter, starting_is_billed=False),
        lost=world.history.lost(),
        held=held,
        billed_again=world.history.billed_again(),
        doubled=world.history.doubled(),
        strangers_stopped=world.model.stops.count((SYSTEM, PERSON)),
        median_minutes=statistics.median(waited) if waited else float("nan"),
        p95_minutes=percentile(waited, 0.95),
        log=tuple(world.model.log),
    )


def dollars(meter: Meter, *, starting_is_billed: bool) -> float:
    seconds = meter.billed_ms(starting_is_billed=starting_is_billed) / 1000
    return PriceTable().model_time(1, seconds)


def percentile(sorted_values: list[float], share: float) -> float:
    """Returns the smallest value that is not exceeded by ``share`` of them."""
    if not sorted_values:
        return float("nan")
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def failures(got: Outcome, undisturbed: Outcome, unavoidable_minutes: float = 0) -> list[str]:
    """Returns why the fault was not survived, in words; nothing if it was."""
    over = got.minutes - undisturbed.minutes
    is_long = over > MAX_OVERRUN + unavoidable_minutes
    reasons = {
        f"model up {over / 60:.0f} h too long, and still after 48 h": got.is_up,
        f"model up {over / 60:.0f} h too long": is_long and not got.is_up,
        f"{got.lost} tiles without a result": got.lost > 0,
        f"{got.held} documents wait for a person": got.held > 0,
        f"{got.billed_again} tiles detected again": got.billed_again > 0,
        f"{got.doubled} tiles with two results": got.doubled > 0,
        "stopped a model that a person had started": got.strangers_stopped > 0,
    }
    return [reason for reason, is_so in reasons.items() if is_so]
