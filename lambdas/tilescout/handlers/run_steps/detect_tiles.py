"""DetectTiles: one turn of the loop. Claim, look, send hints, say how long to wait."""

from __future__ import annotations

from dataclasses import replace

from tilescout.aws import queues
from tilescout.aws.tables import model_table
from tilescout.handlers.run_steps.claims import claim_due
from tilescout.handlers.run_steps.context import StepContext, gather, keep_lease
from tilescout.handlers.run_steps.merge_pages import send_merge_hints
from tilescout.handlers.run_steps.survey import survey
from tilescout.messages import TileHint
from tilescout.runs import pacing
from tilescout.runs.lease_rules import MAX_WAIT
from tilescout.runs.model_lifecycle import GONE, UNSEEN
from tilescout.runs.pacing import Turn
from tilescout.runs.records import RunState
from tilescout.runs.survey import Survey, TileKey

PATIENCE_WITH_MODEL = 10 * 60
"""Seconds without a tile's end after which a model, which costs money, is stopped."""


def detect_tiles(context: StepContext) -> RunState:
    """``next`` is StopModel once nothing more can be done in this run, StartModel where tiles
    wait for a model that is not up (any more), else empty.
    """
    context = claim_due(gather(keep_lease(context)))
    context, seen = survey(context, answered_at=context.run.last_answer_at)
    send_merge_hints(context)
    state = context.state
    if finished := _why_finished(context, seen):
        keep_lease(context, "closing")
        return replace(state, next="StopModel", wait_seconds=0, finished=finished)
    if state.needs_version and not state.version:
        return _without_version(state)
    if state.starts_model and not _is_ready(context):
        return replace(state, next="StartModel", wait_seconds=0, ready_at=0, give_up_at=0)
    turn = _next_turn(context, seen)
    _send_hints(context, seen, turn)
    return replace(
        state,
        next="",
        wait_seconds=turn.wait_seconds,
        pace=turn.pace,
        first_band=seen.next_band(state.first_band),
    )


def _why_finished(context: StepContext, seen: Survey) -> str:
    state, run = context.state, context.run
    return pacing.why_finished(
        seen.progress(run.asks),
        state.pace,
        now=context.now,
        deadline=state.deadline,
        calls_left=run.calls_left,
        calls_per_tile=state.calls_per_tile,
        patience=_patience(state, seen),
        turns=state.turns,
    )


def _patience(state: RunState, seen: Survey) -> int:
    """Returns how many seconds the run goes on without a tile's end.

    A few more minutes of a model cost less than its next start, which tiles that it breaks on
    would need if they did not fail now.
    """
    is_costly = state.starts_model and not seen.may_blame
    return PATIENCE_WITH_MODEL if is_costly else pacing.NO_PROGRESS


def _without_version(state: RunState) -> RunState:
    """The record knew of no open tile when the run opened; the next run knows better."""
    finished = "open tiles were found that need the model; the next run starts it"
    return replace(state, next="StopModel", wait_seconds=0, finished=finished, deferred=True)


def _is_ready(context: StepContext) -> bool:
    """False for a model that somebody stopped, and for one that was not needed yet."""
    state = context.state
    if not state.ready_at:
        return False
    known = model_table.in_use(context.ledger, state.model)
    return context.control().describe(known, state.version).status in ("RUNNING", UNSEEN, GONE)


def _next_turn(context: StepContext, seen: Survey) -> Turn:
    state = context.state
    max_wait = pacing.MAX_WAIT_WITH_MODEL if state.starts_model else MAX_WAIT
    progress = seen.progress(context.run.asks)
    return pacing.next_turn(state.pace, progress, context.now, state.calls_per_second, max_wait)


def _send_hints(context: StepContext, seen: Survey, turn: Turn) -> None:
    chosen = seen.sendable[turn.skip : turn.skip + turn.send]
    hints = [_hint(context.state, key) for key in chosen]
    # Evenly until the next look: what is sent faster than it is answered comes back refused, and
    # makes the measured rate, and with it the next window, smaller than they could be.
    queues.send(context.sqs, context.hints_queue_url, hints, turn.wait_seconds)


def _hint(state: RunState, key: TileKey) -> TileHint:
    document_id, page, tile = key
    return TileHint(
        model=state.model,
        token=state.token,
        run_id=state.id,
        document_id=document_id,
        page=page,
        tile=tile,
        model_version=state.version,
    )
