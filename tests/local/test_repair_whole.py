"""Retry and reconcile against the whole system: real tables, queues, functions and engines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.local.contract import eventually
from tests.local.drawings import wide_drawing
from tests.local.whole import PATIENCE, TEXTRACT, Whole
from tilescout import keys
from tilescout.aws.documents import uploads
from tilescout.aws.tables import page_table, tile_table
from tilescout.documents import Document
from tilescout_cli.documents import retry


def two_tiles() -> bytes:
    return wide_drawing("TT-4001", "LV-7002")


def fail_tile(whole: Whole, document: str, number: int) -> None:
    """As the loop does once the detector has refused it twice."""
    ledger = whole.stack.ledger
    tile_table.change(ledger, document, 1, number, lambda row: replace(row, state="failed"))
    page_table.band_outcome(ledger, document, 1, number, "failed")


def clean(whole: Whole, document: str) -> Document:
    """The document once its end was announced and cleaned up."""
    eventually(lambda: whole.document(document).clean_after == 0, PATIENCE)
    return whole.document(document)


@pytest.mark.fault("S12")
def test_a_partial_document_is_retried_and_only_its_failed_tile_is_billed(whole: Whole) -> None:
    document = whole.queued(two_tiles(), "tags", "partial.pdf")
    fail_tile(whole, document, 0)
    assert whole.run("textract") == "SUCCEEDED"
    partial = clean(whole, document)
    assert partial.status == "PARTIAL"
    billed = whole.billed(TEXTRACT)

    dry = retry.retry(whole.stack, partial, dry_run=True)
    assert (dry.did, dry.tiles, dry.pages, dry.answered) == ("would retry", 1, 0, 1)
    assert retry.retry(whole.stack, partial, dry_run=False).status == "QUEUED"
    assert retry.retry(whole.stack, whole.document(document), dry_run=True).did == (
        "nothing to retry"
    )
    assert whole.document(document).result_id == partial.result_id

    assert whole.run("textract") == "SUCCEEDED"
    done = whole.document(document)
    assert (done.status, done.tiles_answered, done.tiles_failed) == ("DONE", 2, 0)
    assert whole.billed(TEXTRACT) - billed == 1
    assert whole.texts(document) == ["LV-7002", "TT-4001"]


@pytest.mark.fault("S12")
def test_a_page_that_was_given_up_is_tiled_and_read(whole: Whole) -> None:
    document = whole.queued(two_tiles(), "pdf-text", "page.pdf")
    page_table.unmark(whole.stack.ledger, document, 1, failed_reason="given up")
    assert whole.run("pdf-text") == "SUCCEEDED"
    failed = clean(whole, document)
    assert failed.status in ("FAILED", "PARTIAL")
    assert retry.retry(whole.stack, failed, dry_run=False).status == "ACCEPTED"
    whole.when(document, "QUEUED")
    assert whole.run("pdf-text") == "SUCCEEDED"
    assert whole.document(document).status == "DONE"
    assert whole.texts(document) == ["LV-7002", "TT-4001"]


@pytest.mark.fault("I12")
def test_an_object_whose_record_is_missing_is_accepted(whole: Whole) -> None:
    key, version = whole.put(two_tiles(), "tags", "lost +%2B é.pdf")
    document = keys.document_id(whole.stack.documents_bucket, key, version)
    whole.when(document, "QUEUED")
    whole.stack.documents.delete_item(Key={"id": document})

    clients, bucket = whole.stack.clients, whole.stack.documents_bucket
    listed = uploads.every(clients.s3, bucket, keys.INCOMING)
    (lost,) = uploads.without_record(whole.stack.documents, listed)
    assert (lost.key, lost.version_id) == (key, version)
    uploads.announce(clients.sqs, whole.stack.documents_queue, lost)
    assert whole.when(document, "QUEUED").key == key


@pytest.mark.fault("I2", "I3", "S12")
def test_a_drawing_that_is_replaced_while_it_waits_costs_nothing_unless_it_is_retried(
    whole: Whole,
) -> None:
    # A key that XML cannot hold: S3 lists its versions URL-encoded.
    name = "replaced \x01 +%2B é.pdf"
    older = whole.queued(two_tiles(), "tags", name)
    newer = whole.queued(wide_drawing("PT-6001", "PT-6002"), "tags", name)
    found = whole.document(older)
    assert (found.status, found.superseded_by) == ("SUPERSEDED", newer)
    assert whole.run("textract") == "SUCCEEDED"
    assert whole.texts(newer) == ["PT-6001", "PT-6002"]
    assert whole.document(newer).calls == 2
    found = whole.document(older)
    assert (found.status, found.calls) == ("SUPERSEDED", 0)

    # Cleaning waits for what may be under way; nobody else is at the document in this test.
    whole.stack.documents.update_item(
        Key={"id": older},
        UpdateExpression="SET clean_after = :past",
        ExpressionAttributeValues={":past": 1},
    )
    assert retry.retry(whole.stack, whole.document(older), dry_run=False).status == "QUEUED"
    whole.announce(found.key, whole.document(newer).version)
    assert whole.run("textract") == "SUCCEEDED"
    assert whole.texts(older) == ["LV-7002", "TT-4001"]
