"""One hint, one tile, at most one attempt: only for a run that is alive, only within its budget.

The functions that send tiles to a detector share this; each tells how its detector is opened.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tilescout import keys, messages
from tilescout.aws import clients, objects
from tilescout.aws.at_most_once import AtMostOnce
from tilescout.aws.detectors.shared_answers import SharedAnswers
from tilescout.aws.documents import intake
from tilescout.aws.tables import claim_table, document_table, lease_table, page_table, tile_table
from tilescout.detections import Answer
from tilescout.detectors import reuse
from tilescout.detectors.port import Detector
from tilescout.detectors.responses import answer_to_json
from tilescout.documents import Document
from tilescout.errors import AnswerLost, DetectorBroken, DetectorUnavailable, TileGone, TileRefused
from tilescout.geometry import Box
from tilescout.handlers import runtime
from tilescout.handlers.settings import DetectTileSettings
from tilescout.ledger import TileRow
from tilescout.messages import TileHint
from tilescout.profiles import Profile
from tilescout.runs import reservations
from tilescout.runs.reservations import Drop
from tilescout.tiling.grid import Tile

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client

logger = Logger(child=True)
metrics = Metrics()

DetectorFor = Callable[[TileHint, Profile], Detector]


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

    ``detector_for`` a hint and the profile of its document returns the detector. ``allowances``
    is ``documents`` once more, for what is given back. ``timeout`` is the function's, in seconds.
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
        reservation = uuid.uuid4().hex
        row = self._change(
            hint,
            lambda row: reservations.with_lost_call(
                row,
                reservations.reserve(row, reservation, hint.token, runtime.now(), self.timeout),
            ),
        )
        if isinstance(row, Drop):
            return f"dropped: {row.reason}"
        if outcome := self._reuse(hint, document, row, reservation):
            return outcome
        return self._detect_within_budget(hint, document, row, reservation)

    def _reuse(self, hint: TileHint, document: Document, row: TileRow, reservation: str) -> str:
        """Gives the tile an answer for the same image; returns "" where there is none."""
        name = reuse.shared_name(row, document.profile, hint.model_version)
        try:
            key = self._copied(hint, row, reservation, name) if name else ""
        except clients.ERRORS as error:
            lost = DetectorUnavailable(f"a shared answer could not be copied: {error}")
            return self._give_back(hint, reservation, lost)
        return self._commit(hint, key, 0, reused=reservation in key) if key else ""

    def _copied(self, hint: TileHint, row: TileRow, reservation: str, name: str) -> str:
        """Returns the key of an answer for the same image; empty where none is shared.

        It is one that a crash kept this very tile from having, else a copy of another tile's.
        """
        key, answer = self._shared.find(name, runtime.now()) or ("", None)
        own = keys.answers_of_tile(hint.document_id, hint.page, hint.tile)
        if answer is None or key.startswith(own):
            return key
        return self._store(hint, reuse.as_if_of(row, answer), reservation)

    @property
    def _shared(self) -> SharedAnswers:
        return SharedAnswers(self.ledger, self.s3, self.tiles_bucket)

    def _detect_within_budget(
        self, hint: TileHint, document: Document, row: TileRow, reservation: str
    ) -> str:
        max_calls = document.profile.kind.calls_per_tile
        if not document_table.spend_calls(self.documents, hint.run_id, max_calls):
            spent = DetectorUnavailable("the run's budget is used up")
            return self._give_back(hint, reservation, spent)
        try:
            answer = self._send(self.detector_for(hint, document.profile), row)
        except AnswerLost as error:
            return f"lost: {error}"
        except TileGone as error:
            self._settle(hint, unused=max_calls)
            return self._retile(hint, document, reservation, error)
        except DetectorUnavailable as error:
            self._settle(hint, unused=max_calls - error.billed)
            metrics.add_metric("DetectorUnavailable", MetricUnit.Count, 1)
            return self._give_back(hint, reservation, error)
        except TileRefused as error:
            self._settle(hint, unused=max_calls - error.billed)
            return self._refuse(hint, reservation, str(error), error.billed)
        shared = reuse.shared_name(row, document.profile, hint.model_version)
        key = self._store(hint, answer, reservation, shared)
        outcome = self._commit(hint, key, answer.calls)
        self._settle(hint, unused=max_calls - answer.calls)
        return outcome

    def _settle(self, hint: TileHint, *, unused: int) -> None:
        if unused and not document_table.return_calls(self.allowances, hint.run_id, unused):
            logger.warning("calls may not have been given back", calls=unused)

    def _send(self, detector: Detector, row: TileRow) -> Answer:
        try:
            image = objects.read(self.s3, self.tiles_bucket, row.image)
        except clients.ERRORS as error:
            # An outage of S3 is not the tile's fault, and nothing was asked yet.
            raise DetectorUnavailable(f"the tile's image could not be read: {error}") from error
        if image is None:
            raise TileGone(f"the tile's image {row.image} is gone")
        return detector.detect(image, Tile(row.tile, Box(*row.box), row.scale))

    def _store(self, hint: TileHint, answer: Answer, reservation: str, shared: str = "") -> str:
        """Stores an answer and shares it under a name, if any; returns its key."""
        if not reuse.may_be_shared(answer):
            shared = ""
        key = keys.answer_object(hint.document_id, hint.page, hint.tile, reservation, shared)
        body = answer_to_json(answer).encode()
        objects.write(self.s3, self.tiles_bucket, key, body, "application/json")
        if shared:
            # Before the tile has it: after a crash its next attempt finds what was paid for.
            self._share(hint, key)
        return key

    def _share(self, hint: TileHint, key: str) -> None:
        try:
            self._shared.share(hint.document_id, key, runtime.now())
        except clients.ERRORS as error:
            # The answer is paid for, and the tile must have it in any case.
            logger.warning("an answer is not shared", error=str(error))

    def _commit(self, hint: TileHint, key: str, calls: int, *, reused: bool = False) -> str:
        metrics.add_metric("DetectorCalls", MetricUnit.Count, calls)
        row = self._change(hint, lambda row: reservations.commit(row, key, calls, reused=reused))
        place = (self.ledger, hint.document_id, hint.page, hint.tile)
        if reused:
            # The detector did not answer: this says nothing about those that it fails on.
            page_table.band_outcome(*place, "answered")
        else:
            page_table.count_answer(*place, token=hint.token, now=runtime.now())
        if isinstance(row, Drop):
            return f"dropped: {row.reason}"
        return self._count_reused(hint) if reused else "answered"

    def _count_reused(self, hint: TileHint) -> str:
        metrics.add_metric("TilesReused", MetricUnit.Count, 1)
        document_table.count_reused(self.allowances, hint.run_id)
        return "answered as the same image was before"

    def _give_back(self, hint: TileHint, reservation: str, error: DetectorUnavailable) -> str:
        def given_back(row: TileRow) -> TileRow | Drop:
            back = reservations.give_back(
                row,
                reservation,
                runtime.now(),
                str(error),
                billed=bool(error.billed),
                server_error=isinstance(error, DetectorBroken),
            )
            return reservations.with_billed_calls(back, error.billed)

        self._change(hint, given_back)
        return f"given back: {error}"

    def _retile(self, hint: TileHint, document: Document, reservation: str, error: TileGone) -> str:
        """Sends the document back to be tiled again where images are gone (rule 21)."""
        pages = intake.pages_without_images(self.ledger, self.s3, self.tiles_bucket, document)
        if hint.page not in pages:
            reason = f"{error}, and the page could not be tiled again"
            return self._refuse(hint, reservation, reason)
        self._change(
            hint, lambda row: reservations.give_back(row, reservation, runtime.now(), str(error))
        )
        if intake.retile(self.documents, self.ledger, document, pages, runtime.now()):
            # The run must not wait for tiles that it will not see again.
            over = {"detected": True, "ended": True}
            claim_table.update_claim(self.ledger, hint.run_id, hint.document_id, over)
            logger.warning("images are gone; their pages are tiled again", pages=len(pages))
        return f"sent back: {error}"

    def _refuse(self, hint: TileHint, reservation: str, error: str, billed: int = 0) -> str:
        self._change(
            hint,
            lambda row: reservations.with_billed_calls(
                reservations.refuse(row, reservation, error), billed
            ),
        )
        return f"refused: {error}"

    def _change(
        self, hint: TileHint, decide: Callable[[TileRow], TileRow | Drop]
    ) -> TileRow | Drop:
        return tile_table.change(self.ledger, hint.document_id, hint.page, hint.tile, decide)
