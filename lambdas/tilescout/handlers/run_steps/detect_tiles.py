"""DetectTiles: one turn of the loop. Claim, look, send hints, say how long to wait."""

from __future__ import annotations

from tilescout.aws import queues
from tilescout.handlers.run_steps.claims import claim_due
from tilescout.handlers.run_steps.context import StepContext, keep_lease, open_step
from tilescout.handlers.run_steps.merge_pages import merge_hints
from tilescout.handlers.run_steps.survey import survey
from tilescout.runs.detecting import detecting_turn
from tilescout.runs.merge_pacing import HINTS_PER_TURN
from tilescout.runs.records import RunState


def detect_tiles(context: StepContext) -> RunState:
    """Sends the hints of one turn, and returns the state of the run.

    Its ``next`` is StopModel once nothing more can be done in this run, StartModel where tiles
    wait for a model that is not up (any more), else empty.
    """
    documents, ledger = context.documents, context.ledger
    held = claim_due(context.due, ledger, open_step(context))
    held, seen = survey(documents, ledger, held, fails=True)
    unmerged = merge_hints(documents, ledger, held)
    queues.send(context.sqs, context.merges_queue_url, unmerged[:HINTS_PER_TURN])
    turn = detecting_turn(
        context.state, held.record, seen, context.now, is_model_up=context.is_model_up()
    )
    if turn.is_last:
        keep_lease(context, "closing")
    # Evenly until the next look: what is sent faster than it is answered comes back refused, and
    # makes the measured rate, and with it the next window, smaller than they could be.
    queues.send(context.sqs, context.hints_queue_url, turn.hints, turn.state.wait_seconds)
    return turn.state
