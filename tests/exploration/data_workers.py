"""detect_tile as atomic steps, and everything that can happen to a worker."""

from __future__ import annotations

from collections.abc import Iterator

from tests.exploration.data_rules import Rules
from tests.exploration.data_world import (
    NOW,
    TICK,
    Size,
    Worker,
    World,
    counted,
    free_id,
    in_band,
    spend,
    with_row,
    with_worker,
)
from tests.exploration.search import Step
from tilescout.ledger import TileRow
from tilescout.runs.reservations import Drop


def worker_steps(world: World, rules: Rules, size: Size) -> Iterator[Step[World]]:
    yield from _hinted(world, rules)
    for worker in world.workers:
        who = f"worker of tile {worker.tile}"
        for name, after, fault in _acts(world, rules, size, worker):
            yield Step(f"{who} {name}", spend(after, fault) if fault else after, bool(fault))
        if worker.age:
            yield Step(f"{who} times out", _killed(world, worker))
        elif "crash" in world.faults:
            yield Step(f"{who} crashes", spend(_killed(world, worker), "crash"), True)


def _hinted(world: World, rules: Rules) -> Iterator[Step[World]]:
    """A hint is taken; it is dropped unless its run is working and has the document."""
    for hint in world.hints:
        token, tile = hint
        left = tuple(other for other in world.hints if other != hint)
        for hints, again in ((left, ""), (world.hints, "duplicate hint")):
            if again and again not in world.faults:
                continue
            after = world._replace(hints=hints)
            name = f"a hint of tile {tile} is delivered{' twice' if again else ''}"
            if _is_wanted(world, rules, token):
                after = with_worker(after, None, Worker(token, tile, "reserve", free_id(world)))
            else:
                name += " and dropped"
            yield Step(name, spend(after, again) if again else after, bool(again))


def _is_wanted(world: World, rules: Rules, token: int) -> bool:
    document = world.document
    claimed = document.claim_token == token and document.status == "RUNNING"
    return claimed and rules.may_detect(world.lease, token, NOW)


def _killed(world: World, worker: Worker) -> World:
    """It may have held the tile, and may have asked for it without writing the answer."""
    if worker.at in ("commit", "strike"):
        world = world._replace(kills=counted(world.kills, worker.tile))
    if worker.at not in ("reserve", "band"):
        world = _crashed(world, worker)
    return with_worker(world, worker, None)


def _crashed(world: World, worker: Worker) -> World:
    crashes = list(world.crashes)
    crashes[worker.tile] |= {worker.token}
    return world._replace(crashes=tuple(crashes))


Acts = Iterator[tuple[str, World, str]]


def _acts(world: World, rules: Rules, size: Size, worker: Worker) -> Acts:
    row = world.rows[worker.tile]
    if worker.at == "reserve":
        changed = rules.reserve(row, worker.id, worker.token, NOW, TICK)
        if isinstance(changed, Drop):
            yield f"drops it: {changed.reason}", with_worker(world, worker, None), ""
        else:
            after = with_row(world, changed)
            if changed.attempts > row.attempts and worker.token in world.crashes[worker.tile]:
                after = after._replace(wrong="a time-out counted twice in one run")
            yield "reserves", with_worker(after, worker, worker._replace(at="call")), ""
    elif worker.at == "call":
        yield from _calls(world, size, worker)
    elif worker.at == "band":
        after = in_band(world, worker.tile, "answered")
        after = after._replace(answered=after.answered | {worker.token})
        yield "counts it", with_worker(after, worker, None), ""
    else:
        yield from _writes(world, rules, worker, row)


def _calls(world: World, size: Size, worker: Worker) -> Acts:
    asked = world._replace(calls=counted(world.calls, worker.tile), wrong=_untimely(world))
    if worker.tile in size.poison:
        yield "is refused", with_worker(asked, worker, worker._replace(at="strike")), ""
    else:
        yield "is answered", with_worker(asked, worker, worker._replace(at="commit")), ""
    if "not ready" in world.faults:
        back = worker._replace(at="give back")
        yield "finds the detector not ready", with_worker(world, worker, back), "not ready"
    if "server error" in world.faults:
        back = worker._replace(at="give back broken")
        yield "gets a server error", with_worker(world, worker, back), "server error"
    if "lost answer" in world.faults:
        lost = _crashed(asked._replace(kills=counted(asked.kills, worker.tile)), worker)
        yield "gets no answer", with_worker(lost, worker, None), "lost answer"


def _untimely(world: World) -> str:
    """A worker may ask for as long as it lives after its run was last working."""
    return "the detector was asked without a working run" if world.idle > 1 else ""


def _writes(world: World, rules: Rules, worker: Worker, row: TileRow) -> Acts:
    changed: TileRow | Drop
    following: Worker | None = None
    if worker.at == "commit":
        changed = rules.commit(row, f"answer {worker.id}", 1)
        following = worker._replace(at="band")
    elif worker.at == "strike":
        changed = rules.refuse(row, worker.id, "refused")
    else:
        server_error = worker.at == "give back broken"
        changed = rules.give_back(row, worker.id, NOW, "not ready", server_error=server_error)
    after = world if isinstance(changed, Drop) else with_row(world, changed)
    yield (
        {"commit": "commits", "strike": "counts the refusal"}.get(worker.at, "gives it back"),
        with_worker(after, worker, following),
        "",
    )
