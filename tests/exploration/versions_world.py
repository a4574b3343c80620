"""Versions of one key: their events, who accepts them, and a run that claims what is queued."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from tests.exploration.intake_world import PROFILE
from tests.exploration.search import Step
from tilescout.documents import Document
from tilescout.intake import superseding
from tilescout.intake.superseding import Superseded
from tilescout.transitions.decisions import MAY_BE_SUPERSEDED

VERSIONS = 3
AT_ONCE = 2
"""Invocations at work at once."""


class Row(NamedTuple):
    """The record of a version; ``sent``: its pages were put on their queue."""

    status: str = ""
    claim_token: int = 0
    asked_for_at: int = 0
    sent: bool = False


class Accept(NamedTuple):
    """An invocation: what it does next, whether its document was ACCEPTED as it was read or
    added, and the versions that it still has to write as superseded.
    """

    version: int
    at: str = "read"
    sends: bool = False
    going: tuple[int, ...] = ()


class World(NamedTuple):
    """``rows`` are in the order in which S3 got the versions; one that is ``bad`` is no PDF."""

    rows: tuple[Row, ...] = (Row(),) * VERSIONS
    events: tuple[int, ...] = tuple(range(VERSIONS))
    workers: tuple[Accept, ...] = ()
    faults: tuple[str, ...] = ()
    bad: int = -1
    wrong: str = ""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Decisions of the project, then the order in which accept_document applies them."""

    superseded: Callable[[Sequence[Document]], list[Superseded]] = superseding.superseded
    still_waiting: Callable[[Document], bool] = MAY_BE_SUPERSEDED.holds
    record_first: bool = True
    by_version: bool = True


def first_world(faults: tuple[str, ...]) -> World:
    bad = VERSIONS - 1 if "no PDF" in faults else -1
    return World(faults=tuple(fault for fault in faults if fault != "no PDF"), bad=bad)


def steps(world: World, rules: Rules) -> Iterator[Step[World]]:
    if len(world.workers) < AT_ONCE:
        for version in world.events:
            yield from _delivered(world, version)
    for worker in dict.fromkeys(world.workers):
        name, after = _act(world, rules, worker)
        yield Step(f"accept {worker.version} {name}", after)
        if "crash" in world.faults:
            died = _with(_spend(world, "crash"), worker, None)
            again = died._replace(events=tuple(sorted({*died.events, worker.version})))
            yield Step(f"accept {worker.version} crashes", again, True)
    for version in range(VERSIONS):
        yield from _others(world, version)


def _delivered(world: World, version: int) -> Iterator[Step[World]]:
    name = f"accept {version} begins"
    taken = world._replace(events=tuple(each for each in world.events if each != version))
    yield Step(name, _with(taken, None, Accept(version)))
    if "duplicate" in world.faults:
        kept = _with(_spend(world, "duplicate"), None, Accept(version))
        yield Step(f"{name}, delivered twice", kept, True)


def _act(world: World, rules: Rules, worker: Accept) -> tuple[str, World]:
    row = world.rows[worker.version]
    if worker.at == "read":
        if row.status == "REJECTED":
            return "finds it rejected", _with(world, worker, None)
        following = "look" if row.status or not rules.record_first else "add"
        going = worker._replace(at=following, sends=row.status in ("", "ACCEPTED"))
        return "reads", _with(world, worker, going)
    if worker.at == "add":
        return _add(world, rules, worker)
    if worker.at == "look":
        return _look(world, rules, worker)
    if worker.at == "write":
        return _write(world, rules, worker)
    done = _with(world, worker, None)
    if row.status == "SUPERSEDED" or not worker.sends:
        return "is done", done
    return "sends its pages", _changed(done, worker.version, sent=True)


def _add(world: World, rules: Rules, worker: Accept) -> tuple[str, World]:
    status = "REJECTED" if worker.version == world.bad else "ACCEPTED"
    added = world
    if not world.rows[worker.version].status:
        added = _changed(world, worker.version, status=status)
    if status == "REJECTED":
        return "rejects it", _with(added, worker, None)
    following = "look" if rules.record_first else "write"
    return "writes its record", _with(added, worker, worker._replace(at=following))


def _look(world: World, rules: Rules, worker: Accept) -> tuple[str, World]:
    order = [number for number in reversed(range(VERSIONS)) if world.rows[number].status]
    if not rules.by_version and worker.version in order:
        order = [worker.version, *(each for each in order if each != worker.version)]
    found = rules.superseded([_document(number, world.rows[number]) for number in order])
    going = tuple(int(each.document.id) for each in found)
    adds = not rules.record_first and not world.rows[worker.version].status
    following = worker._replace(at="add" if adds else "write", going=going)
    return f"sees {len(going)} to step back", _with(world, worker, following)


def _write(world: World, rules: Rules, worker: Accept) -> tuple[str, World]:
    if not worker.going:
        return "reads again", _with(world, worker, worker._replace(at="send"))
    version, *left = worker.going
    following = _with(world, worker, worker._replace(going=tuple(left)))
    row = world.rows[version]
    if not rules.still_waiting(_document(version, row)):
        return f"finds {version} changed", following
    return f"makes {version} SUPERSEDED", _changed(following, version, status="SUPERSEDED")


def _others(world: World, version: int) -> Iterator[Step[World]]:
    """What becomes of a record beside its accept: pages, a run, a person, the guard."""
    row = world.rows[version]
    if row.status == "ACCEPTED" and row.sent:
        yield Step(f"{version} is tiled", _changed(world, version, status="QUEUED"))
    if row.status == "ACCEPTED" and not (row.sent or world.workers or world.events):
        yield Step(f"the guard sends the pages of {version}", _changed(world, version, sent=True))
    if row.status == "QUEUED":
        claimed = _changed(world, version, status="RUNNING", claim_token=1)
        yield Step(f"a run claims {version}", claimed)
    if row.status == "RUNNING":
        yield Step(f"a run ends {version}", _changed(world, version, status="DONE"))
        if "requeue" in world.faults:
            queued = _changed(_spend(world, "requeue"), version, status="QUEUED")
            yield Step(f"a run gives {version} back", queued, True)
    if row.status == "SUPERSEDED" and "retry" in world.faults:
        asked = _spend(world, "retry")
        again = _changed(asked, version, status="ACCEPTED", asked_for_at=1, sent=True)
        yield Step(f"a person retries {version}", again, True)


@cache
def _document(version: int, row: Row) -> Document:
    status: Any = row.status
    return Document(
        id=str(version), bucket="b", key="k", version=str(version), status=status,
        profile=PROFILE, accepted_at=0, claim_token=row.claim_token,
        asked_for_at=row.asked_for_at,
    )  # fmt: skip


def broken(world: World) -> str:
    """The first rule that does not hold, in words; "" where all do."""
    accepted = [n for n, row in enumerate(world.rows) if row.status not in ("", "REJECTED")]
    for version, row in enumerate(world.rows):
        if row.status == "SUPERSEDED" and not any(other > version for other in accepted):
            return f"version {version} is SUPERSEDED and no newer one was accepted"
        if row.status == "SUPERSEDED" and row.claim_token:
            return f"version {version} is SUPERSEDED after a run has claimed it"
        if row.status == "SUPERSEDED" and row.asked_for_at:
            return f"version {version} is SUPERSEDED although a person asked for it"
        is_idle = not (world.events or world.workers)
        if is_idle and version != max(accepted, default=0) and _waits(version, row):
            return f"version {version} waits beside a newer one"
    return ""


def _waits(version: int, row: Row) -> bool:
    return bool(row.status) and MAY_BE_SUPERSEDED.holds(_document(version, row))


def is_settled(world: World) -> bool:
    """Every version has ended, and nothing is under way."""
    ended = all(row.status in ("DONE", "SUPERSEDED", "REJECTED") for row in world.rows)
    return ended and not (world.events or world.workers)


def _spend(world: World, fault: str) -> World:
    left = list(world.faults)
    left.remove(fault)
    return world._replace(faults=tuple(left))


def _with(world: World, old: Accept | None, new: Accept | None) -> World:
    workers = list(world.workers)
    if old is not None:
        workers.remove(old)
    if new is not None:
        workers.append(new)
    return world._replace(workers=tuple(sorted(workers)))


def _changed(world: World, version: int, **changes: Any) -> World:
    rows = list(world.rows)
    rows[version] = rows[version]._replace(**changes)
    return world._replace(rows=tuple(rows))
