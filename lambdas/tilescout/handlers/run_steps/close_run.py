"""CloseRun: what is unfinished is queued again, the record is written, the lease goes last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tilescout import keys
from tilescout.aws.tables import claim_table, document_table, lease_table, page_table, tile_table
from tilescout.documents import BARREN_RUNS_BEFORE_HOLD, Document
from tilescout.handlers.run_steps.claim_documents import is_version_due, is_work_due
from tilescout.handlers.run_steps.context import Edges, beat
from tilescout.handlers.run_steps.merge_hints import open_claims
from tilescout.handlers.run_steps.model_cost import measure, model_cost, share_cost
from tilescout.ledger import TileRow
from tilescout.runs import lease_rules, reservations
from tilescout.runs.history_budget import MAX_CLOSING_TURNS
from tilescout.runs.pacing import STALLED
from tilescout.runs.records import Claim, Run, RunState

REQUEUED_PER_TURN = 100
FORGIVEN_BANDS = 300
"""Bands whose tiles are forgiven in one turn, and of one document: hints of a barren run reach no
further.
"""


def close_run(edges: Edges, state: RunState) -> RunState:
    """Requeue, record, share the cost, release, each step a bounded part of it.

    ``next`` is CloseRun where there is more of it, OpenRun where others are due already. A step
    that is repeated after its release only looks again.
    """
    lease = lease_table.read(edges.ledger, state.model)
    if lease.owner or lease.token != state.token:
        state = _close(edges, state)
        if state.next == "CloseRun":
            return state
    # A run that was put off would only be put off again; the schedule tries later.
    stays = bool(edges.error or state.put_off)
    again = not stays and _is_more_due(edges, state)
    return replace(state, next="OpenRun" if again else "", wait_seconds=0)


def _is_more_due(edges: Edges, state: RunState) -> bool:
    version = "any" if is_version_due(edges, state.model) else ""
    return is_work_due(edges, state.model, besides=state.token, version=version)


def _close(edges: Edges, state: RunState) -> RunState:
    beat(edges, state, "closing")
    run = document_table.get_run(edges.documents, state.id)
    more = replace(state, next="CloseRun", wait_seconds=0)
    if not _requeue_some(edges, state, run):
        return more
    claims = list(claim_table.claims(edges.ledger, state.id))
    if not state.shared:
        _record(edges, state, run, claims)
    shared = share_cost(edges, state, claims)
    if shared and state.turns < MAX_CLOSING_TURNS:
        return replace(more, shared=shared)
    lease_table.change(
        edges.ledger, state.model, lambda lease: lease_rules.release(lease, state.token, edges.now)
    )
    return replace(state, next="")


def _requeue_some(edges: Edges, state: RunState, run: Run | None) -> bool:
    """Whether no document of the run is open any more; as many as fit into a step are queued."""
    bands = 0
    for number, (claim, document) in enumerate(open_claims(edges, state)):
        if number >= REQUEUED_PER_TURN or bands >= FORGIVEN_BANDS:
            return False
        bands += _requeue(edges, state, claim, document, run)
    return True


def _requeue(
    edges: Edges, state: RunState, claim: Claim, document: Document, run: Run | None
) -> int:
    """A run that brought the document no answer, or could not merge it, counts for holding.

    Returns how many bands were looked into. What a repeated step must know, for the document is
    no longer open then, is noted with the claim first.
    """
    answered = _answered(edges, claim, document)
    noted = {"answered": answered, "requeued": True}
    claim_table.update_claim(edges.ledger, state.id, document.id, noted)
    run_is_barren = not (run and run.tiles_answered)
    was_cut_off = run_is_barren or state.finished in STALLED
    forgives = was_cut_off and not claim.detected and state.turns < MAX_CLOSING_TURNS
    forgiven = _forgive(edges, state, document, run_is_barren=run_is_barren) if forgives else 0
    values = _requeued(edges, state, claim, document, answered, run_is_barren=run_is_barren)
    mine = document_table.claimed_by(state.token)
    document_table.update(edges.documents, document.id, values, mine)
    return forgiven


def _requeued(
    edges: Edges,
    state: RunState,
    claim: Claim,
    document: Document,
    answered: int,
    *,
    run_is_barren: bool,
) -> dict[str, Any]:
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
    return values


def _answered(edges: Edges, claim: Claim, document: Document) -> int:
    if claim.detected:
        return claim.answered
    bands = page_table.bands(edges.ledger, document.id)
    return sum(len(band.answered) for band in bands)


def _forgive(edges: Edges, state: RunState, document: Document, *, run_is_barren: bool) -> int:
    """An outage is not the tiles' fault: its server errors do not count, and of a run without any
    answer no ask does. Returns the bands read.
    """

    def forgiven(row: TileRow) -> TileRow:
        if run_is_barren:
            return reservations.forgive(row, state.token, edges.now)
        return reservations.relieve(row, edges.now)

    bands = page_table.bands(edges.ledger, document.id)
    touched = [band for band in bands if not band.is_complete][:FORGIVEN_BANDS]
    for band in touched:
        for row in tile_table.in_band(edges.ledger, document.id, band.page, band.band):
            if (run_is_barren and row.reservation is not None) or row.broken:
                tile_table.change(edges.ledger, document.id, row.page, row.tile, forgiven)
    return len(touched)


def _record(edges: Edges, state: RunState, run: Run | None, claims: list[Claim]) -> None:
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
        "requeued": sum(claim.requeued for claim in claims),
    }
    document_table.update_run(edges.documents, state.id, values)
    measure(edges, state, run)
