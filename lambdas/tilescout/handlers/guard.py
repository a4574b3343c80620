"""Every minute: dead runs lose their lease, and documents that got stuck move or are held."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tilescout import keys, messages, run_protocol
from tilescout.aws import (
    announcements,
    document_table,
    executions,
    intake,
    lease_table,
    queues,
    uploads,
)
from tilescout.documents import Document
from tilescout.handlers import settings, shell

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
    done = {
        "revoked": revoke_dead_owners(now),
        "accepted_late": sweep_objects(now, has_time) if is_due else 0,
        "held": hold_abandoned_documents(now, has_time),
        "resent": move_stuck_documents(now, has_time),
    }
    metrics.add_metric("GuardRuns", MetricUnit.Count, 1)
    logger.info("guard looked", extra=done)
    return done


def models() -> list[str]:
    return sorted({profile.model for profile in CONFIGURATION.profiles})


def is_sweep_due(now: int) -> bool:
    """True in one minute of every sweep period."""
    return now % SWEEP_SECONDS < 60


def revoke_dead_owners(now: int) -> int:
    """A lease ends at once when its owner's execution has (rule 4)."""
    ledger = shell.table(SETTINGS.ledger_table)
    revoked = 0
    for model in models():
        lease = lease_table.read(ledger, model)
        if lease.is_live(now) and not executions.is_running(shell.step_functions(), lease.owner):
            decided = lease_table.change(
                ledger,
                model,
                lambda read, seen=lease: run_protocol.revoke(  # type: ignore[misc]
                    read, seen.owner, seen.token, now
                ),
            )
            revoked += decided is not None
            logger.warning("lease revoked: its run is dead", model=model, owner=lease.owner)
    return revoked


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
