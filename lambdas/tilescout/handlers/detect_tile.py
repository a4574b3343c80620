"""Tiles asked of Textract and Rekognition."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics

from tilescout.aws.detectors.services import open_detector
from tilescout.detectors.port import Detector, confidence_asked
from tilescout.handlers import runtime, settings
from tilescout.handlers.tile_worker import HintedTiles
from tilescout.messages import TileHint
from tilescout.profiles import Profile

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
    tiles = HintedTiles(
        ledger=runtime.table(SETTINGS.ledger_table),
        documents=runtime.table(SETTINGS.documents_table),
        allowances=runtime.at_most_once(SETTINGS.documents_table),
        s3=runtime.s3(),
        tiles_bucket=SETTINGS.tiles_bucket,
        detector_for=detector_for,
    )
    return runtime.each_message(event, lambda body: tiles.handle(body, timeout), context)


def detector_for(hint: TileHint, profile: Profile) -> Detector:
    """The version is the run's, frozen when it opened; the rest is the document's profile."""
    if not profile.needs_model:
        return detector(profile.detector)
    return detector(profile.detector, hint.model_version, confidence_asked(profile))
