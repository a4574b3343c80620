"""The guard's look at documents: what is stuck moves, what was lost is sent again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice, takewhile
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from tilescout import keys, transitions
from tilescout.aws import queues
from tilescout.aws.documents import events as document_events
from tilescout.aws.documents import intake, overdue_finalization, uploads
from tilescout.aws.tables import document_table, lease_table
from tilescout.documents import ENDED, Attributes, Document
from tilescout.handlers import settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

STUCK_SECONDS = 15 * 60
DOCUMENTS_PER_SWEEP = 50
PAGES_PER_SWEEP = 200
"""Of one document; a message each, so that one bad page holds up no other."""
PAGES_WAITING = 50
"""Messages in the pages queue from which on nothing is sent again."""

logger = Logger(child=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentGuard:
    """One look. ``models`` are those of the profiles; ``has_time`` says whether to go on."""

    documents: Table
    ledger: Table
    sqs: SQSClient
    s3: S3Client
    events: EventBridgeClient
    settings: settings.GuardSettings
    models: tuple[str, ...]
    now: int
    has_time: Callable[[], bool]

    def queue_waiting(self, projects: list[str]) -> int:
        """WAITING_FOR_MODEL ends once a version was put to use."""
        return sum(
            intake.queue_waiting(self.documents, self.ledger, project, self.now)
            for project in projects
        )

    def hold_abandoned(self) -> int:
        """Due, or waiting for a model, that no profile uses any more: no run would come."""
        held = 0
        for status in ("QUEUED", "RUNNING", "WAITING_FOR_MODEL"):
            found = document_table.with_other_models(self.documents, status, self.models)
            for document in islice(found, DOCUMENTS_PER_SWEEP):
                if not self.has_time():
                    return held
                held += self._hold(document)
        return held

    def _hold(self, document: Document) -> bool:
        """Unless a run, begun before the profile went, is still at it."""
        model = document.profile.model
        if document.status == "RUNNING" and lease_table.read(self.ledger, model).is_live(self.now):
            return False
        logger.warning("held: no profile uses its model", document_id=document.id, model=model)
        held = transitions.hold_without_profile(document)
        return document_table.commit_status(self.documents, held)

    def move_stuck(self) -> int:
        """ACCEPTED for too long: queue it if its pages are all there, else send what is missing.

        Nothing is sent while the queue holds much: what seems missing is probably still in it.
        """
        stuck = list(islice(self._stuck(), DOCUMENTS_PER_SWEEP))
        room = PAGES_WAITING - self._pages_waiting() if stuck else 0
        moved = 0
        for document in stuck:
            if not self.has_time():
                break
            status = intake.queue_if_tiled(self.documents, self.ledger, document, self.now)
            if status == "ACCEPTED":
                if room <= 0:
                    continue
                room -= self._resend(document)
            if status == "FAILED":
                document_events.announce_without_result(self.documents, self.events, document.id)
            moved += 1
        return moved

    def _pages_waiting(self) -> int:
        return queues.depth(self.sqs, self.settings.pages_queue_url)

    def _stuck(self) -> Iterator[Document]:
        """Of each model those that wait longest; then those whose model has no profile any more."""

        def is_stuck(document: Document) -> bool:
            return self.now - max(document.accepted_at, document.resent_at) >= STUCK_SECONDS

        for model in self.models:
            accepted = document_table.with_status(self.documents, "ACCEPTED", model)
            yield from takewhile(is_stuck, accepted)
        others = document_table.with_other_models(self.documents, "ACCEPTED", self.models)
        yield from filter(is_stuck, others)

    def _resend(self, document: Document) -> int:
        """Not again before it is stuck again. Returns how many messages were sent."""
        missing = intake.missing_pages(self.ledger, document)[:PAGES_PER_SWEEP]
        intake.send_pages(self.sqs, self.settings.pages_queue_url, document.id, missing)
        due = keys.due(document.profile.model, self.now)
        values: Attributes = {"resent_at": self.now, "due": due}
        accepted = document_table.in_status("ACCEPTED")
        document_table.update(self.documents, document.id, values, accepted)
        return len(missing)

    def finish_ended(self) -> int:
        """Ended long ago, and not announced or cleaned up."""
        done = 0
        for status in sorted(ENDED):
            overdue = overdue_finalization.overdue(self.documents, status, self.now - STUCK_SECONDS)
            for document in islice(overdue, DOCUMENTS_PER_SWEEP):
                if not self.has_time():
                    return done
                self._finish(document)
                done += 1
        return done

    def _finish(self, document: Document) -> None:
        logger.warning("an end was left undone", document_id=document.id, status=document.status)
        overdue_finalization.finish(
            self.documents,
            self.events,
            self.sqs,
            self.settings.merges_queue_url,
            document,
            self.now,
        )

    def sweep_objects(self) -> int:
        """Objects without a record are put on the documents queue, as their lost event would be."""
        listed = uploads.next_page(
            self.s3,
            self.ledger,
            self.settings.documents_bucket,
            keys.INCOMING,
            self.now - STUCK_SECONDS,
            self.has_time,
        )
        sent = 0
        for upload in uploads.without_record(self.documents, listed):
            uploads.announce(self.sqs, self.settings.documents_queue_url, upload)
            sent += 1
        return sent

    def held(self) -> int:
        """Documents that only a person can help."""
        known = (
            document
            for model in self.models
            for document in document_table.with_status(self.documents, "HELD", model)
        )
        others = document_table.with_other_models(self.documents, "HELD", self.models)
        return sum(1 for _ in chain(known, others))

    def oldest_due_seconds(self) -> int:
        """How long the oldest document waits for its result, a run or a model."""
        oldest = [
            self.now - (document.queued_at or document.accepted_at)
            for model in self.models
            for status in ("QUEUED", "RUNNING", "WAITING_FOR_MODEL")
            for document in islice(document_table.with_status(self.documents, status, model), 1)
        ]
        return max(oldest, default=0)
