"""The events DocumentEnded and DrawingsChanged, for the customer's programs and the topic."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr

from tilescout.aws.tables import document_table
from tilescout.documents import Attributes, Document, due_for_cleanup
from tilescout.errors import EventNotSent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_events import EventBridgeClient


def announce(events: EventBridgeClient, document: Document) -> None:
    """Sends DocumentEnded. Raises EventNotSent."""
    detail = {
        "document_id": document.id,
        "bucket": document.bucket,
        "key": document.key,
        "status": document.status,
        "reason": document.reason,
        "result_id": document.result_id,
    }
    _send(events, "DocumentEnded", detail, "the guard sends it again within an hour")


def tell_of_changed_drawings(
    events: EventBridgeClient, machine: str, profile: str, figures: Sequence[str]
) -> None:
    """Sends DrawingsChanged: the profile, what moved, and the stack's state machine, by its ARN.

    Raises EventNotSent.
    """
    detail = {"detection_run": machine, "profile": profile, "figures": ", ".join(figures)}
    _send(events, "DrawingsChanged", detail, "the next day's look sends it, if they still differ")


def _send(events: EventBridgeClient, name: str, detail: dict[str, Any], again: str) -> None:
    """Sends an event. Raises EventNotSent, which tells when it is sent ``again``."""
    sent = events.put_events(
        Entries=[{"Source": "tilescout", "DetailType": name, "Detail": json.dumps(detail)}]
    )
    if sent["FailedEntryCount"]:
        code = sent["Entries"][0].get("ErrorCode")
        raise EventNotSent(f"the event bus refused {name}: {code}; {again}")


def announce_without_result(documents: Table, events: EventBridgeClient, document_id: str) -> None:
    """Announces a document that ended before any run, unless that is done; may be repeated.

    Its ``clean_after`` is not 0 until then; only a SUPERSEDED one is cleaned up afterwards. A
    document with a result is announced by its cleanup. Raises EventNotSent.
    """
    document = document_table.get(documents, document_id)
    if document is None or not document.has_ended:
        return
    if document.result_id or not document.clean_after or document.is_announced:
        return
    announce(events, document)
    values: Attributes = {"announced": document.announced_as}
    if document.status != "SUPERSEDED":
        values |= due_for_cleanup(document, 0)
    same = Attr("clean_after").eq(document.clean_after)
    document_table.update(documents, document.id, values, same)
