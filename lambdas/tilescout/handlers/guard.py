"""Every minute: dead runs lose their lease, models without a run are stopped, and documents that
got stuck move or are held.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tilescout import keys, messages
from tilescout.aws import (
    announcements,
    document_table,
    intake,
    lease_table,
    queues,
    uploads,
)
from tilescout.documents import Document
from tilescout.errors import LeaseLost
from tilescout.handlers import settings, shell
from tilescout.handlers.model_guard import ModelGuard
from tilescout.run_protocol import Lease

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb.service_resource import Table

HasTime = Callable[[], bool]

SETTINGS = settings.read(settings.GuardSettings)
CONFIGURATION = settings.configuration(SETTINGS.profiles_file)
STUCK_SECONDS = 15 * 60
SWEEP_SECONDS = 15 * 60
DOCUMENTS_PER_SWEEP = 50
PAGES_PER_SWEEP = 200
"""Of one document; a message each, so that one bad page holds up no other."""
PAGES_WAITING = 50
"""Messages in the pages queue from which on nothing is sent again."""
SECONDS_TO_SPARE = 8
"""What is left undone when no more remain is done a minute later."""

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """What was done: leases revoked, objects accepted late, documents held and moved on."""
    now = shell.now()

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() >= 1000 * SECONDS_TO_SPARE

    is_due = event.get("sweep") or is_sweep_due(now)
    # First, whatever becomes of the rest: a model costs money by the minute.
    watched = watch_models(now, context.aws_request_id)
    done = {
        "revoked": watched["revoked"],
        "stopping": watched["stopping"],
        "stopped": watched["stopped"],
        "queued": queue_waiting_documents(now),
        "accepted_late": sweep_objects(now, has_time) if is_due else 0,
        "held": hold_abandoned_documents(now, has_time),
        "resent": move_stuck_documents(now, has_time),
    }
    metrics.add_metric("GuardRuns", MetricUnit.Count, 1)
    count_documents(now)
    logger.info("guard looked", extra=done)
    return done


def models() -> list[str]:
    return sorted({profile.model for profile in CONFIGURATION.profiles})


def is_sweep_due(now: int) -> bool:
    """True in one minute of every sweep period."""
    return now % SWEEP_SECONDS < 60


def watch_models(now: int, request_id: str) -> Counter[str]:
    """Every lease, also of models that no profile uses any more: what was done, how often.

    What is wrong with one model must not keep the guard from the next, which costs as much.
    """
    ledger = shell.table(SETTINGS.ledger_table)
    guard = ModelGuard(
        ledger=ledger,
        documents=shell.table(SETTINGS.documents_table),
        step_functions=shell.step_functions(),
        open_rekognition=shell.model_control,
        me=request_id,
        now=now,
    )
    leases = lease_table.every(ledger)
    done = Counter(_tried(guard.look, lease) for lease in leases)
    up = [guard.up_seconds(lease) for lease in leases]
    metrics.add_metric("ModelUpSeconds", MetricUnit.Seconds, max(up, default=0))
    idle = [guard.idle_seconds(lease) for lease in leases]
    metrics.add_metric("ModelIdleSeconds", MetricUnit.Seconds, max(idle, default=0))
    foreign = [version for lease in _of_models(leases) for version in guard.foreign(lease)]
    metrics.add_metric("ForeignModelsRunning", MetricUnit.Count, len(foreign))
    if foreign:
        logger.warning("models that Tilescout did not start are running", versions=foreign)
    return done


def _of_models(leases: list[Lease]) -> list[Lease]:
    projects = {profile.model_project for profile in CONFIGURATION.profiles if profile.needs_model}
    known = {lease.model: lease for lease in leases}
    return [known.get(project, Lease(model=project)) for project in sorted(projects)]


def _tried(look: Callable[[Lease], str], lease: Lease) -> str:
    try:
        return look(lease)
    except LeaseLost as error:
        logger.warning("looked at again in a minute", model=lease.model, error=str(error))
        return "lost"


def queue_waiting_documents(now: int) -> int:
    """WAITING_FOR_MODEL ends once a version was put to use."""
    documents = shell.table(SETTINGS.documents_table)
    ledger = shell.table(SETTINGS.ledger_table)
    projects = {profile.model_project for profile in CONFIGURATION.profiles if profile.needs_model}
    return sum(
        intake.queue_waiting(documents, ledger, project, now) for project in sorted(projects)
    )


def hold_abandoned_documents(now: int, has_time: HasTime) -> int:
    """QUEUED or RUNNING under a model that no profile uses any more: no run would ever come."""
    documents = shell.table(SETTINGS.documents_table)
    held = 0
    for status in ("QUEUED", "RUNNING"):
        found = document_table.with_other_models(documents, status, models())
        for document in islice(found, DOCUMENTS_PER_SWEEP):
            if not has_time():
                return held
            held += _hold(document, now)
    return held


def _hold(document: Document, now: int) -> bool:
    """Unless a run, begun before the profile went, is still at it."""
    unchanged = document_table.in_status("QUEUED")
    if document.status == "RUNNING":
        lease = lease_table.read(shell.table(SETTINGS.ledger_table), document.profile.model)
        if lease.is_live(now):
            return False
        unchanged = document_table.claimed_by(document.claim_token)
    reason = (
        f"no profile uses the detector or model {document.profile.model!r} any more; restore a "
        "profile that does and release the document (docs/deploy.md, HELD), or upload it again"
    )
    values = {"status": "HELD", "reason": reason}
    documents = shell.table(SETTINGS.documents_table)
    logger.warning("no profile for it", document_id=document.id, model=document.profile.model)
    return document_table.update(documents, document.id, values, unchanged)


def move_stuck_documents(now: int, has_time: HasTime) -> int:
    """ACCEPTED for too long: queue it if its pages are all there, else send what is missing.

    Nothing is sent while the queue holds much: what seems missing is probably still in it.
    """
    documents = shell.table(SETTINGS.documents_table)
    ledger = shell.table(SETTINGS.ledger_table)
    stuck = list(islice(_stuck(documents, now), DOCUMENTS_PER_SWEEP))
    room = PAGES_WAITING - queues.depth(shell.sqs(), SETTINGS.pages_queue_url) if stuck else 0
    moved = 0
    for document in stuck:
        if not has_time():
            break
        status = intake.queue_if_tiled(documents, ledger, document, now)
        if status == "ACCEPTED":
            if room <= 0:
                continue
            room -= _resend(document, now)
        if status == "FAILED":
            announcements.announce_without_result(documents, shell.events(), document.id)
        moved += 1
    return moved


def _stuck(documents: Table, now: int) -> Iterator[Document]:
    """Of each model those that wait longest; then those whose model has no profile any more."""

    def is_stuck(document: Document) -> bool:
        return now - max(document.accepted_at, document.resent_at) >= STUCK_SECONDS

    for model in models():
        yield from takewhile(is_stuck, document_table.with_status(documents, "ACCEPTED", model))
    others = document_table.with_other_models(documents, "ACCEPTED", models())
    yield from filter(is_stuck, others)


def _resend(document: Document, now: int) -> int:
    """Not again before it is stuck again. Returns how many messages were sent."""
    missing = intake.missing_pages(shell.table(SETTINGS.ledger_table), document)
    ranges = [
        messages.PageRange(document_id=document.id, first_page=page, last_page=page)
        for page in missing[:PAGES_PER_SWEEP]
    ]
    queues.send(shell.sqs(), SETTINGS.pages_queue_url, ranges)
    values = {"resent_at": now, "due": keys.due(document.profile.model, now)}
    accepted = document_table.in_status("ACCEPTED")
    document_table.update(shell.table(SETTINGS.documents_table), document.id, values, accepted)
    return len(ranges)


def count_documents(now: int) -> None:
    """For the alarms: documents that only a person can help, and how long work waits."""
    documents = shell.table(SETTINGS.documents_table)
    held = sum(
        1 for model in models() for _ in document_table.with_status(documents, "HELD", model)
    )
    metrics.add_metric("DocumentsHeld", MetricUnit.Count, held)
    oldest = [
        now - document.queued_at
        for model in models()
        for document in islice(document_table.with_status(documents, "QUEUED", model), 1)
    ]
    metrics.add_metric("OldestDueSeconds", MetricUnit.Seconds, max(oldest, default=0))


def sweep_objects(now: int, has_time: HasTime) -> int:
    """Objects without a record are put on the documents queue, as their lost event would be."""
    documents = shell.table(SETTINGS.documents_table)
    ledger = shell.table(SETTINGS.ledger_table)
    sent = 0
    bucket, before = SETTINGS.documents_bucket, now - STUCK_SECONDS
    for upload in uploads.next_page(shell.s3(), ledger, bucket, keys.INCOMING, before, has_time):
        document_id = keys.document_id(upload.bucket, upload.key, upload.version_id)
        if document_table.get(documents, document_id) is None:
            shell.sqs().send_message(
                QueueUrl=SETTINGS.documents_queue_url,
                MessageBody=json.dumps(messages.upload_event(upload)),
            )
            sent += 1
    return sent
