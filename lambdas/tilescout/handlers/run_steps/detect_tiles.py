"""DetectTiles: one turn of the loop. Claim, look, send hints, say how long to wait."""

from __future__ import annotations

from tilescout.aws import queues
from tilescout.aws.tables import model_table
from tilescout.handlers.run_steps.claims import claim_due
from tilescout.handlers.run_steps.context import StepContext, keep_lease, open_step
from tilescout.handlers.run_steps.merge_pages import send_merge_hints
from tilescout.handlers.run_steps.survey import survey
from tilescout.messages import TileHint
from tilescout.runs.detecting import DetectingTurn, detecting_turn
from tilescout.runs.model_lifecycle import GONE, UNSEEN
from tilescout.runs.records import RunState


def detect_tiles(context: StepContext) -> RunState:
    """``next`` is StopModel once nothing more can be done in this run, StartModel where tiles
    wait for a model that is not up (any more), else empty.
    """
    context = claim_due(open_step(context))
    context, seen = survey(context, fails=True)
    send_merge_hints(context)
    is_model_up = _is_model_up(context)
    turn = detecting_turn(context.state, context.run, seen, context.now, is_model_up=is_model_up)
    if turn.is_last:
        keep_lease(context, "closing")
    _send_hints(context, turn)
    return turn.state


def _is_model_up(context: StepContext) -> bool:
    """False for a model that somebody stopped, and for one that was not needed yet."""
    state = context.state
    if not (state.starts_model and state.ready_at):
        return False
    known = model_table.in_use(context.ledger, state.model)
    return context.control().describe(known, state.version).status in ("RUNNING", UNSEEN, GONE)


def _send_hints(context: StepContext, turn: DetectingTurn) -> None:
    state = turn.state
    hints = [
        TileHint(
            model=state.model,
            token=state.token,
            run_id=state.id,
            document_id=document_id,
            page=page,
            tile=tile,
            model_version=state.version,
        )
        for document_id, page, tile in turn.tiles
    ]
    # Evenly until the next look: what is sent faster than it is answered comes back refused, and
    # makes the measured rate, and with it the next window, smaller than they could be.
    queues.send(context.sqs, context.hints_queue_url, hints, state.wait_seconds)
