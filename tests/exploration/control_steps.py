"""Every step that a world of the control plane can take next."""

from __future__ import annotations

from collections.abc import Iterator

from tests.exploration import control_start, control_stop
from tests.exploration.control_invocations import Program, failed, steps_of, who
from tests.exploration.control_model import by_itself, doubt, land
from tests.exploration.control_rules import Setup
from tests.exploration.control_stop import THIS_GUARD
from tests.exploration.control_time import time_passes
from tests.exploration.control_world import (
    GONE,
    GUARD_SLOT,
    NAMES,
    Call,
    Invocation,
    Run,
    World,
    owner_name,
    renamed,
    spend,
    with_invocation,
    with_run,
)
from tests.exploration.search import Step
from tilescout.runs.lease_rules import GUARD

FIRST = {"OpenRun": "acquire"}
RETRIED_LATE = ("StartModel", "DetectTiles", "StopModel")
"""States whose Retry waits until a first try has timed out."""
STARTING: dict[str, Program] = {
    "acquire": control_start.acquire,
    "beat": control_start.beat,
    "describe": control_start.describe,
    "request": control_start.request,
    "start": control_start.start,
    "undo": control_start.undo,
    "detect": control_start.detect,
    "close": control_start.close,
    "request stop": control_stop.request_stop,
    "stop": control_stop.stop,
    "landed": control_stop.landed,
    "stopped": control_stop.stopped,
    "give up lease": control_stop.give_up_lease,
}
STOPPING: dict[str, Program] = STARTING | {
    "describe": control_stop.describe,
    "look": control_stop.look,
    "revoke": control_stop.revoke,
    "take over": control_stop.take_over,
    "release": control_stop.release,
}


def steps(world: World, setup: Setup) -> Iterator[Step[World]]:
    """All of them, in no order: which comes first is what is explored."""
    yield from by_itself(world, setup)
    for invocation in dict.fromkeys(world.invocations):
        programs = STARTING if invocation.step == "StartModel" else STOPPING
        yield from steps_of(world, setup, invocation, programs[invocation.at])
        yield from _dies(world, setup, invocation)
    for slot in range(setup.slots):
        yield from _run_steps(world, setup, slot)
    yield from _guard_begins(world, setup)
    if "other version" in world.faults:
        yield Step("v2 is put to use", spend(world, "other version")._replace(in_use=1), True)
    yield from time_passes(world, setup)


def _dies(world: World, setup: Setup, invocation: Invocation) -> Iterator[Step[World]]:
    """A crash, or the time-out of a function that was slow already."""
    fault = "guard crash" if invocation.slot == GUARD_SLOT else "crash"
    if not invocation.age and fault not in world.faults:
        return
    how = "times out" if invocation.age else "crashes"
    spent = world if invocation.age else spend(world, fault)
    for name, before in _on_its_way(spent, setup, invocation):
        after = failed(before, invocation, lease_lost=False)
        yield Step(f"{who(invocation)} {how}{name}", after, not invocation.age)
        if invocation.step == "StopModel" and invocation.current:
            no_more = failed(before, invocation, lease_lost=True)
            last = f"{who(invocation)} {how} for the last time{name}"
            yield Step(last, no_more, not invocation.age)


def _on_its_way(world: World, setup: Setup, invocation: Invocation) -> Iterator[tuple[str, World]]:
    """What a function that dies leaves: perhaps a call that landed, or will."""
    if invocation.at in ("start", "undo"):
        world = doubt(world, invocation.version)
    yield "", world
    if invocation.at in ("start", "stop"):
        verb = invocation.at.title()
        version = invocation.version if verb == "Start" else _remembered(invocation)
        call = Call(verb, version, invocation.token, invocation.age)
        landed, code = land(world, setup, call)
        if not code:
            yield f" after its {verb}", doubt(landed, version)
        flying = world._replace(flying=tuple(sorted((*world.flying, call))))
        yield f", its {verb} on its way", doubt(flying, version)


def _remembered(invocation: Invocation) -> str:
    return invocation.seen.version if invocation.seen else ""


def _run_steps(world: World, setup: Setup, slot: int) -> Iterator[Step[World]]:
    run, name = world.runs[slot], NAMES[slot]
    mine = [invocation for invocation in world.invocations if invocation.slot == slot]
    if not run.is_under_way:
        if world.due and not mine:
            yield Step(f"{name} begins", _begun(world, slot))
        return
    if "abort" in world.faults:
        yield Step(f"{name} is aborted", _aborted(spend(world, "abort"), slot), True)
    if run.silent:
        yield Step(f"{name} wakes", with_run(world, slot, silent=False))
        return
    if "silence" in world.faults:
        silent = with_run(spend(world, "silence"), slot, silent=True)
        yield Step(f"{name} falls silent", silent, True)
    current = [invocation for invocation in mine if invocation.current]
    first_try = any(invocation.step == run.step for invocation in mine)
    waits = first_try and run.step in RETRIED_LATE and setup.rules.retries_after_first
    if not current and not waits and not run.rested:
        yield from _invoked(world, setup, slot)
    if current and len(mine) == 1 and "duplicate" in world.faults:
        yield from _given_up(spend(world, "duplicate"), current[0])


def _begun(world: World, slot: int) -> World:
    """A new execution: its predecessor of the same slot is somebody else."""
    world = renamed(world, owner_name(slot), GONE)
    return with_run(world, slot, **Run(step="OpenRun", alive=True)._asdict())


def _aborted(world: World, slot: int) -> World:
    """The execution is gone; what it invoked goes on."""
    world = with_run(world, slot, **Run()._asdict())
    invocations = tuple(
        invocation._replace(current=False) if invocation.slot == slot else invocation
        for invocation in world.invocations
    )
    return world._replace(invocations=invocations)


def _invocation(world: World, slot: int) -> Invocation:
    run = world.runs[slot]
    at = FIRST.get(run.step, "beat")
    return Invocation(slot, run.step, at, token=run.token, version=run.version)


def _invoked(world: World, setup: Setup, slot: int) -> Iterator[Step[World]]:
    """Where nothing can delay its first step, an invocation begins with that."""
    invocation = _invocation(world, slot)
    begun = with_invocation(world, invocation)
    if _may_be_delayed(world):
        yield Step(f"{NAMES[slot]} invokes {invocation.step}", begun)
    else:
        yield from steps_of(begun, setup, invocation, STOPPING[invocation.at])


def _may_be_delayed(world: World) -> bool:
    return "slow" in world.faults or "duplicate" in world.faults


def _given_up(world: World, first: Invocation) -> Iterator[Step[World]]:
    """The workflow takes the first try for lost, though it is still at work: it tries again, or
    where that was the last try, its Catch goes on.
    """
    left = [invocation for invocation in world.invocations if invocation != first]
    world = world._replace(invocations=tuple(left))
    name = f"{NAMES[first.slot]} gives {first.step} up"
    late = first._replace(current=False)
    if first.at in ("start", "undo"):
        world = doubt(world, first.version)
    yield Step(f"{name} and tries again", with_invocation(world, late), True)
    caught = failed(with_invocation(world, first), first, lease_lost=True)
    if first.step != "OpenRun":
        yield Step(f"{name} for good", with_invocation(caught, late), True)


def _guard_begins(world: World, setup: Setup) -> Iterator[Step[World]]:
    if world.look_in or not setup.rules.guard_looks:
        return
    world = renamed(world, THIS_GUARD, f"{GUARD}gone")._replace(look_in=2)
    invocation = Invocation(GUARD_SLOT, "guard", "look")
    begun = with_invocation(world, invocation)
    if "slow guard" in world.faults or "guard crash" in world.faults:
        yield Step("guard begins", begun)
    else:
        yield from steps_of(begun, setup, invocation, control_stop.look)
