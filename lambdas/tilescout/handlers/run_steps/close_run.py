"""CloseRun: what is unfinished is queued again, the record is written, the lease goes last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

from tilescout.aws.tables import claim_table, document_table, lease_table, page_table, tile_table
from tilescout.documents import Document
from tilescout.handlers.run_steps.claims import due_documents, open_claims
from tilescout.handlers.run_steps.context import StepContext, gather, open_step
from tilescout.handlers.run_steps.model_cost import cost_so_far, measure, share_cost
from tilescout.handlers.run_steps.survey import bands_of, with_answers
from tilescout.ledger import BandRow
from tilescout.runs import lease_rules, reservations
from tilescout.runs.history_budget import MAX_CLOSING_TURNS
from tilescout.runs.pacing import STALLED
from tilescout.runs.records import Claim, RunState
from tilescout.transitions import decisions
from tilescout.transitions.decisions import RunEnd

REQUEUED_PER_TURN = 100
"""Documents that are queued again in one turn."""
FORGIVEN_BANDS = 300
"""Bands whose tiles are forgiven in one turn, and of one document: hints of a run without any
answer reach no further.
"""


def close_run(context: StepContext) -> RunState:
    """Queues again, records, shares the cost and releases, each step a bounded part of it.

    ``next`` is CloseRun where there is more of it, OpenRun where others are due already. A step
    that is repeated after its release only looks again.
    """
    state = context.state
    lease = lease_table.read(context.ledger, state.model)
    if lease.owner or lease.token != state.token:
        state = _close(context)
        if state.next == "CloseRun":
            return state
    # A run that was deferred would only be deferred again; the schedule tries later.
    stays = bool(context.error or state.deferred)
    again = not stays and _is_more_due(context)
    return replace(state, next="OpenRun" if again else "", wait_seconds=0)


def _is_more_due(context: StepContext) -> bool:
    due = due_documents(context)
    version = "any" if due.is_version_due() else ""
    return due.is_any(version, besides=context.state.token)


def _close(context: StepContext) -> RunState:
    context = _with_late_answers(open_step(context, "closing"))
    state = context.state
    more = replace(state, next="CloseRun", wait_seconds=0)
    context, is_all_queued = _requeue_some(context)
    if not is_all_queued:
        return more
    if not state.shared:
        _record(context)
        # Read again: every turn must share what the record holds, rounded as it is there.
        context = gather(context)
    shared = share_cost(context)
    if shared and state.turns < MAX_CLOSING_TURNS:
        return replace(more, shared=shared)
    lease_table.change(
        context.ledger,
        state.model,
        lambda lease: lease_rules.release(lease, state.token, context.now),
    )
    return replace(state, next="")


def _with_late_answers(context: StepContext) -> StepContext:
    """Returns the context with answers that came after the last look, where it knew of none."""
    if context.run.has_answers:
        return context
    claims = [claim for claim in context.claims if not (claim.ended or claim.requeued)]
    return with_answers(context, chain.from_iterable(bands_of(context.ledger, claims).values()))


def _requeue_some(context: StepContext) -> tuple[StepContext, bool]:
    """Queues again as many open documents as fit into a step.

    Returns the context with what it noted, and True once no document of the run is open.
    """
    claims = {claim.document_id: claim for claim in context.claims}
    bands = 0
    for number, (claim, document) in enumerate(open_claims(context)):
        if number >= REQUEUED_PER_TURN or bands >= FORGIVEN_BANDS:
            return context, False
        claims[document.id], forgiven = _requeue(context, claim, document)
        bands += forgiven
    return replace(context, claims=tuple(claims.values())), True


def _requeue(context: StepContext, claim: Claim, document: Document) -> tuple[Claim, int]:
    """Queues a document again, or holds it after too many runs that brought it no answer.

    Returns its claim and how many bands were forgiven. What a repeated step must know is noted
    with the claim first, for the document is no longer open then.
    """
    bands = [] if claim.detected else page_table.bands(context.ledger, document.id)
    answered = claim.answered if claim.detected else sum(len(band.answered) for band in bands)
    noted = {"answered": answered, "requeued": True}
    claim_table.update_claim(context.ledger, context.state.id, document.id, noted)
    forgiven = _forgive(context, document.id, bands)
    end = _end_of(context, claim, answered)
    requeued = decisions.requeue(document, end, context.now)
    document_table.commit_status(context.documents, requeued)
    return replace(claim, answered=answered, requeued=True), forgiven


def _end_of(context: StepContext, claim: Claim, answered: int) -> RunEnd:
    state = context.state
    return RunEnd(
        token=state.token,
        answered=answered,
        detected=claim.detected,
        without_answer=not context.run.has_answers,
        stalled=state.finished in STALLED,
        deferred=state.deferred,
        failed=bool(context.error),
    )


def _forgive(context: StepContext, document_id: str, bands: Sequence[BandRow]) -> int:
    """Forgives the tiles of a document that an outage left open; returns the bands read.

    An outage is not the tiles' fault: its server errors do not count, and of a run without any
    answer no attempt does.
    """
    state, has_answers = context.state, context.run.has_answers
    if (has_answers and state.finished not in STALLED) or state.turns >= MAX_CLOSING_TURNS:
        return 0
    forgiven = (
        partial(reservations.relieve, now=context.now)
        if has_answers
        else partial(reservations.forgive, token=state.token, now=context.now)
    )
    touched = [band for band in bands if not band.is_complete][:FORGIVEN_BANDS]
    for band in touched:
        for row in tile_table.in_band(context.ledger, document_id, band.page, band.band):
            if (row.reservation is not None and not has_answers) or row.server_errors:
                tile_table.change(context.ledger, document_id, row.page, row.tile, forgiven)
    return len(touched)


def _record(context: StepContext) -> None:
    state, run, claims = context.state, context.run, context.claims
    model = cost_so_far(context)
    values = {
        "status": "FAILED" if context.error else "CLOSED",
        "closed_at": context.now,
        "documents": len(claims),
        "tiles_failed": sum(claim.failed for claim in claims),
        "spent_usd": run.calls * state.price_per_call + model.usd,
        "model_seconds": model.seconds,
        "model_usd": model.usd,
        "reason": context.error or state.finished,
        "requeued": sum(claim.requeued for claim in claims),
    }
    document_table.update_run(context.documents, state.id, values)
    measure(context)
