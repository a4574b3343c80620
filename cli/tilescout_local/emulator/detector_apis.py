"""Adds Textract and Rekognition to the emulator, for callers over HTTP and in state machines."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import boto3
from ministack import app
from ministack.core import router
from ministack.services import s3, stepfunctions

from tilescout_local.apis import rekognition, textract
from tilescout_local.apis.custom_labels import models as custom_labels_models
from tilescout_local.apis.custom_labels.detection import Detectors
from tilescout_local.apis.json_protocol import Operations, json_api
from tilescout_local.engines import symbol_worker
from tilescout_local.engines.detected_labels import DetectedLabel
from tilescout_local.engines.engine_workers import module_workers
from tilescout_local.engines.solid_rectangles import find_solid_rectangles
from tilescout_local.engines.text_reading import ImageReading, from_json, request_frame
from tilescout_local.models.manifest_datasets import ManifestDatasets
from tilescout_local.models.registry import ModelRegistry
from tilescout_local.models.training.jobs import TrainingJobs
from tilescout_local.models.training.record import S3Location
from tilescout_local.processes.worker_process import Reaper
from tilescout_local.state import TRAININGS, WorkerCounts


def install_detector_apis(
    registry: ModelRegistry,
    *,
    home: Path,
    endpoint_url: str,
    workers: WorkerCounts,
    reaper: Reaper,
) -> None:
    """Registers both services; the processes of an engine start with its first images."""
    engine = module_workers("tilescout_local.engines.ocr_worker", workers.ocr, reaper)

    def read_text(image: bytes, alphabet: str) -> ImageReading:
        return from_json(json.loads(engine.ask(request_frame(alphabet, image))))

    _register("textract", "Textract", textract.operations(read_object, read_text))
    labels = custom_labels_models.operations(
        _trainings(registry, home, endpoint_url, reaper),
        ManifestDatasets(registry, time.time),
        read_object,
        _detectors(workers.symbols, reaper),
    )
    text = rekognition.operations(read_object, read_text)
    _register("rekognition", "RekognitionService", {**text, **labels})


def _trainings(
    registry: ModelRegistry, home: Path, endpoint_url: str, reaper: Reaper
) -> TrainingJobs:
    folder = home / TRAININGS
    shutil.rmtree(folder, ignore_errors=True)

    def write_object(place: S3Location, data: bytes) -> None:
        # A session of its own: the default one is not made for threads.
        stored = boto3.Session().client("s3", endpoint_url=endpoint_url)
        stored.put_object(Bucket=place.bucket, Key=place.key, Body=data)

    return TrainingJobs(
        home=folder,
        registry=registry,
        read_object=read_object,
        write_object=write_object,
        reaper=reaper,
        now=time.time,
    )


def _detectors(symbol_workers: int, reaper: Reaper) -> Detectors:
    engine = module_workers("tilescout_local.engines.symbol_worker", symbol_workers, reaper)

    def find_symbols(image: bytes, model: Path) -> list[DetectedLabel]:
        found = json.loads(engine.ask(symbol_worker.request_frame(model, image)))
        return [DetectedLabel(name, confidence, tuple(box)) for name, confidence, box in found]

    return {
        "symbols": find_symbols,
        "solid-rectangles": find_solid_rectangles,
        "none": lambda image, model: [],
    }


def read_object(bucket: str, key: str, version: str | None) -> bytes | None:
    """Returns an object of the emulated S3, or None if there is none."""
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
