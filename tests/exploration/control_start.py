"""OpenRun, StartModel and DetectTiles as atomic steps (handlers/run_steps, model_control)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.exploration.control_invocations import Outcome, called, status_of, swap
from tests.exploration.control_model import doubt
from tests.exploration.control_rules import Setup
from tests.exploration.control_world import FAR, TICK, Invocation, World, owner_name, version_name
from tilescout.runs.lease_rules import Lease
from tilescout.runs.model_lifecycle import Action, StartTerms


def acquire(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """OpenRun: nothing due, or somebody at it, ends the run."""
    lease = None
    if world.due:
        lease = setup.rules.acquire(world.lease, owner_name(call.slot), call.now, FAR)
    if lease is None:
        yield Outcome("has nothing to do", world, run={"step": "", "alive": False})
        return
    taken = world._replace(lease=lease)
    version = version_name(world.in_use)
    opened = {"step": "StartModel", "token": lease.token, "version": version}
    yield Outcome("acquires", taken, run=opened)
    if "crash" in world.faults:
        yield Outcome("acquires, its answer lost", taken, run={}, fault="crash")


def beat(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """Every step of a run beats first."""
    if not setup.rules.beats_before_calls:
        going = call._replace(at=_after_beat(call), seen=world.lease)
        yield Outcome(f"{call.step} reads", world, going)
        return
    closing = "closing" if call.step in ("StopModel", "CloseRun") else None
    beaten = swap(world, lambda lease: setup.rules.heartbeat(lease, call.token, call.now, closing))
    if beaten is None:
        yield Outcome(f"{call.step} finds its lease lost", world, lost=True)
        return
    after, lease = beaten
    yield Outcome(f"{call.step} beats", after, call._replace(at=_after_beat(call), seen=lease))


def _after_beat(call: Invocation) -> str:
    return {"DetectTiles": "detect", "CloseRun": "give up lease"}.get(call.step, "describe")


def describe(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """StartModel: look, and decide."""
    lease = _seen(call)
    status = status_of(world, lease.version if lease.owned else call.version)
    action = _decided(world, setup, call, status)
    name = f"sees {status}: {action.verb}"
    if action.verb in ("start", "stop", "done"):
        at = {"start": "request", "stop": "request stop", "done": "stopped"}[action.verb]
        yield Outcome(name, world, call._replace(at=at))
    elif action.verb == "use":
        ready = {"step": "DetectTiles", "ready": True, "give_up_at": 0}
        yield Outcome(name, world, run=ready)
    else:
        yield Outcome(name, world, run=_after(action) | _give_up(world, setup, call))


def _seen(call: Invocation) -> Lease:
    if call.seen is None:
        raise ValueError(f"{call} acts before it read the lease")
    return call.seen


def _decided(world: World, setup: Setup, call: Invocation, status: str) -> Action:
    run = world.runs[call.slot]
    terms = StartTerms(
        version=call.version,
        starts=run.starts,
        give_up_at=run.give_up_at or call.now + setup.patience * TICK,
        latest_start=FAR,
        may_share=setup.may_share,
    )
    return setup.rules.next_start(_seen(call), status, terms, now=call.now)


def _give_up(world: World, setup: Setup, call: Invocation) -> dict[str, object]:
    at = world.runs[call.slot].give_up_at or call.now + setup.patience * TICK
    return {"give_up_at": at}


def _after(action: Action) -> dict[str, object]:
    if action.verb == "give up":
        return {"step": "StopModel"}
    return {"rested": True}


def request(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """The lease says that a start is asked for, before it is (rule 6)."""
    if not setup.rules.asks_before_starting:
        yield Outcome("asks for nothing", world, call._replace(at="start", asked=call.seen))
        return
    asked = swap(world, lambda lease: _requested(setup, call, lease))
    if asked is None:
        yield Outcome("finds its lease lost", world, lost=True)
        return
    after, lease = asked
    if lease is None:
        yield Outcome("finds the start requested", world, run={})
        return
    going = call._replace(at="start", seen=world.lease, asked=lease)
    # What the workflow has given up may ask and not undo it yet: that start is in doubt.
    after = after if call.current else doubt(after, call.version)
    yield Outcome("requests a start", after, going)
    if "lost write" in world.faults:
        yield from _requested_twice(after, setup, call)


def _requested_twice(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """The answer to the write was lost: it is decided again on what was written."""
    name = "requests a start, the answer to its write lost"
    lease = _requested(setup, call, world.lease)
    if lease is None:
        yield Outcome(name, doubt(world, call.version), run={}, fault="lost write")
        return
    going = call._replace(at="start", seen=world.lease, asked=lease)
    yield Outcome(name, world._replace(lease=lease), going, fault="lost write")


def _requested(setup: Setup, call: Invocation, lease: Lease) -> Lease | None:
    seen = _seen(call)
    if setup.rules.requests_once and (lease.starts, lease.owned) != (seen.starts, seen.owned):
        return None
    return setup.rules.request_start(lease, call.token, call.now, call.version, 1)


def start(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """The one call of Start."""
    starts = _starts(world, call)
    for name, after, code, fault in called(world, setup, call, "Start", call.version):
        if code is None and not setup.rules.keeps_lost_starts:
            yield Outcome(name, after, call._replace(at="undo"), fault=fault)
        elif not code:
            yield Outcome(name, after, run=starts | {"rested": code is None}, fault=fault)
        elif code in setup.rules.definite:
            yield Outcome(name, after, call._replace(at="undo", status=code), fault=fault)
        else:
            action = setup.rules.after_refused_start(code, "")
            yield Outcome(name, after, run=starts | _after(action), fault=fault)


def _starts(world: World, call: Invocation) -> dict[str, object]:
    return {"starts": min(3, world.runs[call.slot].starts + 1)}


def undo(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """After a definite refusal the lease is as it was, if nobody else asked since."""
    undone = setup.rules.undo_start(world.lease, _seen(call), call.asked)
    after = world if undone is None else world._replace(lease=undone)
    action = setup.rules.after_refused_start(call.status, "")
    starts = {} if action.refused else _starts(world, call)
    name = "leaves the request" if undone is None else "undoes its request"
    yield Outcome(name, after, run=starts | _after(action))


def detect(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """One turn: the tiles end, or some remain, or there is no model to ask."""
    run = world.runs[call.slot]
    closing = call._replace(at="close")
    if not world.due:
        yield Outcome("has no tile left", world, closing)
    elif run.turns >= setup.turns:
        yield Outcome("is past its deadline", world, closing)
    elif not run.ready or status_of(world, call.version) != "RUNNING":
        back = {"step": "StartModel", "ready": False, "give_up_at": 0}
        yield Outcome("finds no model", world, run=back)
    else:
        yield Outcome("has every tile answered", world._replace(due=False), closing)
        yield Outcome("waits for tiles", world, run={"turns": run.turns + 1, "rested": True})


def close(world: World, setup: Setup, call: Invocation) -> Iterator[Outcome]:
    """The phase is closing before StopModel begins."""
    beaten = swap(
        world, lambda lease: setup.rules.heartbeat(lease, call.token, call.now, "closing")
    )
    if beaten is None:
        yield Outcome("finds its lease lost", world, lost=True)
        return
    yield Outcome("is closing", beaten[0], run={"step": "StopModel"})
