"""CloseRun: what is unfinished is queued again, the record is written, the lease goes last."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from tilescout.aws.parallel import in_order
from tilescout.aws.tables import (
    claim_table,
    document_table,
    lease_table,
    model_table,
    page_table,
    tile_table,
)
from tilescout.documents import Document
from tilescout.handlers.run_steps.claims import DueDocuments, open_claims
from tilescout.handlers.run_steps.context import StepContext, open_step
from tilescout.handlers.run_steps.survey import bands_of, with_answers
from tilescout.ledger import BandRow, TileRow
from tilescout.pricing import PriceTable
from tilescout.runs import closing, lease_rules
from tilescout.runs.history_budget import MAX_CLOSING_TURNS
from tilescout.runs.model_records import ModelStart, model_cost
from tilescout.runs.records import Claim, HeldRun, RunState, shares_of
from tilescout.transitions import decisions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

REQUEUED_PER_TURN = 100
"""Documents that are queued again in one turn."""
FORGIVEN_BANDS = 300
"""Bands whose tiles are forgiven in one turn, and of one document: hints of a run without any
answer reach no further.
"""
SHARES_PER_TURN = 1_000
"""Writes that fit well into one step, at 5 ms of a small function's processor each."""


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
    again = not stays and _is_more_due(context.due, state.token)
    return replace(state, next="OpenRun" if again else "", wait_seconds=0)


def _is_more_due(due: DueDocuments, token: int) -> bool:
    version = "any" if due.is_version_due() else ""
    return due.is_any(version, besides=token)


def _close(context: StepContext) -> RunState:
    state, documents, ledger = context.state, context.documents, context.ledger
    held = _with_late_answers(documents, ledger, open_step(context, "closing"))
    more = replace(state, next="CloseRun", wait_seconds=0)
    held, is_all_queued = _requeue_some(documents, ledger, held)
    if not is_all_queued:
        return more
    if not state.shared:
        _record(documents, ledger, held, context.prices)
        # Read again: every turn must share what the record holds, rounded as it is there.
        held = replace(held, record=document_table.get_run(documents, state.id) or held.record)
    shared = _share_cost(documents, held)
    if shared and state.turns < MAX_CLOSING_TURNS:
        return replace(more, shared=shared)
    lease_table.change(
        ledger, state.model, lambda lease: lease_rules.release(lease, state.token, held.now)
    )
    return replace(state, next="")


def _with_late_answers(documents: Table, ledger: Table, held: HeldRun) -> HeldRun:
    """Returns the run with answers that came after the last look, where it knew of none."""
    if held.record.has_answers:
        return held
    claims = [claim for claim in held.claims if not (claim.ended or claim.requeued)]
    bands = chain.from_iterable(bands_of(ledger, claims).values())
    return with_answers(documents, held, bands)


def _requeue_some(documents: Table, ledger: Table, held: HeldRun) -> tuple[HeldRun, bool]:
    """Queues again as many open documents as fit into a step.

    Returns the run with what its claims note, and True once none of its documents is open.
    """
    claims = {claim.document_id: claim for claim in held.claims}
    bands = 0
    for number, (claim, document) in enumerate(open_claims(documents, ledger, held)):
        if number >= REQUEUED_PER_TURN or bands >= FORGIVEN_BANDS:
            return held, False
        claims[document.id], forgiven = _requeue(documents, ledger, held, claim, document)
        bands += forgiven
    return replace(held, claims=tuple(claims.values())), True


def _requeue(
    documents: Table, ledger: Table, held: HeldRun, claim: Claim, document: Document
) -> tuple[Claim, int]:
    """Queues a document again, or holds it after too many runs that brought it no answer.

    Returns its claim and how many bands were forgiven. What a repeated step must know is noted
    with the claim first, for the document is no longer open then.
    """
    bands = [] if claim.detected else page_table.bands(ledger, document.id)
    requeued = closing.requeued(claim, bands)
    end, forgiven = closing.run_end(held, requeued), closing.forgiveness(held)
    forgivable = closing.forgivable(held, bands)[:FORGIVEN_BANDS]
    noted = {"answered": requeued.answered, "requeued": True}
    claim_table.update_claim(ledger, held.state.id, document.id, noted)
    _forgive(ledger, document.id, forgivable, forgiven)
    queued = decisions.requeue(document, end, held.now)
    document_table.commit_status(documents, queued)
    return requeued, len(forgivable)


def _forgive(
    ledger: Table,
    document_id: str,
    bands: Sequence[BandRow],
    forgiven: Callable[[TileRow], TileRow],
) -> None:
    for band in bands:
        for row in tile_table.in_band(ledger, document_id, band.page, band.band):
            if forgiven(row) != row:
                tile_table.change(ledger, document_id, row.page, row.tile, forgiven)


def _record(documents: Table, ledger: Table, held: HeldRun, prices: PriceTable) -> None:
    starts: Iterable[ModelStart] = ()
    if held.state.starts_model:
        starts = model_table.starts(ledger, held.state.model, since=held.paid_since)
    cost = model_cost(starts, held.lease, prices, begin=held.record.opened_at, end=held.now)
    document_table.update_run(documents, held.state.id, closing.closed_record(held, cost))
    pace = closing.measured_pace(held)
    if pace:
        model_table.measured(ledger, held.state.model, held.state.version, pace)


def _share_cost(documents: Table, held: HeldRun) -> int:
    """Charges some more documents with their share of what the run's record says of the model.

    Returns how many of the run's are charged by now, 0 once all are. Repeating it charges nobody
    twice.
    """
    shares = shares_of(held.claims, held.record.model_usd)
    charged = held.state.shared
    now = shares[charged : charged + SHARES_PER_TURN]

    def charge(share: tuple[str, float]) -> bool:
        return document_table.charge(
            documents, *share, token=held.state.token, opened_at=held.record.opened_at
        )

    deque(in_order(charge, now), maxlen=0)
    charged += len(now)
    return charged if charged < len(shares) else 0
