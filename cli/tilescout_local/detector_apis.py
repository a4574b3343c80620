"""Adds Textract and Rekognition to the emulator, for callers over HTTP and in state machines."""

from __future__ import annotations

import json

from ministack import app
from ministack.core import router
from ministack.services import s3, stepfunctions

from tilescout_local.apis import custom_labels_models, rekognition, textract
from tilescout_local.apis.custom_labels import Detectors
from tilescout_local.apis.json_api import Operations, json_api
from tilescout_local.engines.blots import find_blots
from tilescout_local.engines.engine_workers import EngineWorkers
from tilescout_local.engines.found_labels import FoundLabel
from tilescout_local.engines.reading import Line, from_json
from tilescout_local.models.registry import ModelRegistry
from tilescout_local.worker_process import Warden


def install_detector_apis(
    registry: ModelRegistry, *, ocr_workers: int, symbol_workers: int, warden: Warden
) -> None:
    """Register both services; the processes of an engine start with its first images."""
    engine = EngineWorkers("tilescout_local.engines.ocr_worker", ocr_workers, warden)

    def read_text(image: bytes) -> list[Line]:
        return from_json(json.loads(engine.ask(image)))

    _register("textract", "Textract", textract.operations(read_object, read_text))
    labels = custom_labels_models.operations(
        registry, read_object, _detectors(symbol_workers, warden)
    )
    text = rekognition.operations(read_object, read_text)
    _register("rekognition", "RekognitionService", {**text, **labels})


def _detectors(symbol_workers: int, warden: Warden) -> Detectors:
    engine = EngineWorkers("tilescout_local.engines.symbol_worker", symbol_workers, warden)

    def find_symbols(image: bytes) -> list[FoundLabel]:
        found = json.loads(engine.ask(image))
        return [FoundLabel(name, confidence, tuple(box)) for name, confidence, box in found]

    return {"symbols": find_symbols, "blots": find_blots, "none": lambda image: []}


def read_object(bucket: str, key: str, version: str | None) -> bytes | None:
    """An object of the emulated S3, or None."""
    data: bytes | None = s3._get_object_data(bucket, key, version_id=version)
    return data


def _register(name: str, target_prefix: str, operations: Operations) -> None:
    app.SERVICE_HANDLERS[name] = json_api(operations)
    router.SERVICE_PATTERNS[name] = {
        "host_patterns": [rf"{name}\."],
        "target_prefixes": [f"{target_prefix}."],
        "credential_scope": name,
    }
    stepfunctions._AWS_SDK_SERVICE_MAP[name] = {"target_prefix": target_prefix, "protocol": "json"}
    stepfunctions._AWS_SDK_ERROR_PREFIX[name] = name.capitalize()
