"""CloseRun: what is unfinished is queued again, the record is written, the lease goes last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tilescout import keys, reservations, run_protocol
from tilescout.aws import claim_table, document_table, lease_table, page_table, tile_table
from tilescout.documents import BARREN_RUNS_BEFORE_HOLD, Document
from tilescout.handlers.run_steps.claiming import is_version_due, is_work_due
from tilescout.handlers.run_steps.edges import Edges, beat
from tilescout.handlers.run_steps.merging_hints import open_claims
from tilescout.handlers.run_steps.model_cost import measure, model_cost, share_cost
from tilescout.pacing import STALLED
from tilescout.runs import Claim, Run, RunState

FORGIVEN_BANDS = 300
"""Bands whose tiles are forgiven in one step; hints of a barren run reach no further."""


def close_run(edges: Edges, state: RunState) -> RunState:
    """Requeue, record, release. ``next`` is OpenRun where others are due already.

    A step that is repeated after its release only looks again.
    """
    lease = lease_table.read(edges.ledger, state.model)
    if lease.owner or lease.token != state.token:
        _close(edges, state)
    # A run that was put off would only be put off again; the schedule tries later.
    stays = bool(edges.error or state.put_off)
    again = not stays and _is_more_due(edges, state)
    return replace(state, next="OpenRun" if again else "", wait_seconds=0)


def _is_more_due(edges: Edges, state: RunState) -> bool:
    version = "any" if is_version_due(edges, state.model) else ""
    return is_work_due(edges, state.model, besides=state.token, version=version)


def _close(edges: Edges, state: RunState) -> None:
    beat(edges, state, "closing")
    run = document_table.get_run(edges.documents, state.id)
    answered = {
        claim.document_id: _requeue(edges, state, claim, document, run)
        for claim, document in list(open_claims(edges, state))
    }
    _record(edges, state, run, answered)
    lease_table.change(
        edges.ledger, state.model, lambda lease: run_protocol.release(lease, state.token, edges.now)
    )


def _requeue(
    edges: Edges, state: RunState, claim: Claim, document: Document, run: Run | None
) -> int:
    """A run that brought the document no answer, or could not merge it, counts for holding.

    Returns how many of its tiles are answered by now.
    """
    answered = _answered(edges, claim, document)
    run_is_barren = not (run and run.tiles_answered)
    barren = not (claim.detected or state.put_off) and (
        run_is_barren or (answered <= document.tiles_answered and state.finished in STALLED)
    )
    unmerged = claim.detected and not edges.error
    without = document.barren_runs + 1 if barren or unmerged else 0
    if state.put_off:
        without = document.barren_runs
    values: dict[str, Any] = {
        "status": "QUEUED",
        "barren_runs": without,
        "tiles_answered": answered,
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
    if run_is_barren and not claim.detected:
        _forgive(edges, state, document)
    return answered


def _answered(edges: Edges, claim: Claim, document: Document) -> int:
    if claim.detected:
        return claim.answered
    bands = page_table.bands(edges.ledger, document.id)
    return sum(len(band.answered) for band in bands)


def _forgive(edges: Edges, state: RunState, document: Document) -> None:
    """An outage is not the tiles' fault: this run's asks did not count."""
    bands = page_table.bands(edges.ledger, document.id)
    for band in [band for band in bands if not band.is_complete][:FORGIVEN_BANDS]:
        for row in tile_table.in_band(edges.ledger, document.id, band.page, band.band):
            if row.reservation is not None or row.broken:
                tile_table.change(
                    edges.ledger,
                    document.id,
                    row.page,
                    row.tile,
                    lambda row: reservations.forgive(row, state.token, edges.now),
                )


def _record(edges: Edges, state: RunState, run: Run | None, answered: dict[str, int]) -> None:
    """``answered`` tiles of the documents that were requeued; of the others their claims tell."""
    claims = list(claim_table.claims(edges.ledger, state.id))
    model = model_cost(edges, state, run)
    values = {
        "status": "FAILED" if edges.error else "CLOSED",
        "closed_at": edges.now,
        "documents": len(claims),
        "tiles_failed": sum(claim.failed for claim in claims),
        "spent_usd": (run.calls if run else 0) * state.price_per_call + model.usd,
        "model_seconds": model.seconds,
        "model_usd": model.usd,
        "reason": edges.error or state.finished,
        "requeued": len(answered),
    }
    document_table.update_run(edges.documents, state.id, values)
    share_cost(edges, state, {each.document_id: _new(each, answered) for each in claims}, model.usd)
    measure(edges, state, run)


def _new(claim: Claim, answered: dict[str, int]) -> int:
    """Tiles answered since the document was claimed."""
    return max(0, answered.get(claim.document_id, claim.answered) - claim.answered_before)
