"""Every minute: a lease whose run is dead is revoked, and intake that got stuck moves again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tilescout import keys, messages, run_protocol
from tilescout.aws import (
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

SETTINGS = settings.read(settings.GuardSettings)
CONFIGURATION = settings.configuration(SETTINGS.profiles_file)
STUCK_SECONDS = 15 * 60
SWEEP_SECONDS = 15 * 60
DOCUMENTS_PER_SWEEP = 50
PAGES_PER_SWEEP = 200
"""Of one document; a message each, so that one bad page holds up no other."""

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """What was done: leases revoked, documents moved on, objects accepted late."""
    now = shell.now()
    done = {
        "revoked": revoke_dead_owners(now),
        "resent": move_stuck_documents(now),
        "accepted_late": sweep_objects(now) if event.get("sweep") or is_sweep_due(now) else 0,
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


def move_stuck_documents(now: int) -> int:
    """ACCEPTED for too long: queue it if its pages are all there, else send what is missing."""
    documents = shell.table(SETTINGS.documents_table)
    ledger = shell.table(SETTINGS.ledger_table)
    moved = 0
    for model in models():
        for document in document_table.with_status(documents, "ACCEPTED", model):
            waiting_since = max(document.accepted_at, document.resent_at)
            if now - waiting_since < STUCK_SECONDS or moved >= DOCUMENTS_PER_SWEEP:
                break
            if intake.queue_if_tiled(documents, ledger, document, now) == "ACCEPTED":
                _resend(document, now)
            moved += 1
    return moved


def _resend(document: Document, now: int) -> None:
    """Not again before it is stuck again: a long queue is no reason to make it longer."""
    missing = intake.missing_pages(shell.table(SETTINGS.ledger_table), document)
    ranges = [
        messages.PageRange(document_id=document.id, first_page=page, last_page=page)
        for page in missing[:PAGES_PER_SWEEP]
    ]
    queues.send(shell.sqs(), SETTINGS.pages_queue_url, ranges)
    values = {"resent_at": now, "due": keys.due(document.profile.model, now)}
    accepted = document_table.in_status("ACCEPTED")
    document_table.update(shell.table(SETTINGS.documents_table), document.id, values, accepted)


def sweep_objects(now: int) -> int:
    """Objects without a record are put on the documents queue, as their lost event would be."""
    documents = shell.table(SETTINGS.documents_table)
    ledger = shell.table(SETTINGS.ledger_table)
    sent = 0
    for upload in uploads.next_page(
        shell.s3(), ledger, SETTINGS.documents_bucket, keys.INCOMING, now - STUCK_SECONDS
    ):
        document_id = keys.document_id(upload.bucket, upload.key, upload.version_id)
        if document_table.get(documents, document_id) is None:
            shell.sqs().send_message(
                QueueUrl=SETTINGS.documents_queue_url,
                MessageBody=json.dumps(messages.upload_event(upload)),
            )
            sent += 1
    return sent
