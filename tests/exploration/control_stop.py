"""StopModel, CloseRun and the guard as atomic steps (stop_model, close_run, model_guard)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.exploration.control_invocations import Outcome, called, status_of, swap
from tests.exploration.control_rules import Setup
from tests.exploration.control_world import GUARD_SLOT, Invocation, Run, World, owner_name
from tilescout.runs.lease_rules import GUARD, GUARD_HOLD

THIS_GUARD = f"{GUARD}now"


def describe(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """StopModel and the guard: look, and decide."""
    lease = call.seen
    assert lease is not None
    is_nothing = not lease.version or (not lease.owned and setup.rules.stops_only_ours)
    if is_nothing and call.slot != GUARD_SLOT:
        yield Outcome("has no model to stop", world, run={"step": "CloseRun"})
        return
    status = status_of(world, lease.version)
    action = setup.rules.next_stop(lease, status, call.now)
    name = f"sees {status}: {action.verb}"
    if action.verb == "stop":
        at = "request stop" if setup.rules.asks_before_stopping else "stop"
        yield Outcome(name, world, call._replace(at=at))
    elif action.verb == "done":
        yield Outcome(name, world, call._replace(at="stopped"))
    else:
        yield _waiting(name, world, call)


def _waiting(name: str, world: World, call: Invocation) -> Outcome:
    if call.slot == GUARD_SLOT:
        return Outcome(name, world, call._replace(at="release"))
    return Outcome(name, world, run={"rested": True})


def request_stop(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """The lease says that a stop is asked for, before it is (rule 8)."""
    decide = setup.rules.request_stop
    asked = swap(world, lambda lease: decide(lease, call.token, call.now))
    if asked is None:
        yield Outcome("has nothing to stop any more", world, lost=True)
        return
    going = call._replace(at="stop", seen=world.lease, asked=asked[1])
    yield Outcome("requests a stop", asked[0], going)


def stop(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """The one call of Stop; again and again, by as many invocations as it takes."""
    assert call.seen is not None
    for name, after, code, fault in called(world, setup, call, "Stop", call.seen.version):
        if not setup.rules.waits_for_stopped:
            going = call._replace(at="stopped")
        elif code is None or not setup.rules.asks_before_stopping:
            yield _asked(name, after, call, code)._replace(fault=fault)
            continue
        else:
            going = call._replace(at="landed", status=code)
        yield Outcome(name, after, going, fault=fault)


def _asked(name: str, world: World, call: Invocation, code: str | None) -> Outcome:
    """An accepted Stop is looked at in a moment, any other later."""
    if code == "" and call.slot != GUARD_SLOT:
        return Outcome(name, world, run={})
    return _waiting(name, world, call)


def landed(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """A Stop that was answered is not on its way."""
    lease = setup.rules.stop_landed(world.lease, call.seen, call.asked)
    after = world if lease is None else world._replace(lease=lease)
    yield _asked("notes that Stop was answered", after, call, call.status)


def stopped(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """Down for certain: the model is no longer owned."""
    cleared = swap(world, lambda lease: setup.rules.stopped(lease, call.token, call.now))
    if cleared is None:
        yield Outcome("finds its lease lost", world, lost=True)
    elif cleared[1] is None:
        yield _waiting("finds a stop requested a moment ago", world, call)
    elif call.slot == GUARD_SLOT:
        yield Outcome("notes the model stopped", cleared[0], call._replace(at="release"))
    else:
        following = {"step": "CloseRun"} if call.step == "StopModel" else {}
        yield Outcome("notes the model stopped", cleared[0], run=following)


def give_up_lease(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """CloseRun: the lease goes last."""
    given_up = swap(world, lambda lease: setup.rules.release(lease, call.token, call.now))
    if given_up is None:
        yield Outcome("finds its lease lost", world, lost=True)
        return
    wrong = world.wrong if call.token == world.lease.token else "a lease was released by another"
    yield Outcome("gives its lease up", given_up[0]._replace(wrong=wrong), run=Run()._asdict())


def look(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """The guard's look at the lease, and at the execution that owns a live one."""
    lease = world.lease
    duty = setup.rules.guard_duty(lease, call.now, owner_runs=owner_runs(world))
    going = call._replace(seen=lease)
    if duty == "revoke":
        yield Outcome("finds the owner dead", world, going._replace(at="revoke"))
    elif duty == "take over" and setup.rules.guard_acquires:
        yield Outcome("finds a model without owner", world, going._replace(at="take over"))
    elif duty == "take over":
        going = going._replace(at="describe", token=lease.token)
        yield Outcome("finds a model without owner", world, going)
    else:
        yield Outcome("finds nothing to do", world)


def owner_runs(world: World) -> bool:
    """Whether the lease's owner is an execution that runs, or a guard, which ends by itself."""
    owner = world.lease.owner
    if owner.startswith(GUARD):
        return True
    return any(run.is_under_way and owner == owner_name(n) for n, run in enumerate(world.runs))


def revoke(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    assert call.seen is not None
    lease = setup.rules.revoke(world.lease, call.seen.owner, call.seen.token, call.now)
    if lease is None:
        yield Outcome("leaves the lease", world)
        return
    wrong = "the lease of a run that lives was revoked" if owner_runs(world) else ""
    yield Outcome("revokes", world._replace(lease=lease, wrong=wrong))


def take_over(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """The guard acts only as an owner, on what it reads once it is one (rule 9)."""
    lease = None
    if world.lease.owned:
        hold = call.now + GUARD_HOLD
        lease = setup.rules.acquire(world.lease, THIS_GUARD, call.now, hold)
    if lease is None:
        yield Outcome("leaves the lease", world)
        return
    seen = lease if setup.rules.guard_rereads else call.seen
    going = call._replace(at="describe", seen=seen, token=lease.token)
    yield Outcome("acquires", world._replace(lease=lease), going)


def release(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    released = swap(world, lambda lease: setup.rules.release(lease, call.token, call.now))
    if released is None:
        yield Outcome("finds its lease lost", world, lost=True)
        return
    yield Outcome("releases", released[0])
