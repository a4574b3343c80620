"""Ended documents whose event and cleanup are overdue: a function died, or a message was lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Attr, Key

from tilescout import keys, messages
from tilescout.aws import queues
from tilescout.aws.documents import events as document_events
from tilescout.aws.items import from_item
from tilescout.aws.tables import document_table
from tilescout.documents import Attributes, Document, Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient


def overdue(documents: Table, status: Status, until: int) -> Iterator[Document]:
    """Yields documents that should have been announced and cleaned up by ``until``, oldest first.

    The query reads no others, however many have ended.
    """
    due = Key("due").between(keys.due_to_finish(0), keys.due_to_finish(until))
    for item in document_table.query_status(documents, Key("status").eq(status) & due):
        yield from_item(Document, item)


def finish(
    documents: Table,
    events: EventBridgeClient,
    sqs: SQSClient,
    merges_queue_url: str,
    document: Document,
    now: int,
) -> None:
    """Has the document announced and cleaned up; may be repeated. Raises EventNotSent.

    It is overdue again only after a while, so that one that cannot be finished holds up no other.
    """
    unchanged = Attr("clean_after").eq(document.clean_after)
    again: Attributes = {"due": keys.due_to_finish(now)}
    document_table.update(documents, document.id, again, unchanged)
    if document.result_id or document.status == "SUPERSEDED":
        hint = messages.MergeHint(
            document_id=document.id, claim_token=document.claim_token, page=document.first_page
        )
        queues.send(sqs, merges_queue_url, [hint])
    else:
        document_events.announce_without_result(documents, events, document.id)
