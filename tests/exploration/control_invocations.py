"""How an invocation goes on or ends, and what the workflow makes of its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from tests.exploration.control_model import doubt, land
from tests.exploration.control_rules import Setup
from tests.exploration.control_world import (
    GUARD_SLOT,
    NAMES,
    Call,
    Invocation,
    Run,
    World,
    spend,
    version_number,
    with_invocation,
    with_ranks,
    with_run,
    without,
)
from tests.exploration.search import Step
from tilescout.errors import LeaseLost
from tilescout.runs.lease_rules import Lease


class Outcome(NamedTuple):
    """What one atomic step of an invocation did: it is now ``at`` something else, or it ended
    and its run changes, or it ``failed``. ``fault`` is what must be spent for it.
    """

    name: str
    world: World
    invocation: Invocation | None = None
    run: Mapping[str, object] | None = None
    lost: bool = False
    fault: str = ""


Program = Callable[[World, Setup, Invocation], Iterator[Outcome]]


def who(invocation: Invocation) -> str:
    if invocation.slot == GUARD_SLOT:
        return "guard"
    name = NAMES[invocation.slot]
    return name if invocation.current else f"{name}, given up,"


def swap(
    world: World, decide: Callable[[Lease], Lease | None]
) -> tuple[World, Lease | None] | None:
    """Read, decide, write; None where the lease is lost."""
    try:
        lease = decide(world.lease)
    except LeaseLost:
        return None
    return (world if lease is None else world._replace(lease=lease)), lease


def applied(world: World, before: Invocation, outcome: Outcome) -> World:
    """The world after the outcome, as the workflow has it."""
    if outcome.lost:
        return failed(outcome.world, before, lease_lost=True)
    if outcome.invocation is not None:
        return with_invocation(without(outcome.world, before), outcome.invocation)
    return ended(outcome.world, before, outcome.run or {})


def ended(world: World, invocation: Invocation, changes: Mapping[str, object]) -> World:
    world = without(world, invocation)
    if not invocation.current or invocation.slot == GUARD_SLOT:
        return world
    return with_run(world, invocation.slot, **changes)


def failed(world: World, invocation: Invocation, *, lease_lost: bool) -> World:
    """The Catch and Retry of the workflow."""
    world = without(world, invocation)
    if not invocation.current or invocation.slot == GUARD_SLOT:
        return world
    if invocation.step in ("StartModel", "DetectTiles"):
        return with_run(world, invocation.slot, step="StopModel", failed=True)
    if not lease_lost:
        return world
    if invocation.step == "StopModel":
        return with_run(world, invocation.slot, step="CloseRun", failed=True)
    return with_run(world, invocation.slot, **Run()._asdict())


def status_of(world: World, version: str) -> str:
    return world.models[version_number(version)].status if version else ""


def called(
    world: World, setup: Setup, invocation: Invocation, verb: str, version: str
) -> Iterator[tuple[str, World, str | None, str]]:
    """Every way that a Start or Stop can go: name, world, error code, fault.

    No code at all: no answer came, and it took effect, or may yet, or never will.
    """
    call = Call(verb, version, invocation.token, invocation.age)
    landed, code = land(world, setup, call)
    yield f"{verb} is {'refused' if code else 'accepted'}", landed, code, ""
    lost = f"lost {verb}"
    if lost in world.faults:
        if not code:
            yield f"{verb} is accepted, its answer lost", doubt(landed, version), None, lost
        doubtful = doubt(world, version)
        flying = tuple(sorted((*world.flying, call)))
        yield f"{verb} is on its way, no answer", doubtful._replace(flying=flying), None, lost
        yield f"{verb} never arrives, no answer", doubtful, None, lost
    if f"refused {verb}" in world.faults:
        code = "LimitExceededException" if verb == "Start" else "ThrottlingException"
        yield f"{verb}: {code}", world, code, f"refused {verb}"


def steps_of(
    world: World, setup: Setup, invocation: Invocation, program: Program
) -> Iterator[Step[World]]:
    """The invocation's next atomic step, with the faults that may hit it there."""
    for outcome in program(world, setup, invocation):
        after = applied(world, invocation, outcome)
        if outcome.fault:
            after = spend(after, outcome.fault)
        if after.lease.token != world.lease.token or after.lease.starts != world.lease.starts:
            after = with_ranks(after)
        yield Step(f"{who(invocation)} {outcome.name}", after, bool(outcome.fault))
