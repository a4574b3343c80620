"""Retry and reconcile against the whole system: real tables, queues, functions and engines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.local.contract import eventually
from tests.local.drawings import wide_drawing
from tests.local.system import PATIENCE, TEXTRACT, System
from tilescout import keys
from tilescout.aws.documents import uploads
from tilescout.aws.tables import page_table, tile_table
from tilescout.documents import Document
from tilescout_cli.documents import retry


def two_tiles() -> bytes:
    return wide_drawing("TT-4001", "LV-7002")


def fail_tile(system: System, document: str, number: int) -> None:
    """Fails a tile as the loop does once the detector has refused it twice."""
    ledger = system.stack.ledger
    tile_table.change(ledger, document, 1, number, lambda row: replace(row, state="failed"))
    page_table.band_outcome(ledger, document, 1, number, "failed")


def clean(system: System, document: str) -> Document:
    """Returns the document once its end was announced and cleaned up."""
    eventually(lambda: system.document(document).clean_after == 0, PATIENCE)
    return system.document(document)


@pytest.mark.fault("S12")
def test_a_partial_document_is_retried_and_only_its_failed_tile_is_billed(system: System) -> None:
    document = system.queued(two_tiles(), "tags", "partial.pdf")
    fail_tile(system, document, 0)
    assert system.run("textract") == "SUCCEEDED"
    partial = clean(system, document)
    assert partial.status == "PARTIAL"
    billed = system.billed(TEXTRACT)

    dry = retry.retry(system.stack, partial, dry_run=True)
    assert (dry.did, dry.tiles, dry.pages, dry.answered) == ("would retry", 1, 0, 1)
    assert retry.retry(system.stack, partial, dry_run=False).status == "QUEUED"
    assert retry.retry(system.stack, system.document(document), dry_run=True).did == (
        "nothing to retry"
    )
    assert system.document(document).result_id == partial.result_id

    assert system.run("textract") == "SUCCEEDED"
    done = system.document(document)
    assert (done.status, done.tiles_answered, done.tiles_failed) == ("DONE", 2, 0)
    assert system.billed(TEXTRACT) - billed == 1
    assert system.texts(document) == ["LV-7002", "TT-4001"]


@pytest.mark.fault("S12")
def test_a_page_that_was_given_up_is_tiled_and_read(system: System) -> None:
    document = system.queued(two_tiles(), "pdf-text", "page.pdf")
    page_table.unmark(system.stack.ledger, document, 1, failed_reason="given up")
    assert system.run("pdf-text") == "SUCCEEDED"
    failed = clean(system, document)
    assert failed.status in ("FAILED", "PARTIAL")
    assert retry.retry(system.stack, failed, dry_run=False).status == "ACCEPTED"
    system.when(document, "QUEUED")
    assert system.run("pdf-text") == "SUCCEEDED"
    assert system.document(document).status == "DONE"
    assert system.texts(document) == ["LV-7002", "TT-4001"]


@pytest.mark.fault("I12")
def test_an_object_whose_record_is_missing_is_accepted(system: System) -> None:
    key, version = system.put(two_tiles(), "tags", "lost +%2B é.pdf")
    document = keys.document_id(system.stack.documents_bucket, key, version)
    system.when(document, "QUEUED")
    system.stack.documents.delete_item(Key={"id": document})

    clients, bucket = system.stack.clients, system.stack.documents_bucket
    listed = uploads.all_latest(clients.s3, bucket, keys.INCOMING)
    (lost,) = uploads.without_record(system.stack.documents, listed)
    assert (lost.key, lost.version_id) == (key, version)
    uploads.announce(clients.sqs, system.stack.documents_queue, lost)
    assert system.when(document, "QUEUED").key == key


@pytest.mark.fault("I2", "I3", "S12")
def test_a_drawing_that_is_replaced_while_it_waits_costs_nothing_unless_it_is_retried(
    system: System,
) -> None:
    # A key that XML cannot hold: S3 lists its versions URL-encoded.
    name = "replaced \x01 +%2B é.pdf"
    older = system.queued(two_tiles(), "tags", name)
    newer = system.queued(wide_drawing("PT-6001", "PT-6002"), "tags", name)
    found = system.document(older)
    assert (found.status, found.superseded_by) == ("SUPERSEDED", newer)
    assert system.run("textract") == "SUCCEEDED"
    assert system.texts(newer) == ["PT-6001", "PT-6002"]
    assert system.document(newer).calls == 2
    found = system.document(older)
    assert (found.status, found.calls) == ("SUPERSEDED", 0)

    # Cleaning waits for what may be under way; nobody else is at the document in this test.
    system.stack.documents.update_item(
        Key={"id": older},
        UpdateExpression="SET clean_after = :past",
        ExpressionAttributeValues={":past": 1},
    )
    assert retry.retry(system.stack, system.document(older), dry_run=False).status == "QUEUED"
    system.announce(found.key, system.document(newer).version)
    assert system.run("textract") == "SUCCEEDED"
    assert system.texts(older) == ["LV-7002", "TT-4001"]
