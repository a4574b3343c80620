"""How a document ends: its file, the flip of its status, then event and cleaning up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr

from tilescout import keys, results
from tilescout.aws import detection_table, document_table, objects, page_table
from tilescout.documents import Document, Outcome, outcome
from tilescout.errors import EventNotSent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client

KEEP_LEDGER_SECONDS = 30 * 24 * 3600
CLEANING_SECONDS = 180
"""Longer than the function may run: whoever cleans is done or dead by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The tables, buckets and clients that the end of a document touches."""

    documents: Table
    ledger: Table
    detections: Table
    s3: S3Client
    events: EventBridgeClient
    tiles_bucket: str
    results_bucket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over the pages of a result set."""

    detections: int
    calls: int
    answered: int
    failed: int
    warnings: tuple[str, ...]


def finish(stores: Stores, document: Document, now: int) -> bool:
    """The file, then the flip (rule 20); whether the flip was ours. ``clean`` is what follows."""
    result = results.ResultSet(
        id=keys.result_id(document.id, document.claim_token), document=document, made_at=now
    )
    pages = page_table.pages(stores.ledger, document.id)
    found, totals = _gather(stores, result.id, document)
    failed = {row.page: row.failed_reason for row in pages if row.failed_reason}
    ended = outcome(document, tiles_failed=totals.failed, pages_failed=failed)
    spent = totals.calls * document.price_per_call
    head = results.document_json(result, ended, pages, spent)
    head["warnings"] += totals.warnings
    _write_file(stores, result.id, head, found)
    return _flip(stores, document, result.id, ended, totals, spent, now)


def clean(stores: Stores, document: Document, now: int) -> None:
    """Announce the end of an ended document and clean up after it; may be done again.

    A document keeps ``clean_after`` until all is done, so that a crash is made good later.
    Raises EventNotSent.
    """
    _announce(stores, document)
    _retire(stores, document, now)
    begun = page_table.result_sets(stores.ledger, document.id)
    for result in sorted({*begun, document.replaced} - {"", document.result_id}):
        detection_table.delete_set(stores.detections, result)
    page_table.expire(
        stores.ledger,
        page_table.lasting(stores.ledger, keys.document_partition(document.id)),
        now + KEEP_LEDGER_SECONDS,
    )
    same = Attr("result_id").eq(document.result_id)
    document_table.update(stores.documents, document.id, {"clean_after": 0}, same)


def take_cleaning(stores: Stores, document: Document, now: int) -> bool:
    """Whether the cleaning, left undone for too long, is now ours."""
    if not document.has_ended or not 0 < document.clean_after <= now:
        return False
    still = Attr("clean_after").eq(document.clean_after)
    values = {"clean_after": now + CLEANING_SECONDS}
    return document_table.update(stores.documents, document.id, values, still)


def _gather(stores: Stores, result: str, document: Document) -> tuple[list[Any], Totals]:
    found: list[Any] = []
    bodies = []
    for page in document.page_numbers():
        body = objects.read(stores.s3, stores.results_bucket, keys.page_result(result, page))
        if body is None:
            raise LookupError(f"the result of page {page} is gone; the page is merged again")
        parsed = json.loads(body)
        found += parsed.pop("detections")
        bodies.append(parsed)
    return found, Totals(
        detections=len(found),
        calls=sum(body["calls"] for body in bodies),
        answered=sum(body["tiles_answered"] for body in bodies),
        failed=sum(body["tiles_failed"] for body in bodies),
        warnings=tuple(warning for body in bodies for warning in body["warnings"])[:50],
    )


def _write_file(stores: Stores, result: str, head: dict[str, Any], found: list[Any]) -> None:
    body = json.dumps({"document": head, "detections": found}).encode()
    key = keys.document_result(result)
    objects.write(stores.s3, stores.results_bucket, key, body, "application/json")


def _flip(
    stores: Stores,
    document: Document,
    result: str,
    ended: Outcome,
    totals: Totals,
    spent: float,
    now: int,
) -> bool:
    values = {
        "status": ended.status,
        "reason": ended.reason,
        "result_id": result,
        "detections": totals.detections,
        "calls": totals.calls,
        "tiles_answered": totals.answered,
        "tiles_failed": totals.failed,
        "spent_usd": spent,
        "warnings": [*document.warnings, *totals.warnings],
        "ended_at": now,
        "replaced": document.result_id,
        "clean_after": now + CLEANING_SECONDS,
    }
    mine = document_table.claimed_by(document.claim_token)
    return document_table.update(stores.documents, document.id, values, mine)


def _announce(stores: Stores, document: Document) -> None:
    detail = {
        "document_id": document.id,
        "bucket": document.bucket,
        "key": document.key,
        "status": document.status,
        "reason": document.reason,
        "result_id": document.result_id,
    }
    sent = stores.events.put_events(
        Entries=[
            {"Source": "tilescout", "DetailType": "DocumentEnded", "Detail": json.dumps(detail)}
        ]
    )
    if sent["FailedEntryCount"]:
        raise EventNotSent(
            f"the event bus refused DocumentEnded: {sent['Entries'][0].get('ErrorCode')}; "
            "it is sent again"
        )


def _retire(stores: Stores, document: Document, now: int) -> None:
    """Tiles expire from now on, band by band. A PARTIAL document keeps its images for a retry."""
    for page in page_table.pages(stores.ledger, document.id):
        for band in page.bands:
            partition = keys.tile_partition(document.id, page.page, band)
            tiles = page_table.lasting(stores.ledger, partition)
            if document.status == "DONE":
                images = [str(tile["image"]) for tile in tiles]
                objects.delete(stores.s3, stores.tiles_bucket, images)
            page_table.expire(stores.ledger, tiles, now + KEEP_LEDGER_SECONDS)
