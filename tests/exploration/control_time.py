"""A tick passes, once everybody has done what he must within it, or a fault delays him."""

from __future__ import annotations

from collections.abc import Iterator

from tests.exploration.control_rules import Setup
from tests.exploration.control_stop import owner_runs
from tests.exploration.control_world import (
    GUARD_SLOT,
    NOW,
    TICK,
    Invocation,
    Model,
    Run,
    World,
    aged,
    earlier,
    spend,
    with_ranks,
)
from tests.exploration.search import Step


def time_passes(world: World, setup: Setup) -> Iterator[Step[World]]:
    delays = _delays(world, setup)
    if delays is None:
        return
    after = world
    for fault in delays:
        if fault not in after.faults:
            return
        after = spend(after, fault)
    name = f"{TICK} s pass"
    yield Step(", ".join((name, *delays)), _later(after, setup), bool(delays))


def _delays(world: World, setup: Setup) -> list[str] | None:
    """The faults without which time cannot pass yet; None where it cannot at all."""
    invocations = world.invocations
    if any(invocation.age for invocation in invocations):
        return None
    if any(call.age >= setup.call_ticks for call in world.flying):
        return None
    if any(_must_act(world, slot) for slot in range(len(world.runs))):
        return None
    delays = ["slow guard" if i.slot == GUARD_SLOT else "slow" for i in invocations]
    delays += ["stuck" for model in world.models if _is_overdue(model, setup)]
    if not world.look_in and setup.rules.guard_looks:
        delays.append("late guard")
    if any(m.status == "STOPPING" and m.ticks >= setup.stop_ticks for m in world.models):
        return None
    return delays


def _must_act(world: World, slot: int) -> bool:
    run = world.runs[slot]
    if not run.is_under_way or run.silent or run.rested:
        return False
    return not any(i.slot == slot and i.current for i in world.invocations)


def _is_overdue(model: Model, setup: Setup) -> bool:
    return model.status == "STARTING" and model.ticks >= setup.start_ticks


def _later(world: World, setup: Setup) -> World:
    return with_ranks(
        world._replace(
            lease=aged(world.lease),
            models=tuple(_older(model, setup) for model in world.models),
            runs=tuple(_rested(run) for run in world.runs),
            invocations=tuple(_delayed(invocation) for invocation in world.invocations),
            flying=tuple(call._replace(age=call.age + 1) for call in world.flying),
            look_in=max(0, world.look_in - 1),
            overrun=_overrun(world, setup),
        )
    )


def _older(model: Model, setup: Setup) -> Model:
    most = {"STARTING": setup.start_ticks, "STOPPING": setup.stop_ticks}.get(model.status, 0)
    return model._replace(ticks=min(model.ticks + 1, most))


def _rested(run: Run) -> Run:
    give_up_at = max(earlier(run.give_up_at), NOW - TICK) if run.give_up_at else 0
    return run._replace(rested=False, give_up_at=give_up_at)


def _delayed(invocation: Invocation) -> Invocation:
    return invocation._replace(
        age=invocation.age + 1,
        seen=invocation.seen and aged(invocation.seen),
        asked=invocation.asked and aged(invocation.asked),
    )


def _overrun(world: World, setup: Setup) -> int:
    """Ticks of an owned model that is up while no run that lives holds its lease.

    A model that cannot be stopped while STARTING is not counted until it can.
    """
    owned = [model for model in world.models if model.is_owned_and_up]
    if not owned or is_held(world):
        return 0
    counted = setup.stops_while_starting or any(model.status == "RUNNING" for model in owned)
    return world.overrun + counted


def is_held(world: World) -> bool:
    """A run that lives owns the live lease."""
    lease = world.lease
    is_run = not lease.owner.startswith("guard:")
    return is_run and lease.is_live(NOW) and owner_runs(world)
