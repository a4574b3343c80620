"""accept_document, tile_page, the dead letters' collector and the sweep as atomic steps."""

from __future__ import annotations

from collections.abc import Iterator

from tests.exploration.intake_tiling import flip, tile
from tests.exploration.intake_world import (
    MAX_RECEIVES,
    SOURCE,
    Message,
    Rules,
    Size,
    Worker,
    World,
    document,
    spend,
    with_message,
    with_page,
    with_worker,
)
from tests.exploration.search import Step
from tilescout.transitions import decisions

FIRST = {"accept": "read", "tile": "read", "collect": "read", "sweep": "read"}
AT_ONCE = 2
"""Invocations at work at once."""


def steps(world: World, rules: Rules, size: Size) -> Iterator[Step[World]]:
    yield from _delivered(world, rules)
    for worker in dict.fromkeys(world.workers):
        who = f"{worker.kind} {worker.message.page or ''}".strip()
        if not _dies_always(worker, size):
            name, after = _act(world, rules, worker)
            yield Step(f"{who} {name}", after)
        else:
            yield Step(f"{who} dies", _died(world, worker))
        if "crash" in world.faults:
            yield Step(f"{who} crashes", spend(_died(world, worker), "crash"), True)
    for number, written in enumerate(world.written, 1):
        if world.status == "QUEUED" and written.row == "pending":
            answered = list(world.written)
            answered[number - 1] = written._replace(row="answered")
            yield Step(f"a run answers page {number}", world._replace(written=tuple(answered)))


def _dies_always(worker: Worker, size: Size) -> bool:
    """A page or an upload that kills its function, each time, in the midst of its work."""
    if worker.kind == "tile":
        return worker.at == "image" and worker.message.page in size.bombs
    return worker.kind == "accept" and size.bad_upload and worker.at == "add"


def _died(world: World, worker: Worker) -> World:
    """Its message is delivered again, until it is a dead letter."""
    after = with_worker(world, worker, None)
    if worker.kind == "sweep":
        return after
    if worker.kind == "collect":
        return after._replace(dead=tuple(sorted((*after.dead, worker.message))))
    message = worker.message._replace(receives=worker.message.receives + 1)
    if message.receives >= MAX_RECEIVES:
        return after._replace(dead=tuple(sorted({*after.dead, message._replace(receives=0)})))
    return after._replace(queue=tuple(sorted((*after.queue, message))))


def _delivered(world: World, rules: Rules) -> Iterator[Step[World]]:
    if len(world.workers) >= AT_ONCE:
        return
    for message in dict.fromkeys(world.queue):
        left = list(world.queue)
        left.remove(message)
        kind = "tile" if message.page else "accept"
        worker = Worker(kind, FIRST[kind], message)
        taken = world._replace(queue=tuple(left))
        yield Step(
            f"{kind} {message.page or ''}".strip() + " begins", with_worker(taken, None, worker)
        )
        if "duplicate" in world.faults:
            twice = with_worker(spend(world, "duplicate"), None, worker)
            yield Step(
                f"{kind} {message.page or ''}".strip() + " begins, delivered twice", twice, True
            )
    if rules.collects:
        for message in dict.fromkeys(world.dead):
            left = list(world.dead)
            left.remove(message)
            worker = Worker("collect", "read", message)
            yield Step(
                "collect begins", with_worker(world._replace(dead=tuple(left)), None, worker)
            )
    if rules.sweeps and world.status in ("", "ACCEPTED") and not world.queue and not world.workers:
        yield Step("sweep begins", with_worker(world, None, Worker("sweep", "read", Message(0))))


def _act(world: World, rules: Rules, worker: Worker) -> tuple[str, World]:
    if worker.kind == "accept":
        return _accept(world, rules, worker)
    if worker.kind == "tile":
        return tile(world, rules, worker)
    if worker.kind == "collect":
        return _collect(world, rules, worker)
    return _sweep(world, rules, worker)


def _accept(world: World, rules: Rules, worker: Worker) -> tuple[str, World]:
    every = tuple(row.page for row in world.pages)
    done = with_worker(world, worker, None)
    if worker.at == "read":
        if world.status not in ("", "ACCEPTED"):
            return "finds it done", done
        if world.status and not rules.sends_again:
            return "finds it known", done
        known = bool(world.status)
        first = "send" if known or not rules.record_first else "add"
        going = worker._replace(at=first, left=every, known=known)
        return "finds it known" if known else "finds it new", with_worker(world, worker, going)
    if worker.at == "add":
        after = world
        if not world.status or not rules.adds_if_absent:
            wrong = "" if world.status in ("", "ACCEPTED") else "a status went backwards"
            after = world._replace(status=document(world).status, wrong=wrong)
        following = worker._replace(at="send") if rules.record_first else None
        return "writes the record", with_worker(after, worker, following)
    page, *left = worker.left
    following = worker._replace(left=tuple(left)) if left else None
    if not left and not rules.record_first and not worker.known:
        following = worker._replace(at="add", left=())
    return f"sends page {page}", with_message(with_worker(world, worker, following), Message(page))


def _collect(world: World, rules: Rules, worker: Worker) -> tuple[str, World]:
    page = worker.message.page
    if worker.at == "read" and not page:
        done = with_worker(world, worker, None)
        if world.status:
            return "finds the document known", done
        rejected = decisions.reject(SOURCE, "several tries")
        return "rejects it", done._replace(status=rejected.status, reason=rejected.reason)
    if worker.at == "read":
        if world.status != "ACCEPTED":
            return "finds it done", with_worker(world, worker, None)
        return "reads", with_worker(world, worker, worker._replace(at="mark"))
    if worker.at == "mark":
        row = world.pages[page - 1]
        if not rules.is_marked(row):
            world = with_page(world, page, failed_reason="several tries")
        return f"gives page {page} up", with_worker(world, worker, worker._replace(at="group"))
    return flip(world, rules, worker)


def _sweep(world: World, rules: Rules, worker: Worker) -> tuple[str, World]:
    if worker.at == "read" and not world.status:
        return "finds an object without record", with_message(
            with_worker(world, worker, None), Message(0)
        )
    if worker.at == "read":
        return "finds it ACCEPTED", with_worker(world, worker, worker._replace(at="look"))
    if worker.at == "look" and (missing := _missing(world)):
        going = worker._replace(at="resend", left=missing)
        return f"misses {len(missing)} pages", with_worker(world, worker, going)
    if worker.at == "resend":
        page, *left = worker.left
        following = worker._replace(left=tuple(left)) if left else None
        sent = with_message(with_worker(world, worker, following), Message(page))
        return f"sends page {page} again", sent
    return flip(world, rules, worker)


def _missing(world: World) -> tuple[int, ...]:
    return tuple(row.page for row in world.pages if row.page not in world.seen)


def broken(world: World) -> str:
    """The first rule that does not hold, in words; "" where all do."""
    if world.wrong:
        return world.wrong
    if world.status in ("FAILED", "REJECTED") and not world.reason:
        return f"the document is {world.status} without a reason"
    if world.status != "QUEUED":
        return ""
    for row, written in zip(world.pages, world.written, strict=True):
        if not row.is_marked:
            return f"the document is QUEUED and page {row.page} is not tiled"
        if row.tiled and not (written.image and written.row and written.band):
            return f"the document is QUEUED and page {row.page} is not all written"
    return ""


def is_settled(world: World) -> bool:
    """The document is with the runs or has ended, and nothing is under way."""
    busy = world.queue or world.dead or world.workers
    return not busy and world.status in ("QUEUED", "FAILED", "REJECTED")
