"""One hint, one tile, at most one ask: only for a run that is alive, only within its budget."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tilescout import keys, messages, reservations
from tilescout.answers import answer_to_json
from tilescout.aws import (
    claim_table,
    document_table,
    lease_table,
    objects,
    page_table,
    tile_table,
    untiling,
)
from tilescout.aws.detectors import open_detector
from tilescout.detections import Answer
from tilescout.detectors import LIMITS, Detector, confidence_asked
from tilescout.documents import Document
from tilescout.errors import AnswerLost, DetectorBroken, DetectorUnavailable, TileGone, TileRefused
from tilescout.geometry import Box
from tilescout.handlers import settings, shell
from tilescout.ledger import TileRow
from tilescout.messages import TileHint
from tilescout.reservations import Drop
from tilescout.tiling import Tile

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext

SETTINGS = settings.read(settings.DetectTileSettings)

logger = Logger()
metrics = Metrics()
detector = cache(open_detector)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    timeout = context.get_remaining_time_in_millis() // 1000 + 1
    return shell.each_message(event, lambda body: detect_hinted(body, timeout), context)


def detect_hinted(body: str, timeout: int) -> None:
    """A hint that is of no use is dropped; the message is completed in every case."""
    hint = messages.parse(TileHint, body)
    logger.append_keys(document_id=hint.document_id, page=hint.page, tile=hint.tile)
    outcome = detect_tile(hint, timeout)
    logger.info("hint handled", outcome=outcome)


def detect_tile(hint: TileHint, timeout: int) -> str:
    """What became of the hint, in words. ``timeout`` is the function's, in seconds."""
    ledger = shell.table(SETTINGS.ledger_table)
    documents = shell.table(SETTINGS.documents_table)
    if not lease_table.read(ledger, hint.model).may_detect(hint.token, shell.now()):
        return "dropped: the run is not working"
    document = document_table.get(documents, hint.document_id)
    if document is None or document.claim_token != hint.token or document.status != "RUNNING":
        return "dropped: the document is not claimed by this run"
    reservation = uuid.uuid4().hex
    row = tile_table.change(
        ledger,
        hint.document_id,
        hint.page,
        hint.tile,
        lambda row: reservations.reserve(row, reservation, hint.token, shell.now(), timeout),
    )
    if isinstance(row, Drop):
        return f"dropped: {row.reason}"
    return _ask_within_budget(hint, document, row, reservation)


def _ask_within_budget(hint: TileHint, document: Document, row: TileRow, reservation: str) -> str:
    documents = shell.table(SETTINGS.documents_table)
    name = document.profile.detector
    most = LIMITS[name].calls_per_tile
    if not document_table.spend_calls(documents, hint.run_id, most):
        spent = DetectorUnavailable("the run's budget is used up")
        return _give_back(hint, reservation, spent)
    try:
        answer = _ask(_detector_for(hint, document), row)
    except AnswerLost as error:
        return f"lost: {error}"
    except TileGone as error:
        document_table.settle_calls(documents, hint.run_id, unused=most)
        return _send_back(hint, document, reservation, error)
    except DetectorUnavailable as error:
        document_table.settle_calls(documents, hint.run_id, unused=most - error.billed)
        metrics.add_metric("DetectorUnavailable", MetricUnit.Count, 1)
        return _give_back(hint, reservation, error)
    except TileRefused as error:
        document_table.settle_calls(documents, hint.run_id, unused=most - error.billed)
        return _strike(hint, reservation, str(error))
    outcome = _commit(hint, answer, reservation)
    document_table.settle_calls(
        documents, hint.run_id, unused=most - answer.calls, answered_at=shell.now()
    )
    return outcome


def _detector_for(hint: TileHint, document: Document) -> Detector:
    """The version is the run's, frozen when it opened; the rest is the document's profile."""
    profile = document.profile
    if not profile.needs_model:
        return detector(profile.detector)
    return detector(profile.detector, hint.model_version, confidence_asked(profile))


def _ask(asked: Detector, row: TileRow) -> Answer:
    image = objects.read(shell.s3(), SETTINGS.tiles_bucket, row.image)
    if image is None:
        raise TileGone(f"the tile's image {row.image} is gone")
    return asked.detect(image, Tile(row.tile, Box(*row.box)))


def _commit(hint: TileHint, answer: Answer, reservation: str) -> str:
    key = keys.answer_object(hint.document_id, hint.page, hint.tile, reservation)
    body = answer_to_json(answer).encode()
    objects.write(shell.s3(), SETTINGS.tiles_bucket, key, body, "application/json")
    metrics.add_metric("DetectorCalls", MetricUnit.Count, answer.calls)
    row = _change(hint, lambda row: reservations.commit(row, key, answer.calls))
    ledger = shell.table(SETTINGS.ledger_table)
    page_table.band_outcome(ledger, hint.document_id, hint.page, hint.tile, "answered")
    return f"dropped: {row.reason}" if isinstance(row, Drop) else "answered"


def _give_back(hint: TileHint, reservation: str, error: DetectorUnavailable) -> str:
    _change(
        hint,
        lambda row: reservations.give_back(
            row,
            reservation,
            shell.now(),
            str(error),
            billed=bool(error.billed),
            broken=isinstance(error, DetectorBroken),
        ),
    )
    return f"given back: {error}"


def _send_back(hint: TileHint, document: Document, reservation: str, error: TileGone) -> str:
    """The document leaves the run, to be tiled again where images are gone (rule 21)."""
    documents = shell.table(SETTINGS.documents_table)
    ledger = shell.table(SETTINGS.ledger_table)
    pages = untiling.without_images(ledger, shell.s3(), SETTINGS.tiles_bucket, document)
    if hint.page not in pages:
        return _strike(hint, reservation, f"{error}, and the page could not be tiled again")
    _change(hint, lambda row: reservations.give_back(row, reservation, shell.now(), str(error)))
    if untiling.send_back(documents, ledger, document, pages, shell.now()):
        # The run must not wait for tiles that it will not see again.
        over = {"detected": True, "ended": True}
        claim_table.update_claim(ledger, hint.run_id, hint.document_id, over)
        logger.warning("images are gone; their pages are tiled again", pages=len(pages))
    return f"sent back: {error}"


def _strike(hint: TileHint, reservation: str, error: str) -> str:
    _change(hint, lambda row: reservations.strike(row, reservation, error))
    return f"refused: {error}"


def _change(hint: TileHint, decide: Callable[[TileRow], TileRow | Drop]) -> TileRow | Drop:
    ledger = shell.table(SETTINGS.ledger_table)
    return tile_table.change(ledger, hint.document_id, hint.page, hint.tile, decide)
