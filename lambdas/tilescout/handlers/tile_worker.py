"""One hint, one tile, at most one attempt: only for a run that is alive, only within its budget.

The functions that send tiles to a detector share this; each tells how its detector is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tilescout import messages
from tilescout.aws import clients, objects, tile_attempts
from tilescout.aws.at_most_once import AtMostOnce
from tilescout.aws.detectors.stored_answers import StoredAnswers
from tilescout.aws.documents import intake
from tilescout.aws.tables import claim_table, document_table, lease_table
from tilescout.aws.tile_attempts import TileAttempt
from tilescout.detections import Answer
from tilescout.detectors import reuse
from tilescout.detectors.port import Detector, PartwiseDetector
from tilescout.errors import (
    AnswerLost,
    DetectorUnavailable,
    PartsNotPaid,
    TileGone,
    TileRefused,
)
from tilescout.handlers import runtime
from tilescout.handlers.settings import DetectTileSettings
from tilescout.messages import TileHint
from tilescout.profiles import Profile
from tilescout.runs.reservations import Drop

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client

logger = Logger(child=True)
metrics = Metrics()

DetectorFor = Callable[[str, Profile], Detector]
"""Opens the detector of a profile, with the version of the model that the run has frozen."""
BUDGET_USED_UP = "the run's budget is used up"


def open_tile_worker(
    settings: DetectTileSettings, detector_for: DetectorFor, context: LambdaContext
) -> TileWorker:
    """Returns the worker of one invocation, which lasts as long as ``context`` says."""
    return TileWorker(
        ledger=runtime.table(settings.ledger_table),
        documents=runtime.table(settings.documents_table),
        allowances=runtime.at_most_once(settings.documents_table),
        s3=runtime.s3(),
        tiles_bucket=settings.tiles_bucket,
        detector_for=detector_for,
        timeout=context.get_remaining_time_in_millis() // 1000 + 1,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TileWorker:
    """Sends the tile of a hint to its detector, and writes down what came of it.

    ``allowances`` is ``documents`` once more, for what is given back. ``timeout`` is the
    function's, in seconds.
    """

    ledger: Table
    documents: Table
    allowances: AtMostOnce
    s3: S3Client
    tiles_bucket: str
    detector_for: DetectorFor
    timeout: int

    def handle(self, body: str) -> None:
        """Handles one message, which is completed in every case: a useless hint is dropped."""
        hint = messages.parse(TileHint, body)
        logger.append_keys(document_id=hint.document_id, page=hint.page, tile=hint.tile)
        outcome = self.detect(hint)
        logger.info("hint handled", outcome=outcome)

    def detect(self, hint: TileHint) -> str:
        """Returns what became of the hint, in words."""
        if not lease_table.read(self.ledger, hint.model).may_detect(hint.token, runtime.now()):
            return "dropped: the run is not working"
        document = document_table.get(self.documents, hint.document_id)
        if document is None or document.claim_token != hint.token or document.status != "RUNNING":
            return "dropped: the document is not claimed by this run"
        attempt = tile_attempts.reserve(self.ledger, hint, document, runtime.now(), self.timeout)
        if isinstance(attempt, Drop):
            return f"dropped: {attempt.reason}"
        return self._reuse(attempt) or self._detect_within_budget(attempt)

    def _reuse(self, attempt: TileAttempt) -> str:
        """Gives the tile an answer for the same image; returns "" where there is none."""
        try:
            key = self._answers.take(attempt, runtime.now())
        except clients.ERRORS as error:
            lost = DetectorUnavailable(f"a shared answer could not be copied: {error}")
            return self._give_back(attempt, lost)
        if attempt.made(key):
            return self._commit_reused(attempt, key)
        # A crash kept this one from the tile, for which the detector did answer.
        return self._commit(attempt, key, 0) if key else ""

    @property
    def _answers(self) -> StoredAnswers:
        return StoredAnswers(self.ledger, self.s3, self.tiles_bucket)

    def _detect_within_budget(self, attempt: TileAttempt) -> str:
        calls = TileCalls(self, attempt)
        if not calls.begin():
            return self._give_back(attempt, DetectorUnavailable(BUDGET_USED_UP))
        try:
            answer = self._send(attempt, calls)
        except AnswerLost as error:
            return f"lost: {error}"
        except TileGone as error:
            calls.settle(made=0)
            return self._retile(attempt, error)
        except PartsNotPaid as error:
            return self._give_back(attempt, error)
        except DetectorUnavailable as error:
            calls.settle(made=error.billed)
            metrics.add_metric("DetectorUnavailable", MetricUnit.Count, 1)
            return self._give_back(attempt, error)
        except TileRefused as error:
            calls.settle(made=error.billed)
            return self._refuse(attempt, str(error), error.billed)
        outcome = self._commit(attempt, self._store(attempt, answer), answer.calls)
        calls.settle(made=answer.calls)
        return outcome

    def _send(self, attempt: TileAttempt, calls: TileCalls) -> Answer:
        detector = self.detector_for(attempt.hint.model_version, attempt.document.profile)
        image = self._image(attempt.row.image)
        if not isinstance(detector, PartwiseDetector):
            return detector.detect(image, attempt.tile)
        if attempt.row.crowded:
            return detector.detect_parts(image, attempt.tile, 0)
        if answer := detector.look(image, attempt.tile):
            return answer
        calls.take_for_parts()
        return detector.detect_parts(image, attempt.tile, 1)

    def _image(self, name: str) -> bytes:
        try:
            image = objects.read(self.s3, self.tiles_bucket, name)
        except clients.ERRORS as error:
            # An outage of S3 is not the tile's fault, and nothing was asked yet.
            raise DetectorUnavailable(f"the tile's image could not be read: {error}") from error
        if image is None:
            raise TileGone(f"the tile's image {name} is gone")
        return image

    def _store(self, attempt: TileAttempt, answer: Answer) -> str:
        """Stores an answer, and shares it where other tiles may take it; returns its key."""
        shared = attempt.shared_name if reuse.may_be_shared(answer) else ""
        key = self._answers.store(attempt, answer, shared)
        if shared:
            # Before the tile has it: after a crash its next attempt finds what was paid for.
            self._share(attempt, key)
        return key

    def _share(self, attempt: TileAttempt, key: str) -> None:
        try:
            self._answers.share(attempt.hint.document_id, key, runtime.now())
        except clients.ERRORS as error:
            # The answer is paid for, and the tile must have it in any case.
            logger.warning("an answer is not shared", error=str(error))

    def _commit(self, attempt: TileAttempt, key: str, calls: int) -> str:
        metrics.add_metric("DetectorCalls", MetricUnit.Count, calls)
        row = attempt.commit(key, calls, runtime.now())
        return f"dropped: {row.reason}" if isinstance(row, Drop) else "answered"

    def _commit_reused(self, attempt: TileAttempt, key: str) -> str:
        row = attempt.commit_reused(key)
        if isinstance(row, Drop):
            return f"dropped: {row.reason}"
        metrics.add_metric("TilesReused", MetricUnit.Count, 1)
        document_table.count_reused(self.allowances, attempt.hint.run_id)
        return "answered as the same image was before"

    def _give_back(self, attempt: TileAttempt, error: DetectorUnavailable) -> str:
        attempt.give_back(error, runtime.now())
        return f"given back: {error}"

    def _retile(self, attempt: TileAttempt, error: TileGone) -> str:
        """Sends the document back to be tiled again where images are gone (rule 21)."""
        document = attempt.document
        pages = intake.pages_without_images(self.ledger, self.s3, self.tiles_bucket, document)
        if attempt.row.page not in pages:
            reason = f"{error}, and the page could not be tiled again"
            return self._refuse(attempt, reason)
        attempt.give_back(error, runtime.now())
        if intake.retile(self.documents, self.ledger, document, pages, runtime.now()):
            # The run must not wait for tiles that it will not see again.
            over = {"detected": True, "ended": True}
            claim_table.update_claim(self.ledger, attempt.hint.run_id, document.id, over)
            logger.warning("images are gone; their pages are tiled again", pages=len(pages))
        return f"sent back: {error}"

    def _refuse(self, attempt: TileAttempt, reason: str, billed: int = 0) -> str:
        attempt.refuse(reason, billed)
        return f"refused: {reason}"


@dataclass(slots=True)
class TileCalls:
    """The billed calls of one attempt, each taken from the run's allowance beforehand.

    A crowded tile takes as many as its detector's kind allows, any other tile the first of them.
    """

    worker: TileWorker
    attempt: TileAttempt
    taken: int = 0

    @property
    def _limit(self) -> int:
        return self.attempt.document.profile.kind.calls_per_tile

    def begin(self) -> bool:
        """Takes the calls to begin with; returns False unless all that may follow are left too."""
        if self.attempt.row.crowded:
            return self._take(self._limit - 1)
        return self._take(1, needed=self._limit)

    def take_for_parts(self) -> None:
        """Takes the calls for the parts of a crowded tile. Raises PartsNotPaid without them."""
        try:
            taken = self._take(self._limit - 1, attempts=0)
        except clients.ERRORS as error:
            raise PartsNotPaid(f"no calls could be taken: {error}", billed=1) from error
        if not taken:
            raise PartsNotPaid(BUDGET_USED_UP, billed=1)

    def _take(self, calls: int, **more: int) -> bool:
        run = self.attempt.hint.run_id
        taken = document_table.spend_calls(self.worker.documents, run, calls, **more)
        self.taken += calls if taken else 0
        return taken

    def settle(self, *, made: int) -> None:
        """Returns the calls that were taken and not billed to the allowance."""
        unused, run = self.taken - made, self.attempt.hint.run_id
        if unused and not document_table.return_calls(self.worker.allowances, run, unused):
            logger.warning("calls may not have been given back", calls=unused)
