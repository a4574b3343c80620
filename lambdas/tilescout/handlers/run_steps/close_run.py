"""CloseRun: what is unfinished is queued again, the record is written, the lease goes last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tilescout import keys, reservations, run_protocol
from tilescout.aws import claim_table, document_table, lease_table, page_table, tile_table
from tilescout.documents import BARREN_RUNS_BEFORE_HOLD, Document
from tilescout.handlers.run_steps.claiming import is_work_due
from tilescout.handlers.run_steps.edges import Edges, beat
from tilescout.handlers.run_steps.merging_hints import open_claims
from tilescout.runs import Claim, Run, RunState


def close_run(edges: Edges, state: RunState) -> RunState:
    """Requeue, record, release. ``next`` is OpenRun where more is due already."""
    beat(edges, state, "closing")
    run = document_table.get_run(edges.documents, state.id)
    requeued = 0
    for claim, document in open_claims(edges, state):
        requeued += 1
        _requeue(edges, state, claim, document, barren=not (run and run.tiles_answered))
    _record(edges, state, run, requeued)
    lease_table.change(
        edges.ledger, state.model, lambda lease: run_protocol.release(lease, state.token)
    )
    again = not edges.error and requeued == 0 and is_work_due(edges, state.model)
    return replace(state, next="OpenRun" if again else "", wait_seconds=0)


def _requeue(
    edges: Edges, state: RunState, claim: Claim, document: Document, *, barren: bool
) -> None:
    """A run without any answer, or one that could not merge, is counted against holding."""
    if barren:
        _forgive(edges, state, document)
    without = document.barren_runs + 1 if barren or claim.detected else 0
    values: dict[str, Any] = {
        "status": "QUEUED",
        "barren_runs": without,
        "tiles_answered": claim.answered or document.tiles_answered,
        "due": keys.due(document.profile.model, document.queued_at or edges.now),
    }
    if without >= BARREN_RUNS_BEFORE_HOLD:
        what = "could not be merged" if claim.detected else "brought no answer"
        values |= {
            "status": "HELD",
            "reason": f"{without} runs {what}; see docs/deploy.md, HELD",
        }
    mine = document_table.claimed_by(state.token)
    document_table.update(edges.documents, document.id, values, mine)


def _forgive(edges: Edges, state: RunState, document: Document) -> None:
    """An outage is not the tiles' fault: this run's asks did not count."""
    for band in page_table.bands(edges.ledger, document.id):
        if band.is_complete:
            continue
        for row in tile_table.in_band(edges.ledger, document.id, band.page, band.band):
            if row.reservation is not None:
                tile_table.change(
                    edges.ledger,
                    document.id,
                    row.page,
                    row.tile,
                    lambda row: reservations.forgive(row, state.token, edges.now),
                )


def _record(edges: Edges, state: RunState, run: Run | None, requeued: int) -> None:
    claims = list(claim_table.claims(edges.ledger, state.id))
    values = {
        "status": "FAILED" if edges.error else "CLOSED",
        "closed_at": edges.now,
        "documents": len(claims),
        "tiles_failed": sum(claim.failed for claim in claims),
        "spent_usd": (run.calls if run else 0) * state.price_per_call,
        "reason": edges.error or state.finished,
        "requeued": requeued,
    }
    document_table.update_run(edges.documents, state.id, values)
