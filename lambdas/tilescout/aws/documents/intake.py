"""The end of intake: a document whose pages are all marked is queued, with exact counts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from tilescout import keys, messages, transitions
from tilescout.aws import queues
from tilescout.aws.tables import document_table, model_table, page_table
from tilescout.documents import Document, Status
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
    """Moves an ACCEPTED document on to QUEUED, WAITING_FOR_MODEL or FAILED if no page is missing.

    Returns the status that it then has.
    """
    if missing_pages(ledger, document):
        return "ACCEPTED"
    tiled = transitions.finish_tiling(
        document,
        page_table.pages(ledger, document.id),
        model_in_use=_is_model_in_use(ledger, document.profile),
        now=now,
    )
    document_table.commit_status(documents, tiled)
    return tiled.status


def queue_waiting(documents: Table, ledger: Table, project: str, now: int, most: int = 500) -> int:
    """Queues documents WAITING_FOR_MODEL once a version of the project is in use.

    Returns how many documents were queued, at most ``most``; they keep their place in the queue.
    """
    if model_table.in_use(ledger, project) is None:
        return 0
    waiting = document_table.with_status(documents, "WAITING_FOR_MODEL", project)
    return sum(
        document_table.commit_status(documents, transitions.model_activated(document, now))
        for document in list(islice(waiting, most))
    )


def _is_model_in_use(ledger: Table, profile: Profile) -> bool:
    """Returns True also for a profile that needs no version of a model."""
    if not profile.needs_version:
        return True
    return model_table.in_use(ledger, profile.model_project) is not None
