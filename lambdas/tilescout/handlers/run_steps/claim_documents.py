"""Claiming what is due, while the run's allowance lasts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from tilescout.aws.tables import claim_table, document_table
from tilescout.documents import Document
from tilescout.handlers.run_steps.context import Edges
from tilescout.runs.records import Claim, RunState, fits, is_start_worth, open_tiles

CLAIMS_PER_TURN = 200
"""Transactions that fit well into one step."""
OPEN_CLAIMS = 400
"""Documents that one step can look at; more are claimed as these end."""
DOCUMENTS_LOOKED_AT = 5000
"""Rows of the index that a step reads for the size of its model: some ten queries."""


def _due(edges: Edges, model: str) -> Iterator[Document]:
    """QUEUED documents, then those that a dead run left RUNNING; oldest first."""
    return chain(
        document_table.with_status(edges.documents, "QUEUED", model),
        document_table.with_status(edges.documents, "RUNNING", model),
    )


def is_work_due(edges: Edges, model: str, *, besides: int | None = None, version: str = "") -> bool:
    """Whether a run would find something to claim.

    Documents last claimed under the token ``besides`` have just been tried, and do not count.
    Without the ``version`` that their model needs, only those without open tiles count.
    """
    return any(True for _ in _known_due(edges, model, besides, version))


def is_version_due(edges: Edges, model: str) -> bool:
    """Whether a version is asked in a run that opens now; one to be started must be worth it."""
    profile = edges.configuration.of_model(model)[0]
    if profile.needs_model:
        return is_start_due(edges, model)
    return profile.needs_version


def is_start_due(edges: Edges, model: str) -> bool:
    """Whether what waits is worth the start of its model."""
    due = (each for each in _known_due(edges, model, None, "any") if open_tiles(each))
    return any(True for _ in due) if edges.at_once else is_start_worth(due, edges.now)


def _known_due(edges: Edges, model: str, besides: int | None, version: str) -> Iterator[Document]:
    """Asks the documents themselves: the index may still show one that has just ended."""
    needs_version = edges.configuration.of_model(model)[0].needs_version
    for document in _due(edges, model):
        if document.claim_token != besides and _can_run(document, needs_version, version):
            known = document_table.get(edges.documents, document.id)
            if known is not None and known.status in ("QUEUED", "RUNNING"):
                yield known


def _can_run(document: Document, needs_version: bool, version: str) -> bool:
    return bool(version) or not needs_version or not open_tiles(document)


def claim_due(edges: Edges, state: RunState) -> int:
    """Claim documents while the run's allowance lasts; how many were claimed now.

    One whose own budget is used up is HELD instead.
    """
    run = document_table.get_run(edges.documents, state.id)
    calls_left = run.calls_left if run else 0
    claims = list(claim_table.claims(edges.ledger, state.id))
    held = {claim.document_id for claim in claims}
    still_open = sum(not claim.ended for claim in claims)
    needs_version = edges.configuration.of_model(state.model)[0].needs_version
    taken = 0
    for document in _due(edges, state.model):
        if document.id in held or document.claim_token == state.token:
            continue
        if not _can_run(document, needs_version, state.version):
            continue
        if taken >= CLAIMS_PER_TURN or still_open + taken >= OPEN_CLAIMS:
            break
        if open_tiles(document) and document.overspent:
            _hold(edges, state, document)
            continue
        if not fits(document, claims, calls_left, state.calls_per_tile):
            break
        claimed = Claim(
            document_id=document.id,
            claimed_at=edges.now,
            tiles=open_tiles(document),
            answered_before=document.tiles_answered,
        )
        if _claim(edges, state, claimed):
            claims.append(claimed)
            taken += 1
    return taken


def _hold(edges: Edges, state: RunState, document: Document) -> None:
    """Its budget is used up: no run takes it until a person retries it."""
    values = {"status": "HELD", "reason": document.overspent}
    waits = document_table.claimable_by(state.token)
    document_table.update(edges.documents, document.id, values, waits)


def tiles_waiting(edges: Edges, state: RunState) -> int:
    """Open tiles of the documents that no run has claimed, as far as one step can look."""
    # The index may still show as waiting what this run has just claimed.
    held = {claim.document_id for claim in claim_table.claims(edges.ledger, state.id)}
    waiting = document_table.with_status(edges.documents, "QUEUED", state.model)
    looked_at = islice(waiting, DOCUMENTS_LOOKED_AT)
    return sum(open_tiles(document) for document in looked_at if document.id not in held)


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
