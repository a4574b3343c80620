"""The guard's duty to documents: what is stuck moves on, what was lost is sent again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice, takewhile
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from tilescout import keys
from tilescout.aws import queues
from tilescout.aws.documents import events as document_events
from tilescout.aws.documents import intake, overdue_finalization, uploads
from tilescout.aws.tables import document_table, lease_table
from tilescout.documents import DUE, ENDED, Attributes, Document, Status
from tilescout.handlers import settings
from tilescout.transitions import decisions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

STUCK_SECONDS = 15 * 60
DOCUMENTS_PER_SWEEP = 50
PAGES_PER_SWEEP = 200
"""Pages of one document that are sent again, one message per page."""
WATCHED: tuple[Status, ...] = (*DUE, "ACCEPTED", "HELD")
"""The statuses in which a document may need the guard; it looks first which of them there are."""
PAGES_WAITING = 50
"""With so many messages in the pages queue nothing is sent again."""

logger = Logger(child=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentGuard:
    """One look at the documents. ``models`` are those of the profiles; ``has_time`` says if it may
    go on. Of the statuses that it watches only those that are ``present`` are read by model: an
    idle minute reads next to nothing.
    """

    documents: Table
    present: frozenset[Status]
    ledger: Table
    sqs: SQSClient
    s3: S3Client
    events: EventBridgeClient
    settings: settings.GuardSettings
    models: tuple[str, ...]
    now: int
    has_time: Callable[[], bool]

    def queue_waiting(self, projects: list[str]) -> int:
        """Queues documents whose model project has a version in use now; returns how many."""
        if "WAITING_FOR_MODEL" not in self.present:
            return 0
        return sum(
            intake.queue_waiting(self.documents, self.ledger, project, self.now)
            for project in projects
        )

    def hold_abandoned(self) -> int:
        """Holds documents whose model no profile uses any more: no run would come for them."""
        held = 0
        for status in self._due():
            abandoned = document_table.with_other_models(self.documents, status, self.models)
            for document in islice(abandoned, DOCUMENTS_PER_SWEEP):
                if not self.has_time():
                    return held
                held += self._hold(document)
        return held

    def _due(self) -> list[Status]:
        """Returns the statuses of documents that wait for a run or their model, if any do."""
        return [status for status in DUE if status in self.present]

    def _hold(self, document: Document) -> bool:
        """Holds the document unless a run that began before the profile went still works on it."""
        model = document.profile.model
        if document.status == "RUNNING" and lease_table.read(self.ledger, model).is_live(self.now):
            return False
        logger.warning("held: no profile uses its model", document_id=document.id, model=model)
        held = decisions.hold_without_profile(document)
        return document_table.commit_status(self.documents, held)

    def move_stuck(self) -> int:
        """Queues documents that are ACCEPTED for too long, or sends their missing pages again.

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
        """Yields per model those that wait longest, then those whose model has no profile."""

        def is_stuck(document: Document) -> bool:
            return self.now - max(document.accepted_at, document.resent_at) >= STUCK_SECONDS

        if "ACCEPTED" not in self.present:
            return
        for model in self.models:
            accepted = document_table.with_status(self.documents, "ACCEPTED", model)
            yield from takewhile(is_stuck, accepted)
        others = document_table.with_other_models(self.documents, "ACCEPTED", self.models)
        yield from filter(is_stuck, others)

    def _resend(self, document: Document) -> int:
        """Sends missing pages, and not again for a while. Returns how many messages were sent."""
        missing = intake.missing_pages(self.ledger, document)[:PAGES_PER_SWEEP]
        intake.send_pages(self.sqs, self.settings.pages_queue_url, document.id, missing)
        due = keys.due(document.profile.model, self.now)
        values: Attributes = {"resent_at": self.now, "due": due}
        accepted = document_table.in_status("ACCEPTED")
        document_table.update(self.documents, document.id, values, accepted)
        return len(missing)

    def finish_ended(self) -> int:
        """Finishes documents that ended long ago and are not announced or cleaned up."""
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
        logger.warning(
            "document ended and was not cleaned up", document_id=document.id, status=document.status
        )
        overdue_finalization.finish(
            self.documents,
            self.events,
            self.sqs,
            self.settings.merges_queue_url,
            document,
            self.now,
        )

    def sweep_objects(self) -> int:
        """Sends the lost events of objects without a record; returns how many."""
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
        """Returns how many documents are HELD, for which only a person can do something."""
        if "HELD" not in self.present:
            return 0
        known = (
            document
            for model in self.models
            for document in document_table.with_status(self.documents, "HELD", model)
        )
        others = document_table.with_other_models(self.documents, "HELD", self.models)
        return sum(1 for _ in chain(known, others))

    def oldest_due_seconds(self) -> int:
        """Returns for how long the oldest document waits for a model, a run or its result."""
        oldest = [
            self.now - (document.queued_at or document.accepted_at)
            for model in self.models
            for status in self._due()
            for document in islice(document_table.with_status(self.documents, status, model), 1)
        ]
        return max(oldest, default=0)
