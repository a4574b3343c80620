"""What must hold in every world of the control plane, by the names of facts and rules."""

from __future__ import annotations

from tests.exploration.control_world import GUARD_PERIOD, NOW, TICK, World, version_name
from tilescout.runs.lease_rules import GRACE, GUARD_HOLD

COSTS = {
    "abort": (GUARD_PERIOD + GRACE + GUARD_PERIOD) // TICK,
    "silence": (GRACE + GUARD_PERIOD) // TICK,
    "crash": (GRACE + GUARD_PERIOD) // TICK,
    "duplicate": (GRACE + GUARD_PERIOD) // TICK,
    "slow": (GRACE + GUARD_PERIOD) // TICK,
    "lost Stop": (GRACE + GUARD_PERIOD) // TICK,
    "guard crash": (GUARD_HOLD + GRACE + GUARD_PERIOD) // TICK,
    "slow guard": (GUARD_HOLD + GRACE + GUARD_PERIOD) // TICK,
    "refused Stop": GUARD_PERIOD // TICK,
    "late guard": 1,
}
"""Ticks that each fault may add to the time an owned model is up without a live run (rule 10):
until the guard finds the owner dead, until the grace has passed, until the guard looks again.
A guard that dies holds the lease first.
"""


def bound(faults: tuple[str, ...]) -> int:
    """Ticks that an owned model may be up without a live run; it adds up over faults."""
    return sum(COSTS.get(fault, 0) for fault in faults)


def broken(world: World, most: int) -> str:
    """The first invariant that does not hold, in words; "" where all do."""
    if world.wrong:
        return world.wrong
    for number, model in enumerate(world.models):
        known = world.lease.owned and world.lease.version == version_name(number)
        if model.is_owned_and_up and not known:
            return "an owned model is up and no lease says so"
    if world.overrun > most:
        return f"an owned model was up for {world.overrun * TICK} s without a live run"
    return ""


def is_settled(world: World) -> bool:
    """Nothing is due, nothing is under way, and no owned model is up."""
    return not (
        world.due
        or world.invocations
        or world.flying
        or any(run.is_under_way for run in world.runs)
        or any(model.is_owned_and_up or model.status == "STOPPING" for model in world.models)
        or world.lease.owned
        or world.lease.is_live(NOW)
    )
