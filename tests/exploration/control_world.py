"""The control plane as one immutable value: lease, model, runs, what is in flight, faults left.

Times are epoch seconds as if it were always ``NOW``: when time passes, they move back. So two
worlds that differ only by the hour are one, and there are finitely many.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

from tilescout.runs.lease_rules import GRACE, SETTLE, Lease

TICK = 30
"""Seconds that pass at once: the longest that a control function may take."""
NOW = 1_000_000
FAR = NOW + 1_000 * TICK
"""A hard deadline that no exploration reaches."""
GUARD_PERIOD = 60
LONG_AGO = 2 * TICK + max(GRACE, SETTLE)
"""Seconds after which it makes no difference how long ago something was."""
GUARD_SLOT = -1
"""In a run's place: the guard."""
NAMES = ("a", "b")
GONE = "somebody gone"


class Model(NamedTuple):
    """One version. ``by`` is who started it: us, person, or nobody; ``ticks`` in this status.

    ``in_doubt``: it was started by a person while an owned start might have been under way.
    """

    status: str = "STOPPED"
    by: str = ""
    ticks: int = 0
    in_doubt: bool = False

    @property
    def is_owned_and_up(self) -> bool:
        return self.by == "us" and self.status in ("STARTING", "RUNNING")


class Run(NamedTuple):
    """One execution of the workflow, with what it carries of RunState.

    ``rested``: it waits for the next tick. ``silent``: it does nothing until it wakes.
    """

    step: str = ""
    alive: bool = False
    token: int = 0
    version: str = ""
    starts: int = 0
    give_up_at: int = 0
    ready: bool = False
    turns: int = 0
    rested: bool = False
    silent: bool = False
    failed: bool = False

    @property
    def is_under_way(self) -> bool:
        return self.alive and bool(self.step)


class Invocation(NamedTuple):
    """A function at work in a slot's name; ``at`` is what it does next.

    ``seen`` and ``asked`` are leases that it remembers. ``current``: the workflow waits for it.
    """

    slot: int
    step: str
    at: str
    age: int = 0
    current: bool = True
    token: int = 0
    seen: Lease | None = None
    asked: Lease | None = None
    status: str = ""
    version: str = ""

    @property
    def now(self) -> int:
        """A function reads the clock when it begins."""
        return NOW - TICK * self.age


class Call(NamedTuple):
    """A Start or Stop that its caller has given up waiting for; it may land yet."""

    verb: str
    version: str
    token: int
    age: int = 0


class World(NamedTuple):
    """``look_in``: ticks until the guard is due. ``overrun``: ticks without a live run for a
    owned model that is up and could be stopped. ``wrong``: an act that breaks a rule.
    """

    lease: Lease = Lease(model="m")
    models: tuple[Model, ...] = (Model(),)
    in_use: int = 0
    due: bool = True
    runs: tuple[Run, ...] = (Run(), Run())
    invocations: tuple[Invocation, ...] = ()
    flying: tuple[Call, ...] = ()
    look_in: int = 0
    overrun: int = 0
    faults: tuple[str, ...] = ()
    wrong: str = ""


def version_name(number: int) -> str:
    return f"v{number + 1}"


def version_number(name: str) -> int:
    return int(name[1:]) - 1


def owner_name(slot: int) -> str:
    return f"run {NAMES[slot]}"


def spend(world: World, fault: str) -> World:
    """The world with one fault of that name less."""
    left = list(world.faults)
    left.remove(fault)
    return world._replace(faults=tuple(left))


def with_run(world: World, slot: int, **changes: Any) -> World:
    if slot == GUARD_SLOT:
        return world
    runs = list(world.runs)
    runs[slot] = runs[slot]._replace(**changes)
    return world._replace(runs=tuple(runs))


def with_model(world: World, number: int, model: Model) -> World:
    models = list(world.models)
    models[number] = model
    return world._replace(models=tuple(models))


def without(world: World, invocation: Invocation) -> World:
    left = list(world.invocations)
    left.remove(invocation)
    return world._replace(invocations=tuple(left))


def with_invocation(world: World, invocation: Invocation) -> World:
    several = sorted((*world.invocations, invocation), key=_order)
    return world._replace(invocations=tuple(several))


def _order(invocation: Invocation) -> tuple[object, ...]:
    return invocation.slot, invocation.at, invocation.age, invocation.current, invocation.token


def renamed(world: World, owner: str, name: str) -> World:
    """The world in which ``owner`` of the lease, as it is or as remembered, is called ``name``."""

    def called(lease: Lease | None) -> Lease | None:
        return replace(lease, owner=name) if lease and lease.owner == owner else lease

    return world._replace(
        lease=called(world.lease) or world.lease,
        invocations=tuple(
            invocation._replace(seen=called(invocation.seen), asked=called(invocation.asked))
            for invocation in world.invocations
        ),
    )


def with_ranks(world: World) -> World:
    """Tokens and counts of starts by rank: only their order and who holds which matter."""
    leases = [world.lease]
    for invocation in world.invocations:
        leases += [lease for lease in (invocation.seen, invocation.asked) if lease]
    tokens = {0} | {lease.token for lease in leases}
    tokens |= {run.token for run in world.runs} | {call.token for call in world.flying}
    tokens |= {invocation.token for invocation in world.invocations}
    counts = {0} | {lease.starts for lease in leases}
    if len(tokens) > max(tokens) and len(counts) > max(counts):
        return world
    token = {old: new for new, old in enumerate(sorted(tokens))}
    count = {old: new for new, old in enumerate(sorted(counts))}

    def ranked(lease: Lease | None) -> Lease | None:
        return lease and replace(lease, token=token[lease.token], starts=count[lease.starts])

    return world._replace(
        lease=replace(
            world.lease, token=token[world.lease.token], starts=count[world.lease.starts]
        ),
        runs=tuple(run._replace(token=token[run.token]) for run in world.runs),
        flying=tuple(call._replace(token=token[call.token]) for call in world.flying),
        invocations=tuple(
            invocation._replace(
                token=token[invocation.token],
                seen=ranked(invocation.seen),
                asked=ranked(invocation.asked),
            )
            for invocation in world.invocations
        ),
    )


@cache
def earlier(at: int) -> int:
    """A time after another tick, unless it is so long ago that it makes no difference."""
    if at == 0 or at >= FAR:
        return at
    return max(at - TICK, NOW - LONG_AGO)


@cache
def aged(lease: Lease) -> Lease:
    return replace(
        lease,
        expires_at=earlier(lease.expires_at),
        hard_deadline=earlier(lease.hard_deadline),
        start_requested_at=earlier(lease.start_requested_at) if lease.owned else 0,
        stop_requested_at=earlier(lease.stop_requested_at) if lease.owned else 0,
    )
