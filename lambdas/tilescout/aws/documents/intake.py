"""Pages on their way to tiles: what is missing, what follows once nothing is, what is lost."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from tilescout import keys, messages
from tilescout.aws import objects, queues
from tilescout.aws.tables import document_table, model_table, page_table
from tilescout.documents import Document, Status
from tilescout.intake.retry_plan import lost_pages
from tilescout.profiles import Profile
from tilescout.transitions import decisions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


def missing_pages(ledger: Table, document: Document) -> list[int]:
    """Returns the pages that are neither tiled nor given up."""
    seen = page_table.group(ledger, document.id, keys.PAGE_GROUPS)
    return [page for page in document.page_numbers() if page not in seen]


def send_pages(sqs: SQSClient, queue_url: str, document_id: str, pages: Sequence[int]) -> None:
    """Sends one message per page, so that a bad page holds up no other."""
    ranges = [
        messages.PageRange(document_id=document_id, first_page=page, last_page=page)
        for page in pages
    ]
    queues.send(sqs, queue_url, ranges)


def pages_without_images(
    ledger: Table, s3: S3Client, tiles_bucket: str, document: Document
) -> list[int]:
    """Returns the tiled pages of which images are gone; pages that were given up have none."""
    images = objects.names(s3, tiles_bucket, keys.tile_images(document.id))
    return lost_pages(page_table.pages(ledger, document.id), images, document.id)


def retile(
    documents: Table, ledger: Table, document: Document, pages: Sequence[int], now: int
) -> bool:
    """Takes the document out of its run, to have these pages tiled again (rule 21).

    The guard sends them within a minute or, where the document was accepted less than a quarter
    of an hour ago, by then. Returns False where the claim is no longer the document's.
    """
    if not document_table.commit_status(documents, decisions.retile(document, now)):
        return False
    for page in pages:
        page_table.unmark(ledger, document.id, page)
    return True


def queue_if_tiled(documents: Table, ledger: Table, document: Document, now: int) -> Status:
    """Moves an ACCEPTED document on to QUEUED, WAITING_FOR_MODEL or FAILED if no page is missing.

    Returns the status that it then has.
    """
    if missing_pages(ledger, document):
        return "ACCEPTED"
    tiled = decisions.finish_tiling(
        document,
        page_table.pages(ledger, document.id),
        model_in_use=_is_model_in_use(ledger, document.profile),
        now=now,
    )
    document_table.commit_status(documents, tiled)
    return tiled.status


def queue_waiting(documents: Table, ledger: Table, project: str, now: int, limit: int = 500) -> int:
    """Queues documents WAITING_FOR_MODEL once a version of the project is in use.

    Returns how many documents were queued, at most ``limit``; they keep their place in the queue.
    """
    if model_table.in_use(ledger, project) is None:
        return 0
    waiting = document_table.with_status(documents, "WAITING_FOR_MODEL", project)
    return sum(
        document_table.commit_status(documents, decisions.model_activated(document, now))
        for document in list(islice(waiting, limit))
    )


def _is_model_in_use(ledger: Table, profile: Profile) -> bool:
    """Returns True also for a profile that needs no version of a model."""
    if not profile.needs_version:
        return True
    return model_table.in_use(ledger, profile.model_project) is not None
