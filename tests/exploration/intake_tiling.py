"""tile_page, and the flip of a document whose pages are all marked, as atomic steps."""

from __future__ import annotations

from dataclasses import replace

from tests.exploration.intake_world import (
    MOST_ATTEMPTS,
    Rules,
    Worker,
    World,
    document,
    with_page,
    with_worker,
    with_written,
)

ORDER = ("image", "row", "band", "mark", "group", "look")
MARK_FIRST = ("mark", "group", "image", "row", "band", "look")


def tile(world: World, rules: Rules, worker: Worker) -> tuple[str, World]:
    if worker.at == "read":
        if world.status != "ACCEPTED":
            return "finds it done", with_worker(world, worker, None)
        return "reads", with_worker(world, worker, worker._replace(at="attempt"))
    if worker.at == "attempt":
        return _attempt(world, rules, worker)
    if worker.at in ("image", "row", "band"):
        return _write(world, rules, worker)
    if worker.at == "mark":
        row = world.pages[worker.message.page - 1]
        if not row.tiled:
            world = with_page(world, row.page, tiled=True, failed_reason="")
        return "marks the page", _next(world, rules, worker)
    return flip(world, rules, worker)


def _attempt(world: World, rules: Rules, worker: Worker) -> tuple[str, World]:
    page = worker.message.page
    attempts = min(world.pages[page - 1].attempts + 1, MOST_ATTEMPTS + 1)
    world = with_page(world, page, attempts=attempts)
    if rules.is_marked(world.pages[page - 1]):
        going = worker._replace(at="group")
        return "finds the page marked", with_worker(world, worker, going)
    if attempts > MOST_ATTEMPTS and rules.counts_attempts:
        world = with_page(world, page, failed_reason="tiling stopped")
        return "gives the page up", with_worker(world, worker, worker._replace(at="group"))
    first = (ORDER if rules.marks_last else MARK_FIRST)[0]
    return "begins to tile", with_worker(world, worker, worker._replace(at=first))


def _write(world: World, rules: Rules, worker: Worker) -> tuple[str, World]:
    page = worker.message.page
    if worker.at == "row":
        state = world.written[page - 1].row
        if state == "answered" and not rules.writes_new_only:
            world = world._replace(wrong="an answered tile was written anew")
        world = with_written(world, page, row=state or "pending")
    else:
        world = with_written(world, page, **{worker.at: True})
    return f"writes its {worker.at}", _next(world, rules, worker)


def _next(world: World, rules: Rules, worker: Worker) -> World:
    order = ORDER if rules.marks_last else MARK_FIRST
    following = order[order.index(worker.at) + 1]
    return with_worker(world, worker, worker._replace(at=following))


def flip(world: World, rules: Rules, worker: Worker) -> tuple[str, World]:
    """Count the page, look whether any is missing, and if none is, change the status."""
    if worker.at == "group":
        seen = world.seen | {worker.message.page}
        after = world._replace(seen=seen)
        if worker.kind == "tile" and not rules.marks_last and worker.known is False:
            return "counts the page", _next(after, rules, worker)
        return "counts the page", with_worker(after, worker, worker._replace(at="look"))
    if worker.at == "look":
        missing = {row.page for row in world.pages} - world.seen
        if missing and rules.flips_if_marked:
            return "sees pages missing", with_worker(world, worker, None)
        return "sees all pages", with_worker(world, worker, worker._replace(at="flip"))
    return _flip(with_worker(world, worker, None), rules)


def _flip(world: World, rules: Rules) -> tuple[str, World]:
    record = replace(document(world), status=world.status)
    judged = rules.finish_tiling(record, world.pages, model_in_use=True, now=0)
    if not judged.condition.holds(record):
        if rules.flips_if_accepted:
            return "finds the status changed", world
        world = world._replace(wrong="a status went backwards")
    after = world._replace(status=judged.status, reason=judged.reason)
    return f"makes it {judged.status}", after
