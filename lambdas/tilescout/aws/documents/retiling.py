"""A document whose tiles' images are gone goes back to be tiled (rule 21)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tilescout import keys, transitions
from tilescout.aws import objects
from tilescout.aws.tables import document_table, page_table
from tilescout.documents import Document
from tilescout.intake.retry_plan import lost_pages

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client


def without_images(ledger: Table, s3: S3Client, tiles_bucket: str, document: Document) -> list[int]:
    """Tiled pages that lack images; one that was given up is not among them."""
    images = objects.names(s3, tiles_bucket, keys.tile_images(document.id))
    return lost_pages(page_table.pages(ledger, document.id), images, document.id)


def send_back(
    documents: Table, ledger: Table, document: Document, pages: list[int], now: int
) -> bool:
    """From RUNNING under its claim to ACCEPTED, with these pages no longer tiled.

    The guard sends them within a minute or, of a fresh document, a quarter of an hour. Whatever
    was answered stays answered. False where the claim is no longer the document's.
    """
    if not document_table.commit_status(documents, transitions.retile(document, now)):
        return False
    for page in pages:
        page_table.unmark(ledger, document.id, page)
    return True
