"""The end of intake: a document whose pages are all marked is queued, with exact counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tilescout import keys
from tilescout.aws import document_table, page_table
from tilescout.documents import Document, Status, tiling_outcome
from tilescout.ledger import PageRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def missing_pages(ledger: Table, document: Document) -> list[int]:
    """Pages without a mark."""
    seen = page_table.group(ledger, document.id, keys.PAGE_GROUPS)
    return [page for page in document.page_numbers() if page not in seen]


def queue_if_tiled(documents: Table, ledger: Table, document: Document, now: int) -> Status:
    """ACCEPTED to QUEUED (or FAILED) when no page is missing; the status as it then is."""
    if missing_pages(ledger, document):
        return "ACCEPTED"
    pages = page_table.pages(ledger, document.id)
    failed = {row.page: row.failed_reason for row in pages if row.failed_reason}
    judged = tiling_outcome(document, pages_failed=failed)
    values: dict[str, Any] = {
        "status": judged.status,
        "reason": judged.reason,
        "tiles_planned": sum(row.tiles for row in pages),
        "tiles_skipped": sum(row.skipped for row in pages),
        "pages_failed": len(failed),
        "warnings": [*document.warnings, *_warnings(pages)],
        "due": keys.due(document.profile.model, now),
        "queued_at": now,
    }
    if judged.status == "FAILED":
        values |= {"ended_at": now, "clean_after": now}
    document_table.update(documents, document.id, values, document_table.in_status("ACCEPTED"))
    return judged.status


def _warnings(pages: list[PageRow], most: int = 50) -> list[str]:
    every = [warning for row in pages for warning in row.warnings]
    more = [f"{len(every) - most} more warnings"] if len(every) > most else []
    return every[:most] + more
