"""Sends tiles to ONNX models, and searches them for symbols like a person's examples.

Several tiles are sent in one invocation, as what is warm answers in a moment.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics

from tilescout.aws.detectors.examples import ExampleDetector
from tilescout.aws.detectors.onnx import OnnxDetector, WarmModels, served_model
from tilescout.detectors.onnx.model import ServedModel
from tilescout.detectors.port import Detector, confidence_asked
from tilescout.detectors.references.named_model import NamedModel
from tilescout.example_search.symbol_files import SymbolFile, from_file
from tilescout.handlers import runtime, settings
from tilescout.handlers.tile_worker import open_tile_worker
from tilescout.profiles import Profile

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext

SETTINGS = settings.read(settings.DetectOnnxSettings)
MIN_SECONDS_LEFT = 20
"""With fewer left, or less than twice what the slowest tile of the call took, a hint is dropped
before it reserves its tile: the run sends it again, and a tile that is cut off would count as an
attempt.
"""

logger = Logger()
metrics = Metrics()


@cache
def warm_models() -> WarmModels[ServedModel | NamedModel]:
    """Returns the models that this process keeps loaded."""
    return WarmModels(runtime.s3(), SETTINGS.models_bucket, served_model)


@cache
def warm_examples() -> WarmModels[SymbolFile]:
    """Returns the learned examples that this process keeps loaded."""
    return WarmModels(runtime.s3(), SETTINGS.models_bucket, lambda file, _: from_file(file))


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    """Handles hints of the queue for ONNX models while enough time is left."""
    worker = open_tile_worker(SETTINGS, detector_for, context)
    slowest = 0

    def handle(body: str) -> None:
        nonlocal slowest
        left = context.get_remaining_time_in_millis()
        if left < max(1000 * MIN_SECONDS_LEFT, 2 * slowest):
            logger.warning("hint dropped: too little time is left of this invocation")
            return
        worker.handle(body)
        slowest = max(slowest, left - context.get_remaining_time_in_millis())

    return runtime.each_message(event, handle, context)


def detector_for(model_version: str, profile: Profile) -> Detector:
    """Returns the version that the run has frozen, with the confidence of the profile."""
    if profile.kind.reads_strokes:
        return ExampleDetector(
            warm=warm_examples(),
            model_version=model_version,
            dpi=profile.dpi,
            min_confidence=confidence_asked(profile),
        )
    return OnnxDetector(
        warm=warm_models(),
        model_version=model_version,
        min_confidence=confidence_asked(profile),
    )
