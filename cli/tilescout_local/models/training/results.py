"""Writes the results of a training to S3: the summary, and manifests with detections beside truth.

The summary follows "Reference: Training results summary file" in the developer's guide. The other
names follow its chapters on validation and on the evaluation manifest snapshot. The guide documents
detected boxes in the snapshot for images only, so that part is an approximation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from statistics import mean
from typing import Any

from tilescout_local.models.manifest_entries import Entry
from tilescout_local.models.training.record import Outcome, S3Location
from tilescout_local.models.version import ModelVersion

FOUND = "rekognition-custom-labels-training-0"
DETAILS = "rekognition-custom-labels-evaluation-details"
THRESHOLD = 0.5
"""The threshold of every label: confidences are scaled so that the label's own threshold is
here."""


def write(
    version: ModelVersion,
    output: S3Location,
    result: dict[str, Any],
    train: Sequence[Entry],
    test: Sequence[Entry],
    write_object: Callable[[S3Location, bytes], None],
) -> Outcome:
    """Writes all results under ``output``; ``result`` is the one of the training process."""
    name = f"{version.project}-{version.name}"
    outcome = Outcome(
        f1=mean(row["f1"] for row in result["labels"].values()),
        summary=output.under(f"EvaluationResultSummary-{name}.json"),
        manifest_summary=output.under(f"validation/{name}/manifest_summary.json"),
        train=output.under(f"evaluation/{name}/training.manifest"),
        test=output.under(f"evaluation/{name}/testing.manifest"),
    )
    _json(write_object, outcome.summary, _summary(version, result, outcome.f1))
    _json(write_object, outcome.manifest_summary, _lines_told(train, test))
    write_object(outcome.train, "".join(f"{entry.line}\n" for entry in train).encode())
    shown = [entry for entry in test if not entry.error]
    lines = [_seen(entry, found) for entry, found in zip(shown, result["found"], strict=True)]
    write_object(outcome.test, "".join(f"{json.dumps(line)}\n" for line in lines).encode())
    return outcome


def _json(write_object: Callable[[S3Location, bytes], None], place: S3Location, value: Any) -> None:
    write_object(place, json.dumps(value, indent=1).encode())


def _summary(version: ModelVersion, result: dict[str, Any], f1: float) -> dict[str, Any]:
    rows = sorted(result["labels"].items(), key=lambda item: -item[1]["f1"])
    ended = datetime.fromtimestamp(result["ended_at"], UTC).replace(tzinfo=None)
    return {
        "Version": 1,
        "EvaluationDetails": {
            "ProjectVersionArn": version.arn,
            "EvaluationEndTimestamp": ended.isoformat(),
            "Labels": sorted(result["labels"]),
            "NumberOfTrainingImages": result["train_images"],
            "NumberOfTestingImages": result["test_images"],
        },
        "AggregatedEvaluationResults": {
            "Precision": mean(row["precision"] for _, row in rows),
            "Recall": mean(row["recall"] for _, row in rows),
            "F1Score": f1,
            "AveragePrecision": result["mean_average_precision"],
            "AverageRecall": mean(row["recall"] for _, row in rows),
        },
        "LabelEvaluationResults": [
            {
                "Label": label,
                "NumberOfTestingImages": row["images"],
                "Metrics": {
                    "Threshold": THRESHOLD,
                    "Precision": row["precision"],
                    "Recall": row["recall"],
                    "F1Score": row["f1"],
                },
            }
            for label, row in rows
        ],
    }


def _lines_told(train: Sequence[Entry], test: Sequence[Entry]) -> dict[str, Any]:
    """Returns the JSON of the guide's "Understanding the manifest summary"."""
    return {
        "statistics": {
            "training": _counts(train),
            "testing": _counts(test),
        },
        "errors": [],
    }


def _counts(found: Sequence[Entry]) -> dict[str, Any]:
    wrong = [number for number, entry in enumerate(found, 1) if entry.error]
    return {
        "use_case": "OBJECT_DETECTION",
        "total_json_lines": len(found),
        "valid_json_lines": len(found) - len(wrong),
        "invalid_json_lines": len(wrong),
        "ignored_json_lines": 0,
        "total_images_found_invalid": 0,
        "error_json_line_indices": wrong,
    }


def _seen(entry: Entry, found: dict[str, Any]) -> dict[str, Any]:
    """Returns a line of the test manifest with the model's detections there, and their accuracy."""
    names = sorted({box["label"] for box in found["boxes"]})
    row: dict[str, Any] = json.loads(entry.line)
    row[FOUND] = {
        "image_size": [{"width": found["width"], "height": found["height"], "depth": 3}],
        "annotations": [
            {"class_id": names.index(box["label"]), **box["box"]} for box in found["boxes"]
        ],
    }
    row[f"{FOUND}-metadata"] = {
        "objects": [{"confidence": box["confidence"] / 100} for box in found["boxes"]],
        "class-map": {str(number): name for number, name in enumerate(names)},
        "type": "groundtruth/object-detection",
        "human-annotated": "no",
        "job-name": "rekognition-custom-labels-training-job",
    }
    row[DETAILS] = {"version": 1, **found["counts"]}
    return row
