"""The run as its documents see it: claim, look, send hints, fail, merge, requeue, close."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from tests.exploration.data_rules import Rules
from tests.exploration.data_world import (
    FAR,
    NOW,
    Loop,
    Merger,
    Paper,
    Size,
    World,
    in_band,
    spend,
    with_row,
)
from tests.exploration.search import Step
from tilescout.documents import Document
from tilescout.ledger import TileRow
from tilescout.profiles import Profile
from tilescout.results import ResultSet, Totals
from tilescout.runs import lease_rules
from tilescout.runs.lease_rules import release
from tilescout.runs.pacing import STALLED, Limits, Pace, Progress
from tilescout.runs.reservations import is_reserved, ran_out
from tilescout.transitions.decisions import RunEnd
from tilescout.transitions.status_change import StatusChange

PROFILE = Profile(name="p", detector="custom-labels", dpi=200, tile_size=100, overlap=10)
DOCUMENT = Document(
    id="d", bucket="b", key="k", version="1", status="RUNNING", profile=PROFILE, accepted_at=0
)


def loop_steps(world: World, rules: Rules, size: Size) -> Iterator[Step[World]]:
    loop = world.loop
    yield from _merger_steps(world, rules)
    if not loop.step:
        yield from _begins(world, rules, size)
        return
    if "abort" in world.faults:
        revoked = lease_rules.revoke(world.lease, "run", loop.token, NOW)
        dead = spend(world, "abort")._replace(loop=Loop(), lease=revoked or world.lease)
        yield Step("the run is aborted", dead, True)
    if loop.rested:
        return
    if loop.step in ("detect", "survey") and not loop.seen:
        yield _looks(world, rules, loop)
    elif loop.step == "detect":
        yield from _turn_ends(world, rules, size, loop)
    elif loop.step == "stop":
        stopped = loop._replace(step="survey", rested=True)
        yield Step("the run has no model up", world._replace(loop=stopped))
    elif loop.step == "survey":
        yield from _merges(world, rules, loop)
    elif loop.step == "requeue":
        yield Step("the run requeues", _requeued(world, rules, loop))
    else:
        released = release(world.lease, loop.token, NOW)
        yield Step("the run releases its lease", world._replace(lease=released, loop=Loop()))


def _begins(world: World, rules: Rules, size: Size) -> Iterator[Step[World]]:
    """OpenRun: acquire, and claim what is due (rule 11)."""
    if not world.document.is_due or world.lease.token >= size.runs:
        return
    free = world.lease if not world.lease.owner else replace(world.lease, owner="somebody gone")
    lease = lease_rules.acquire(free, "run", NOW, FAR)
    if lease is None:
        return
    world = world._replace(lease=replace(lease, expires_at=FAR), idle=0)
    loop = Loop(lease.token, "detect", has_answers=lease.token in world.answered)
    yield Step("a run begins", _claimed(world, rules, lease.token)._replace(loop=loop))


def _claimed(world: World, rules: Rules, token: int) -> World:
    document = world.document
    if document.status == "RUNNING" and not rules.claims_after_dead_runs:
        return world
    if not rules.keeps_answers:
        fresh = tuple(replace(row, state="pending", answer="") for row in world.rows)
        empty = replace(world.band, answered=frozenset(), failed=frozenset())
        world = world._replace(rows=fresh, band=empty)
    claimed = rules.claim(DOCUMENT.id, token, "run")
    return world._replace(document=_changed(document, claimed))


def _changed(document: Paper, change: StatusChange, **more: int) -> Paper:
    """The document as the change makes it: what of its attributes this world keeps."""
    known = {name: change.attributes[name] for name in Paper._fields if name in change.attributes}
    return document._replace(**{"status": change.status, **known, **more})


def _looks(world: World, rules: Rules, loop: Loop) -> Step[World]:
    """The survey of the rows (tilescout.runs.survey)."""
    document = world.document
    mine = document.status == "RUNNING" and document.claim_token == loop.token
    seen = []
    for number in range(len(world.rows)):
        ended = number in world.band.answered | world.band.failed
        world, what = (
            (world, "ended") if ended or not mine else _row(world, rules, loop, world.rows[number])
        )
        seen.append(what)
    name = f"the run sees its tiles {', '.join(seen)}"
    return Step(name, world._replace(loop=loop._replace(seen=tuple(seen))))


def _row(world: World, rules: Rules, loop: Loop, row: TileRow) -> tuple[World, str]:
    if row.state != "pending":
        return (in_band(world, row.tile, row.state) if rules.repairs_bands else world), "reserved"
    has_answers = loop.has_answers and loop.step == "detect"
    if rules.has_failed(row, loop.token, NOW, run_has_answers=has_answers):
        failed = rules.fail(row, loop.token, NOW, run_has_answers=has_answers)
        if isinstance(failed, TileRow):
            return _failed(world, loop, failed), "failed"
        return world, "reserved"
    if is_reserved(row, NOW) or row.retry_at > NOW:
        return world, "reserved"
    return world, "stuck" if rules.is_stuck(row, loop.token, NOW) else "sendable"


def _failed(world: World, loop: Loop, row: TileRow) -> World:
    blameless = row.refusals < 2 and loop.token not in world.answered
    wrong = "a tile was failed by a run without any answer" if blameless else world.wrong
    return in_band(with_row(world, row), row.tile, "failed")._replace(wrong=wrong)


def _turn_ends(world: World, rules: Rules, size: Size, loop: Loop) -> Iterator[Step[World]]:
    """Hints for what is sendable, or the end of detecting."""
    count = Counter(loop.seen)
    progress = Progress(
        answered=len(world.band.answered),
        failed=len(world.band.failed - world.band.answered),
        reserved=count["reserved"] + count["failed"],
        sendable=count["sendable"],
        stuck=count["stuck"],
    )
    deadline = NOW if loop.turns >= size.turns else FAR
    limits = Limits(deadline=deadline, calls_left=100, calls_per_tile=1)
    finished = rules.why_finished(progress, Pace(), limits, NOW)
    if finished:
        yield Step(f"the run ends detecting: {finished}", _closing(world, rules, loop, finished))
        return
    sent = {(loop.token, n) for n, seen in enumerate(loop.seen) if seen == "sendable"}
    resting = Loop(loop.token, "detect", turns=loop.turns + 1, rested=True)
    hints = tuple(sorted({*world.hints, *sent}))
    yield Step("the run sends hints", world._replace(hints=hints, loop=resting))


def _closing(world: World, rules: Rules, loop: Loop, finished: str) -> World:
    """Nothing more is asked: StopModel and MergePages follow."""
    lease = world.lease
    if rules.closes_first:
        lease = replace(lease_rules.heartbeat(lease, loop.token, NOW, "closing"), expires_at=FAR)
    following = Loop(loop.token, "stop", finished=finished, rested=True)
    return world._replace(lease=lease, loop=following)


def _merges(world: World, rules: Rules, loop: Loop) -> Iterator[Step[World]]:
    """A complete document is merged by workers; the run waits for it, or its patience ends."""
    following = loop._replace(step="requeue")
    is_running = world.document.status == "RUNNING"
    complete = world.band.is_complete or not rules.waits_for_complete
    if not (is_running and complete):
        yield Step("the run has nothing to merge", world._replace(loop=following))
        return
    hinted = tuple(sorted({*world.mergers, Merger(loop.token, "check")}))
    waiting = loop._replace(seen=(), rested=True)
    yield Step("the run hints at a merge", world._replace(mergers=hinted, loop=waiting))
    if "impatience" in world.faults:
        gone = spend(world, "impatience")._replace(loop=following)
        yield Step("the run leaves the merge to the next", gone, True)


def _merger_steps(world: World, rules: Rules) -> Iterator[Step[World]]:
    for merger in world.mergers:
        left = tuple(other for other in world.mergers if other != merger)
        done = world._replace(mergers=left)
        document = world.document
        mine = document.claim_token == merger.token or not rules.merges_only_its_claim
        if merger.at == "check" and mine and document.status == "RUNNING":
            flipping = tuple(sorted((*left, merger._replace(at="flip"))))
            yield Step(f"a merge of claim {merger.token} begins", world._replace(mergers=flipping))
        elif merger.at == "check":
            yield Step(f"a merge of claim {merger.token} is dropped", done)
        else:
            name = f"a merge of claim {merger.token} ends"
            yield Step(name, _flipped(done, rules, merger.token))


def _flipped(world: World, rules: Rules, token: int) -> World:
    """The flip of the document's status, while it is RUNNING under this claim (rule 12)."""
    document = world.document
    mine = document.claim_token == token or not rules.flips_only_its_claim
    if document.status != "RUNNING" or not mine:
        return world
    totals = Totals(
        answered=len(world.band.answered), failed=len(world.band.failed - world.band.answered)
    )
    paper = replace(DOCUMENT, tiles_planned=len(world.rows))
    ended = rules.finish(ResultSet(id="r", document=paper, made_at=NOW), totals, ())
    wrong = world.wrong
    if document.claim_token != token:
        wrong = "a document ended under a claim that is no longer its own"
    after = _changed(document, ended, under=token, tiles_answered=document.tiles_answered)
    return world._replace(document=after, wrong=wrong)


def _requeued(world: World, rules: Rules, loop: Loop) -> World:
    """As close_run does: a run that brought no answer counts for holding, and is forgiven."""
    closing = world._replace(loop=loop._replace(step="release"))
    document = world.document
    mine = document.claim_token == loop.token or not rules.requeues_only_its_claim
    if document.status != "RUNNING" or not mine:
        return closing
    answered = len(world.band.answered)
    detected = world.band.is_complete
    is_without_answer = loop.token not in world.answered
    end = RunEnd(
        token=loop.token,
        answered=answered,
        detected=detected,
        without_answer=is_without_answer,
        stalled=loop.finished in STALLED,
    )
    requeued = rules.requeue(_record(document), end, NOW)
    runs = min(requeued.attributes["runs_without_progress"], 4)
    after = _changed(document, requeued, runs_without_progress=runs)
    if is_without_answer and not detected:
        rows = tuple(rules.forgive(row, loop.token, NOW) for row in world.rows)
        counted = any(row.state == "pending" and ran_out(row, loop.token, NOW) for row in rows)
        wrong = "an ask of a run without any answer was counted" if counted else ""
        closing = closing._replace(rows=rows, wrong=wrong or world.wrong)
    return closing._replace(document=after)


def _record(document: Paper) -> Document:
    return replace(
        DOCUMENT,
        status=document.status,
        claim_token=document.claim_token,
        runs_without_progress=document.runs_without_progress,
        tiles_answered=document.tiles_answered,
    )
