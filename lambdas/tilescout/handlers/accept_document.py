"""Lambda function: accepts an upload with a price, or rejects it with a reason."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tilescout import keys, messages
from tilescout.aws import objects, queues
from tilescout.aws.documents import events, superseding
from tilescout.aws.objects import Head
from tilescout.aws.tables import document_table
from tilescout.documents import Attributes, Document, Source
from tilescout.errors import TilescoutError, UnreadableDocument
from tilescout.handlers import runtime, settings
from tilescout.intake.page_ranges import page_ranges, parse_pages
from tilescout.intake.planning import DocumentPlan, plan_document
from tilescout.messages import Upload
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout.rendering.process import RenderLimits
from tilescout.rendering.render import inspect_for_profile
from tilescout.transitions import decisions

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext

SETTINGS = settings.read(settings.AcceptDocumentSettings)
CONFIGURATION = settings.configuration(SETTINGS.profiles_file)
PRICES = PriceTable().with_overrides(CONFIGURATION.prices)
INSPECTION = RenderLimits(
    wall_seconds=60, cpu_seconds=60, memory_mb=1500, renderer=SETTINGS.renderer
)
"""The limits are well within the function's own, so that a bomb is rejected at once."""
MAX_UPLOAD_BYTES = 1_000_000_000
"""The function's temporary storage holds an upload of this size with room to spare."""

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    return runtime.each_message(event, accept_uploads, context)


def accept_uploads(body: str) -> None:
    for upload in messages.uploads(body):
        accept_document(upload)


def accept_document(upload: Upload) -> None:
    """Accepts or rejects an object version once; delivered again, sends what is missing."""
    refused = ""
    try:
        with objects.refusals_as_unreadable():
            head = objects.head(runtime.s3(), upload.bucket, upload.key, upload.version_id)
    except UnreadableDocument as error:
        head, refused = Head(upload.version_id, 0, {}), str(error)
    if head is None:
        logger.info("the object is gone; nothing to accept", key_bytes=len(upload.key.encode()))
        return
    if not refused and keys.is_folder(upload.key, head.size):
        logger.info("a folder of the S3 console; nothing to accept", key=upload.key)
        return
    _accept(upload, head, refused)


def _accept(upload: Upload, head: Head, refused: str) -> None:
    document_id = keys.document_id(upload.bucket, upload.key, head.version_id)
    logger.append_keys(document_id=document_id)
    table = runtime.table(SETTINGS.documents_table)
    known = document_table.get(table, document_id)
    document = known or _judge(upload, head, document_id, refused)
    if known is None:
        document_table.add(table, document)
        metrics.add_metric(f"Documents{document.status.title()}", MetricUnit.Count, 1)
        logger.info("document judged", status=document.status, reason=document.reason)
    if document.status == "REJECTED":
        events.announce_without_result(table, runtime.events(), document_id)
    elif document_id not in _superseded(document) and document.status == "ACCEPTED":
        _send_pages(document)


def _superseded(document: Document) -> list[str]:
    """Ends versions that a newer one supersedes, this one or others, before a page is sent."""
    table = runtime.table(SETTINGS.documents_table)
    ended = superseding.supersede_older(table, runtime.s3(), document, runtime.now())
    for superseded in ended:
        superseding.follow_up(
            table, runtime.events(), runtime.sqs(), SETTINGS.merges_queue_url, superseded
        )
        metrics.add_metric("DocumentsSuperseded", MetricUnit.Count, 1)
        logger.info("superseded by a newer version of its key", superseded=superseded)
    return ended


def _judge(upload: Upload, head: Head, document_id: str, refused: str) -> Document:
    source = _source(upload, head, document_id)
    if refused:
        return decisions.reject(source, refused)
    try:
        plan = _plan(upload, head, source.profile)
    except TilescoutError as error:
        return decisions.reject(source, str(error))
    return decisions.accept(source, _planned(plan))


def _source(upload: Upload, head: Head, document_id: str) -> Source:
    profile = CONFIGURATION.profile_for(keys.profile_name(upload.key))
    return Source(
        id=document_id,
        bucket=upload.bucket,
        key=upload.key,
        version=head.version_id,
        profile=profile,
        accepted_at=runtime.now(),
        uploaded_at=head.uploaded_at,
        pages_asked=_pages_asked(head),
        price_per_call=PRICES.budgeted_call(profile),
    )


def _plan(upload: Upload, head: Head, profile: Profile) -> DocumentPlan:
    CONFIGURATION.check_profile(head.metadata.get("profile", ""))
    if head.size > MAX_UPLOAD_BYTES:
        raise UnreadableDocument(
            f"the file has {head.size:,} bytes, the limit is {MAX_UPLOAD_BYTES:,}; split it"
        )
    asked_for = parse_pages(_pages_asked(head))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.pdf"
        with objects.refusals_as_unreadable():
            exists = objects.download(
                runtime.s3(), upload.bucket, upload.key, head.version_id, path
            )
        if not exists:
            raise UnreadableDocument("this version was deleted before it was read; upload it again")
        facts = inspect_for_profile(path, profile, asked_for, limits=INSPECTION)
    plan = plan_document(facts, profile, PRICES)
    unknown = CONFIGURATION.unknown_profile(keys.profile_name(upload.key))
    return replace(plan, warnings=(*unknown, *plan.warnings))


def _pages_asked(head: Head) -> str:
    return head.metadata.get("pages", "").strip()


def _planned(plan: DocumentPlan) -> Attributes:
    low, high = plan.dollars
    return {
        "warnings": plan.warnings,
        "first_page": plan.pages[0].page,
        "last_page": plan.pages[-1].page,
        "tiles_planned": plan.tiles,
        "estimated_usd_low": low,
        "estimated_usd_high": high,
    }


def _send_pages(document: Document) -> None:
    """Sends all pages, in ranges by the plan's average; ``tile_page`` skips marked ones."""
    average = document.tiles_planned // max(1, document.pages)
    ranges = page_ranges(document.first_page, document.last_page, tiles_per_page=average)
    queues.send(
        runtime.sqs(),
        SETTINGS.pages_queue_url,
        [
            messages.PageRange(document_id=document.id, first_page=first, last_page=last)
            for first, last in ranges
        ],
    )
