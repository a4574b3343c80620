"""Every step of the data plane, and what must hold in each of its worlds."""

from __future__ import annotations

from collections.abc import Iterator

from tests.exploration.data_loop import loop_steps
from tests.exploration.data_rules import Rules
from tests.exploration.data_workers import worker_steps
from tests.exploration.data_world import NOW, TICK, Size, World, aged_lease, aged_row, spend
from tests.exploration.search import Step
from tilescout.documents import ENDED
from tilescout.ledger import TileRow
from tilescout.runs.reservations import MAX_ATTEMPTS, MAX_REFUSALS, MAX_SERVER_ERRORS
from tilescout.transitions.arrows import MAX_RUNS_WITHOUT_PROGRESS


def steps(world: World, rules: Rules, size: Size) -> Iterator[Step[World]]:
    yield from worker_steps(world, rules, size)
    yield from loop_steps(world, rules, size)
    yield from _time_passes(world)


def _time_passes(world: World) -> Iterator[Step[World]]:
    """Once the run's loop waits, and every worker is through or slow."""
    if any(worker.age for worker in world.workers):
        return
    if world.loop.step and not world.loop.rested:
        return
    after = world
    delays = ["slow" for _ in world.workers]
    delays += ["late hint" for _ in world.hints] + ["late merge" for _ in world.mergers]
    for fault in delays:
        if fault not in after.faults:
            return
        after = spend(after, fault)
    yield Step(", ".join((f"{TICK} s pass", *delays)), _later(after), bool(delays))


def _later(world: World) -> World:
    loop = world.loop
    if loop.rested:
        has_answers = loop.token in world.answered
        loop = loop._replace(rested=False, has_answers=has_answers)
    is_working = world.loop.step == "detect"
    return world._replace(
        rows=tuple(aged_row(row) for row in world.rows),
        lease=aged_lease(world.lease),
        loop=loop,
        workers=tuple(worker._replace(age=worker.age + 1) for worker in world.workers),
        idle=0 if is_working else min(3, world.idle + 1),
    )


def broken(world: World, size: Size) -> str:
    """The first rule that does not hold, in words; "" where all do."""
    if world.wrong:
        return world.wrong
    for tile, calls in enumerate(world.calls):
        most = MAX_ATTEMPTS if tile in size.poison else 1
        if calls > most + world.kills[tile]:
            return f"tile {tile} was asked for {calls} times"
    for row in world.rows:
        blamed = world.crashes[row.tile] & world.answered
        is_innocent = row.tile not in size.poison and row.server_errors < MAX_SERVER_ERRORS
        if row.state == "failed" and is_innocent and len(blamed) < MAX_ATTEMPTS:
            return f"tile {row.tile} is innocent and failed"
    return _document(world)


def _document(world: World) -> str:
    document = world.document
    if document.runs_without_progress > MAX_RUNS_WITHOUT_PROGRESS:
        return "another run was made after three without any answer"
    every_ended = all(_has_ended(row) for row in world.rows)
    if document.status == "HELD" and every_ended and not world.band.is_complete:
        return "the document is HELD though all its tiles have ended"
    if document.status not in ENDED:
        return ""
    if not world.band.is_complete:
        return f"the document is {document.status} and not all its tiles have ended"
    if document.status == "DONE" and world.band.failed - world.band.answered:
        return "the document is DONE and a tile failed"
    return ""


def _has_ended(row: TileRow) -> bool:
    return row.state != "pending" or row.refusals >= MAX_REFUSALS


def is_settled(world: World) -> bool:
    """The document has ended or waits for a person, and nobody is at work."""
    at_work = world.workers or world.mergers or world.loop.step
    return not at_work and not world.document.is_due and not world.lease.is_live(NOW)
