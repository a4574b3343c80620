"""Older versions of a key give way to the one that was accepted last (rule 12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tilescout import keys, messages
from tilescout.aws import queues
from tilescout.aws.documents import events as document_events
from tilescout.aws.documents import uploads
from tilescout.aws.tables import document_table
from tilescout.documents import Document
from tilescout.intake.superseding import superseded
from tilescout.transitions import decisions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


def supersede_older(documents: Table, s3: S3Client, document: Document, now: int) -> list[str]:
    """Compares the document with the other versions of its key, and ends those that give way.

    Returns the ids of SUPERSEDED versions whose end is not announced or cleaned up yet. S3 lists
    versions in the order in which they were written, so of two documents accepted at the same
    time at least one sees the other. May be repeated.
    """
    ids = _newest_first(s3, document)
    known = _read(documents, ids)
    if replaced := superseded(known):
        for older in replaced:
            ended = decisions.supersede(older.document, older.newer, now)
            document_table.commit_status(documents, ended)
        # A write may have come too late, or have taken effect although its reply was lost.
        known = _read(documents, ids)
    return [
        document.id
        for document in known
        if document.status == "SUPERSEDED" and document.clean_after
    ]


def follow_up(
    documents: Table,
    events: EventBridgeClient,
    sqs: SQSClient,
    merges_queue_url: str,
    document_id: str,
) -> None:
    """Announces the document's end, and has it cleaned up; may be repeated.

    The cleanup comes once nothing can still be written for the document.
    """
    document_events.announce_without_result(documents, events, document_id)
    hint = messages.MergeHint(document_id=document_id, claim_token=0, page=1)
    queues.send(sqs, merges_queue_url, [hint], delay=decisions.TILING_SECONDS + 60)


def _newest_first(s3: S3Client, document: Document) -> list[str]:
    """Returns the ids of documents of the key's versions; this document's is always there."""
    ids = [
        keys.document_id(document.bucket, document.key, version)
        for version in uploads.versions(s3, document.bucket, document.key)
    ]
    return ids if document.id in ids else [*ids, document.id]


def _read(documents: Table, ids: list[str]) -> list[Document]:
    known = (document_table.get(documents, document_id) for document_id in ids)
    return [document for document in known if document is not None]
