"""How a document ends: its file, then the flip of its status. Cleaning up is what follows."""

from __future__ import annotations

from typing import Any

from boto3.dynamodb.conditions import Attr

from tilescout import keys, results
from tilescout.aws.documents import result_file
from tilescout.aws.documents.cleanup import CLEANING_SECONDS
from tilescout.aws.documents.resources import Stores
from tilescout.aws.documents.result_file import Totals
from tilescout.aws.tables import document_table, page_table
from tilescout.documents import Document, Outcome, outcome, told_once
from tilescout.ledger import PageRow


def finish(stores: Stores, document: Document, now: int) -> bool:
    """The file, then the flip (rule 20); whether the flip was ours. Cleaning is what follows.

    Raises LookupError where the result of a page is gone.
    """
    if not _take_finishing(stores, document, now):
        return False
    result = results.ResultSet(
        id=keys.result_id(document.id, document.claim_token), document=document, made_at=now
    )
    pages = page_table.pages(stores.ledger, document.id)
    with result_file.gathered(stores, result.id, document) as (file, totals):
        ended = _outcome(document, pages, totals)
        totals.warnings += results.mixed_versions(totals.model_versions)
        head = results.document_json(
            result,
            ended,
            pages,
            _spent(document, totals),
            results.listed(totals.model_versions),
        )
        head["warnings"] = told_once(head["warnings"], totals.warnings)
        result_file.write(stores, result.id, file, head)
    return _flip(stores, document, _ending(document, result, ended, totals))


def _take_finishing(stores: Stores, document: Document, now: int) -> bool:
    """Whether the finishing is ours for a while; after a crash the next hint takes it later."""
    until = now + 20 + document.pages // 50
    free = Attr("finishing_until").not_exists() | Attr("finishing_until").lte(now)
    mine = document_table.claimed_by(document.claim_token) & free
    return document_table.update(stores.documents, document.id, {"finishing_until": until}, mine)


def _outcome(document: Document, pages: list[PageRow], totals: Totals) -> Outcome:
    failed = {row.page: row.failed_reason for row in pages if row.failed_reason}
    # A tiled page that has no tile is blank, or all there is on it is in its text layer.
    read = any(row.tiled and (row.has_layer or not row.tiles) for row in pages)
    return outcome(
        document,
        tiles_failed=totals.failed,
        pages_failed=failed,
        read=read or totals.answered > 0,
    )


def _spent(document: Document, totals: Totals) -> float:
    return totals.calls * document.price_per_call


def _ending(
    document: Document, result: results.ResultSet, ended: Outcome, totals: Totals
) -> dict[str, Any]:
    """What the flip writes into the document's row."""
    return {
        "status": ended.status,
        "reason": ended.reason,
        "result_id": result.id,
        "detections": totals.detections,
        "calls": totals.calls,
        "tiles_answered": totals.answered,
        "tiles_failed": totals.failed,
        "spent_usd": _spent(document, totals),
        "warnings": told_once(document.warnings, totals.warnings),
        "ended_at": result.made_at,
        "replaced": document.result_id,
        "finishing_until": 0,
    } | document_table.finishing(document, result.made_at + CLEANING_SECONDS)


def _flip(stores: Stores, document: Document, values: dict[str, Any]) -> bool:
    mine = document_table.claimed_by(document.claim_token)
    if document_table.update(stores.documents, document.id, values, mine):
        return True
    # The reply to a write that succeeded may have been lost: repeated, it refuses itself.
    found = document_table.get(stores.documents, document.id)
    return (
        found is not None
        and found.has_ended
        and (found.result_id, found.ended_at) == (values["result_id"], values["ended_at"])
    )
