"""The evaluation of a trained version on its test images, as its training recorded it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tilescout_cli.console.failures import BadUsage
from tilescout_cli.stack.target import Stack
from tilescout_cli.training import version_training
from tilescout_cli.training.version_training import IN_TRAINING, TrainedVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelResult:
    """The figures of one label on the test images, all but ``images`` from 0 to 1."""

    label: str
    images: int
    threshold: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The evaluation of a version; ``labels`` from worst to best, none without a summary."""

    version: TrainedVersion
    labels: tuple[LabelResult, ...]
    precision: float | None
    recall: float | None
    average_precision: float | None
    images: int


def chosen(stack: Stack, project: str, name: str | None) -> TrainedVersion:
    """Returns the version of that name, or the newest trained one.

    Raises BadUsage where there is none, or none that has been evaluated.
    """
    found = version_training.every(stack.clients.rekognition, project)
    if name:
        found = [each for each in found if each.name == name]
        if not found:
            raise BadUsage(
                f"project {project} has no version {name!r}; `tilescout model status --project "
                f"{project} {stack.option}` lists them"
            )
        return _evaluated(found[0])
    trained = [each for each in found if each.is_trained]
    if not trained:
        raise BadUsage(
            f"project {project} has no version that has been trained and evaluated; train one: "
            f"tilescout model train SET --project {project} {stack.option}"
        )
    return trained[0]


def _evaluated(found: TrainedVersion) -> TrainedVersion:
    if found.status == IN_TRAINING:
        raise BadUsage(f"version {found.name} is still {IN_TRAINING}; {found.message}")
    if not found.is_trained:
        raise BadUsage(
            f"version {found.name} is {found.status} and has no evaluation ({found.message}); "
            "train one with held-out images, or use it unmeasured: "
            f"tilescout model use {found.name}"
        )
    return found


def of(stack: Stack, version: TrainedVersion) -> Evaluation:
    """Returns the figures of the summary in S3, or of DescribeProjectVersions without one."""
    summary = _summary(stack, version)
    labels = [
        LabelResult(
            label=row["Label"],
            images=row["NumberOfTestingImages"],
            threshold=row["Metrics"].get("Threshold", 0.0),
            precision=row["Metrics"]["Precision"],
            recall=row["Metrics"]["Recall"],
            f1=row["Metrics"]["F1Score"],
        )
        for row in summary.get("LabelEvaluationResults", ())
    ]
    together = summary.get("AggregatedEvaluationResults", {})
    # The guide has the figures in a member Metrics, its example and its consoles' files without.
    together = together.get("Metrics", together)
    return Evaluation(
        version=version,
        labels=tuple(sorted(labels, key=lambda each: (each.f1, each.label))),
        precision=together.get("Precision"),
        recall=together.get("Recall"),
        average_precision=together.get("AveragePrecision"),
        images=summary.get("EvaluationDetails", {}).get("NumberOfTestingImages", 0),
    )


def _summary(stack: Stack, version: TrainedVersion) -> dict[str, Any]:
    if version.summary is None:
        return {}
    place = version.summary
    try:
        answer = stack.clients.s3.get_object(Bucket=place["Bucket"], Key=place["Name"])
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket"):
            return {}
        raise
    summary: dict[str, Any] = json.loads(answer["Body"].read())
    return summary
