"""Claiming what is due, while the run's allowance lasts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from tilescout.aws import claim_table, document_table
from tilescout.documents import Document
from tilescout.handlers.run_steps.edges import Edges
from tilescout.runs import Claim, RunState, fits, is_start_worth, open_tiles

CLAIMS_PER_TURN = 200
"""Transactions that fit well into one step."""
OPEN_CLAIMS = 400
"""Documents that one step can look at; more are claimed as these end."""


def _due(edges: Edges, model: str) -> Iterator[Document]:
    """QUEUED documents, then those that a dead run left RUNNING; oldest first."""
    return chain(
        document_table.with_status(edges.documents, "QUEUED", model),
        document_table.with_status(edges.documents, "RUNNING", model),
    )


def is_work_due(edges: Edges, model: str, *, besides: int | None = None, version: str = "") -> bool:
    """Asks the documents themselves: the index may still show one that has just ended.

    Documents last claimed under the token ``besides`` have just been tried, and do not count.
    Where a model must be started, they must be worth it; without a ``version`` of it, only
    those without open tiles count.
    """
    needs_model = edges.configuration.of_model(model)[0].needs_model
    due = (
        now_known
        for document in _due(edges, model)
        if document.claim_token != besides and _can_run(document, needs_model, version)
        for now_known in [document_table.get(edges.documents, document.id)]
        if now_known is not None and now_known.status in ("QUEUED", "RUNNING")
    )
    if needs_model and not edges.at_once:
        return is_start_worth(due, edges.now)
    return any(True for _ in due)


def _can_run(document: Document, needs_model: bool, version: str) -> bool:
    return bool(version) or not needs_model or not open_tiles(document)


def claimed_tiles(edges: Edges, state: RunState) -> int:
    """Open tiles of the run's documents, as they were when it claimed them."""
    claims = claim_table.claims(edges.ledger, state.id)
    return sum(claim.tiles for claim in claims if not claim.detected)


def claim_due(edges: Edges, state: RunState) -> int:
    """Claim documents while the run's allowance lasts; how many were claimed now."""
    run = document_table.get_run(edges.documents, state.id)
    calls_left = run.calls_left if run else 0
    claims = list(claim_table.claims(edges.ledger, state.id))
    held = {claim.document_id for claim in claims}
    still_open = sum(not claim.ended for claim in claims)
    needs_model = edges.configuration.of_model(state.model)[0].needs_model
    taken = 0
    for document in _due(edges, state.model):
        if document.id in held or document.claim_token == state.token:
            continue
        if not _can_run(document, needs_model, state.version):
            continue
        if taken >= CLAIMS_PER_TURN or still_open + taken >= OPEN_CLAIMS:
            break
        if not fits(document, claims, calls_left, state.calls_per_tile):
            break
        claimed = Claim(document_id=document.id, claimed_at=edges.now, tiles=open_tiles(document))
        if _claim(edges, state, claimed):
            claims.append(claimed)
            taken += 1
    return taken


def _claim(edges: Edges, state: RunState, claimed: Claim) -> bool:
    return claim_table.claim(
        edges.documents,
        edges.ledger,
        claimed,
        model=state.model,
        token=state.token,
        run_id=state.id,
        now=edges.now,
    )
