"""Sends tiles to Textract and Rekognition."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics

from tilescout.aws.detectors.services import open_detector
from tilescout.detectors.port import Detector, confidence_asked
from tilescout.handlers import runtime, settings
from tilescout.handlers.tile_worker import open_tile_worker
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
    """Handles the hints of the tiles queue."""
    worker = open_tile_worker(SETTINGS, detector_for, context)
    return runtime.each_message(event, worker.handle, context)


def detector_for(model_version: str, profile: Profile) -> Detector:
    """Returns the detector of a document's profile, with the version that its run has frozen."""
    if not profile.needs_model:
        return detector(profile.detector, alphabet=profile.alphabet)
    return detector(profile.detector, model_version, confidence_asked(profile))
