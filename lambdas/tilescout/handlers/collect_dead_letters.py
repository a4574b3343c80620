"""Lambda function: turns messages that could not be handled into reasons of documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tilescout import keys, messages
from tilescout.aws import objects
from tilescout.aws.documents import events, intake
from tilescout.aws.tables import document_table, page_table
from tilescout.documents import GIVEN_UP, Source
from tilescout.errors import UnknownMessage, UnreadableDocument
from tilescout.handlers import runtime, settings
from tilescout.ledger import PageRow
from tilescout.messages import PageRange, Upload
from tilescout.transitions import decisions

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext

SETTINGS = settings.read(settings.CollectDeadLettersSettings)
CONFIGURATION = settings.configuration(SETTINGS.profiles_file)
REASON = f"{GIVEN_UP}; see the functions' logs, then run `tilescout retry --dead-letters`"

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    return runtime.each_message(event, collect, context)


def collect(body: str) -> None:
    """Fails the pages of a range, rejects an upload, and logs and drops anything else."""
    metrics.add_metric("DeadLetters", MetricUnit.Count, 1)
    try:
        fail_pages(messages.parse(PageRange, body))
    except UnknownMessage:
        collect_uploads(body)


def collect_uploads(body: str) -> None:
    """Rejects the uploads of an S3 notification; logs and drops any other message."""
    try:
        uploads = messages.uploads(body)
    except UnknownMessage as error:
        logger.warning("dropped a message of no known kind", reason=str(error))
        return
    for upload in uploads:
        reject(upload)


def fail_pages(pages: PageRange) -> None:
    """Gives up the pages, so that they hold up their document no longer."""
    documents = runtime.table(SETTINGS.documents_table)
    ledger = runtime.table(SETTINGS.ledger_table)
    document = document_table.get(documents, pages.document_id)
    if document is None or document.status != "ACCEPTED":
        _announce(pages.document_id)
        return
    for page in range(pages.first_page, pages.last_page + 1):
        page_table.mark(ledger, document.id, PageRow(page=page, failed_reason=REASON))
    status = intake.queue_if_tiled(documents, ledger, document, runtime.now())
    if status == "FAILED":
        _announce(document.id)
    logger.warning("pages given up", document_id=document.id, status=status)


def _announce(document_id: str) -> None:
    documents = runtime.table(SETTINGS.documents_table)
    events.announce_without_result(documents, runtime.events(), document_id)


def reject(upload: Upload) -> None:
    """Rejects the upload, unless its document is known already: then its pages decide."""
    version, reason = _version(upload)
    source = Source(
        id=keys.document_id(upload.bucket, upload.key, version),
        bucket=upload.bucket,
        key=upload.key,
        version=version,
        profile=CONFIGURATION.profile_for(keys.profile_name(upload.key)),
        accepted_at=runtime.now(),
    )
    document = decisions.reject(source, reason)
    added = document_table.add(runtime.table(SETTINGS.documents_table), document)
    _announce(document.id)
    logger.warning("upload given up", document_id=document.id, added=added)


def _version(upload: Upload) -> tuple[str, str]:
    """Returns version and reason; for an object that is gone or refused, the event's version."""
    try:
        with objects.refusals_as_unreadable():
            head = objects.head(runtime.s3(), upload.bucket, upload.key, upload.version_id)
    except UnreadableDocument as error:
        return upload.version_id, str(error)
    return head.version_id if head else upload.version_id, REASON
