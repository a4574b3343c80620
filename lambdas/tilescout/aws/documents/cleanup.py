"""The event and the cleanup that follow the end of a document; both may be repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from boto3.dynamodb.conditions import Attr

from tilescout import keys
from tilescout.aws import objects, parallel
from tilescout.aws.documents import events, result_file
from tilescout.aws.documents.resources import Resources
from tilescout.aws.tables import detection_table, document_table, page_table
from tilescout.documents import Attributes, Document, due_for_cleanup
from tilescout.errors import CleanupUnfinished
from tilescout.transitions.decisions import CLEANUP_SECONDS

KEEP_LEDGER_SECONDS = 30 * 24 * 3600


def clean(
    resources: Resources, document: Document, now: int, must_stop: Callable[[], bool]
) -> None:
    """Announces the end of an ended document and cleans up after it, as far as that is left to do.

    A document keeps ``clean_after`` until all is done, so that a crash is made good later. Raises
    EventNotSent, and CleanupUnfinished once ``must_stop`` says so; a later hint goes on.
    """
    if not document.is_announced:
        events.announce(resources.events, document)
        _update(resources, document, {"announced": document.announced_as})
    if not _clean_up(resources, document, now, must_stop):
        _update(resources, document, due_for_cleanup(document, now))
        raise CleanupUnfinished(
            f"document {document.id} has more to clean up; a later hint goes on"
        )
    _update(resources, document, due_for_cleanup(document, 0))


def take_cleanup(resources: Resources, document: Document, now: int) -> bool:
    """Takes over a cleanup that was left undone for too long; returns True where this call may."""
    if not document.has_ended or not 0 < document.clean_after <= now:
        return False
    until = now + CLEANUP_SECONDS
    still = Attr("clean_after").eq(document.clean_after)
    later = due_for_cleanup(document, until)
    if document_table.update(resources.documents, document.id, later, still):
        return True
    # Where the reply to this very write was lost, nobody else would come.
    known = document_table.get(resources.documents, document.id)
    return known is not None and known.clean_after == until


def _update(resources: Resources, document: Document, values: Attributes) -> None:
    same = Attr("result_id").eq(document.result_id)
    document_table.update(resources.documents, document.id, values, same)


def _clean_up(
    resources: Resources, document: Document, now: int, must_stop: Callable[[], bool]
) -> bool:
    """Returns True once all is done. The rows that lead to the others are the last to expire."""
    if not _retire(resources, document, now, must_stop):
        return False
    begun = page_table.result_sets(resources.ledger, document.id)
    for result in sorted({*begun, document.replaced} - {"", document.result_id}):
        if not detection_table.delete_set(resources.detections, result, must_stop):
            return False
        result_file.delete(resources, result, document)
    lasting = page_table.lasting(resources.ledger, keys.document_partition(document.id))
    page_table.expire(resources.ledger, lasting, now + KEEP_LEDGER_SECONDS)
    return True


def _retire(
    resources: Resources, document: Document, now: int, must_stop: Callable[[], bool]
) -> bool:
    """Lets the tiles expire, band by band; returns False where ``must_stop`` ended it.

    A PARTIAL document keeps its images for a retry, which otherwise makes them anew.
    """

    def without_images(partition: str) -> list[dict[str, Any]]:
        tiles = page_table.lasting(resources.ledger, partition)
        if document.status in ("DONE", "SUPERSEDED"):
            images = [str(tile["image"]) for tile in tiles]
            objects.delete(resources.s3, resources.tiles_bucket, images)
        return tiles

    partitions = [
        keys.tile_partition(document.id, page.page, band)
        for page in page_table.pages(resources.ledger, document.id)
        for band in page.bands
    ]
    for tiles in parallel.in_order(without_images, partitions):
        if must_stop():
            return False
        page_table.expire(resources.ledger, tiles, now + KEEP_LEDGER_SECONDS)
    return not must_stop()
