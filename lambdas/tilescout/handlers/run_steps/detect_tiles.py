"""DetectTiles: one turn of the loop. Look, claim, send hints, say how long to wait."""

from __future__ import annotations

from dataclasses import replace

from tilescout import messages
from tilescout.aws import queues
from tilescout.aws.tables import document_table
from tilescout.handlers.run_steps.claim_documents import claim_due
from tilescout.handlers.run_steps.context import Edges, beat
from tilescout.handlers.run_steps.merge_hints import send_merge_hints
from tilescout.handlers.run_steps.survey import Survey, survey
from tilescout.runs import pacing
from tilescout.runs.lease_rules import MAX_WAIT
from tilescout.runs.model_lifecycle import GONE, UNSEEN
from tilescout.runs.pacing import Turn
from tilescout.runs.records import RunState

PATIENCE_WITH_MODEL = 10 * 60
"""Seconds without a tile's end after which a model, which costs money, is stopped."""


def detect_tiles(edges: Edges, state: RunState) -> RunState:
    """``next`` is StopModel once nothing more can be done in this run, StartModel where tiles
    wait for a model that is not up (any more), else empty.
    """
    beat(edges, state)
    claim_due(edges, state)
    run = document_table.get_run(edges.documents, state.id)
    seen = survey(edges, state, answered_at=run.last_answer_at if run else 0)
    send_merge_hints(edges, state)
    progress = seen.progress(run.asks if run else 0)
    finished = pacing.why_finished(
        progress,
        state.pace,
        now=edges.now,
        deadline=state.deadline,
        calls_left=run.calls_left if run else 0,
        calls_per_tile=state.calls_per_tile,
        patience=_patience(state, seen),
        turns=state.turns,
    )
    if finished:
        beat(edges, state, "closing")
        return replace(state, next="StopModel", wait_seconds=0, finished=finished)
    if state.needs_version and not state.version:
        return _without_model(state)
    if state.starts_model and not _is_ready(edges, state):
        return replace(state, next="StartModel", wait_seconds=0, ready_at=0, give_up_at=0)
    longest = pacing.MAX_WAIT_WITH_MODEL if state.starts_model else MAX_WAIT
    turn = pacing.next_turn(state.pace, progress, edges.now, state.calls_per_second, longest)
    _send_hints(edges, state, seen, turn)
    return replace(
        state,
        next="",
        wait_seconds=turn.wait_seconds,
        pace=turn.pace,
        first_band=seen.next_band(state.first_band),
    )


def _patience(state: RunState, seen: Survey) -> int:
    """Seconds without a tile's end. A few more minutes of a model cost less than its next start,
    which tiles that it breaks on would need if they did not fail now.
    """
    is_costly = state.starts_model and not seen.may_blame
    return PATIENCE_WITH_MODEL if is_costly else pacing.NO_PROGRESS


def _without_model(state: RunState) -> RunState:
    """The record knew of no open tile when the run opened; the next run knows better."""
    finished = "open tiles were found that need the model; the next run asks it"
    return replace(state, next="StopModel", wait_seconds=0, finished=finished, put_off=True)


def _is_ready(edges: Edges, state: RunState) -> bool:
    """Nothing is asked of a model that somebody stopped, nor of one that was not needed yet."""
    if not state.ready_at:
        return False
    shown = edges.control(state.token).describe(state.model, state.version)
    return shown.status in ("RUNNING", UNSEEN, GONE)


def _send_hints(edges: Edges, state: RunState, seen: Survey, turn: Turn) -> None:
    chosen = seen.sendable[turn.skip : turn.skip + turn.send]
    hints = [
        messages.TileHint(
            model=state.model,
            token=state.token,
            run_id=state.id,
            document_id=document_id,
            page=page,
            tile=tile,
            model_version=state.version,
        )
        for document_id, page, tile in chosen
    ]
    # Evenly until the next look: what is sent faster than it is answered comes back refused, and
    # makes the measured rate, and with it the next window, smaller than they could be.
    queues.send(edges.sqs, edges.hints_queue_url(state), hints, turn.wait_seconds)
