"""Custom Labels as `model train` sees it: the local one's own answers, time that tests turn.

Trainings are begun and not run: a test says how each ends.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.unit.tilescout_cli.cli_models import Time
from tilescout_local.apis.custom_labels import models as custom_labels_models
from tilescout_local.apis.custom_labels import training as custom_labels_training
from tilescout_local.errors import ApiError
from tilescout_local.models.manifest_datasets import ManifestDatasets
from tilescout_local.models.registry import ModelRegistry
from tilescout_local.models.training import results
from tilescout_local.models.training.jobs import TrainingInput, TrainingJobs
from tilescout_local.models.training.record import S3Location, Training
from tilescout_local.models.version import ModelVersion

RIGHT = {"precision": 0.9, "recall": 0.8, "f1": 0.85, "images": 3}
WRONG = {"precision": 0.5, "recall": 0.25, "f1": 0.33, "images": 2}


@dataclass
class BegunTrainings:
    """Registers a training and leaves it to the test."""

    registry: ModelRegistry
    time: Time
    inputs: dict[str, TrainingInput] = field(default_factory=dict)

    def begin(
        self, project: str, name: str, output: S3Location, data: TrainingInput
    ) -> ModelVersion:
        training = Training(output=output, begun_at=self.time.now, iterations=data.iterations)
        self.inputs[name] = data
        return self.registry.begin_training(project, name, training)


class CustomLabels:
    """The account; ``calls`` counts operations, ``loses`` is one whose reply gets lost once."""

    def __init__(self, time: Time) -> None:
        self.time = time
        self.calls: Counter[str] = Counter()
        self.loses = ""
        self.registry = ModelRegistry(lambda: time.now, region="us-east-1", account="123456789012")
        self.datasets = ManifestDatasets(self.registry, lambda: time.now)
        self.trainings = BegunTrainings(self.registry, time)
        self._answers = custom_labels_models.operations(
            cast(TrainingJobs, self.trainings), self.datasets, _read_object, {}
        )

    def answer(self, operation: str, asked: dict[str, Any]) -> Any:
        self.calls[operation] += 1
        try:
            found = self._answers[operation](json.dumps(asked).encode())
        except ApiError as error:
            told = {"Code": error.code, "Message": error.message}
            raise ClientError({"Error": told}, operation) from error
        if operation == self.loses:
            self.loses = ""
            raise ReadTimeoutError(endpoint_url="https://rekognition")
        return _dated(found)

    def version(self, name: str) -> ModelVersion:
        (project,) = self.registry.projects()
        return next(each for each in self.registry.versions(project.arn) if each.name == name)

    def succeed(self, name: str, labels: dict[str, dict[str, float]]) -> None:
        """The training of the version ends with these figures."""
        version, data = self.version(name), self.trainings.inputs[name]
        assert version.training is not None
        found = [
            {"width": 100, "height": 100, "boxes": [], "counts": {}}
            for each in data.test
            if not each.error
        ]
        result = {
            "labels": labels, "mean_average_precision": 0.9, "ended_at": self.time.now,
            "train_images": len(data.train), "test_images": len(data.test), "found": found,
        }  # fmt: skip
        place = version.training.output
        written = results.write(version, place, result, data.train, data.test, _write_object)
        self.registry.end_training(version.arn, Path("model.onnx"), written)

    def fail(self, name: str, message: str) -> None:
        self.registry.fail_training(self.version(name).arn, message)


def _dated(value: Any) -> Any:
    """Times as boto3 gives them."""
    if isinstance(value, list):
        return [_dated(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: datetime.fromtimestamp(each, UTC) if name.endswith("Timestamp") else _dated(each)
        for name, each in value.items()
    }


def _read_object(bucket: str, key: str, version: str | None) -> bytes | None:
    try:
        return boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError:
        return None


def _write_object(place: S3Location, data: bytes) -> None:
    boto3.client("s3").put_object(Bucket=place.bucket, Key=place.key, Body=data)


def custom_labels(monkeypatch: pytest.MonkeyPatch, time: Time) -> CustomLabels:
    """Answers for Rekognition; torch seems to be there."""
    made = CustomLabels(time)
    original: Callable[..., Any] = getattr(BaseClient, "_make_api_call")  # noqa: B009

    def call(client: Any, operation: str, asked: dict[str, Any]) -> Any:
        if client.meta.service_model.service_name == "rekognition":
            return made.answer(operation, asked)
        return original(client, operation, asked)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    monkeypatch.setattr(custom_labels_training, "find_spec", lambda name: name)
    return made
