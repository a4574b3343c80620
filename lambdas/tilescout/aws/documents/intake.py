"""The end of intake: a document whose pages are all marked is queued, with exact counts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from tilescout import keys, messages
from tilescout.aws import queues
from tilescout.aws.tables import document_table, model_table, page_table
from tilescout.documents import Document, Status, tiling_outcome, told_once
from tilescout.ledger import PageRow
from tilescout.profiles import Profile

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_sqs import SQSClient


def missing_pages(ledger: Table, document: Document) -> list[int]:
    """Pages without a mark."""
    seen = page_table.group(ledger, document.id, keys.PAGE_GROUPS)
    return [page for page in document.page_numbers() if page not in seen]


def send_pages(sqs: SQSClient, queue_url: str, document_id: str, pages: Sequence[int]) -> None:
    """A message a page, so that a bad one holds up no other."""
    ranges = [
        messages.PageRange(document_id=document_id, first_page=page, last_page=page)
        for page in pages
    ]
    queues.send(sqs, queue_url, ranges)


def queue_if_tiled(documents: Table, ledger: Table, document: Document, now: int) -> Status:
    """ACCEPTED to QUEUED (or WAITING_FOR_MODEL, or FAILED) when no page is missing.

    Returns the status as it then is.
    """
    if missing_pages(ledger, document):
        return "ACCEPTED"
    pages = page_table.pages(ledger, document.id)
    failed = {row.page: row.failed_reason for row in pages if row.failed_reason}
    tiles = sum(row.tiles for row in pages)
    judged = tiling_outcome(
        document,
        pages_failed=failed,
        lacks_model=tiles > 0 and _lacks_model(ledger, document.profile),
    )
    values: dict[str, Any] = {
        "status": judged.status,
        "reason": judged.reason,
        "tiles_planned": tiles,
        "tiles_skipped": sum(row.skipped for row in pages),
        "pages_failed": len(failed),
        "warnings": told_once(document.warnings, _warnings(pages)),
        "due": keys.due(document.profile.model, now),
        "queued_at": now,
    }
    if judged.status == "FAILED":
        values |= {"ended_at": now} | document_table.finishing(document, now)
    document_table.update(documents, document.id, values, document_table.in_status("ACCEPTED"))
    return judged.status


def queue_waiting(documents: Table, ledger: Table, project: str, now: int, most: int = 500) -> int:
    """WAITING_FOR_MODEL to QUEUED once a version of the project is in use; how many documents.

    At most so many at a time; they keep their place in the queue.
    """
    if model_table.in_use(ledger, project) is None:
        return 0
    waiting: Status = "WAITING_FOR_MODEL"
    found = document_table.with_status(documents, waiting, project)
    values = {"status": "QUEUED", "reason": "", "queued_at": now}
    still_waiting = document_table.in_status(waiting)
    return sum(
        document_table.update(documents, document.id, values, still_waiting)
        for document in list(islice(found, most))
    )


def _lacks_model(ledger: Table, profile: Profile) -> bool:
    return profile.needs_version and model_table.in_use(ledger, profile.model_project) is None


def _warnings(pages: list[PageRow], most: int = 50) -> list[str]:
    every = [warning for row in pages for warning in row.warnings]
    more = [f"{len(every) - most} more warnings"] if len(every) > most else []
    return every[:most] + more
