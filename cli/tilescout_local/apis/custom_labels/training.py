"""Amazon Rekognition Custom Labels: CreateProjectVersion, which trains on this machine."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from tilescout_local.apis.custom_labels.datasets import read_manifest
from tilescout_local.apis.image_input import ReadObject
from tilescout_local.apis.request_members import arn_member, tags_member
from tilescout_local.errors import ApiError, invalid_parameters
from tilescout_local.models.arns import NAME, PROJECT_ARN
from tilescout_local.models.manifest_datasets import ManifestDatasets
from tilescout_local.models.manifest_entries import Entry
from tilescout_local.models.training.jobs import TrainingInput, TrainingJobs
from tilescout_local.models.training.record import S3Location

ITERATIONS = 900
ITERATIONS_TAG = "tilescout:iterations"
"""The tag of a new version that limits its training on this machine. To AWS it is an ordinary
tag."""
TEST_EVERY = 5
"""One image in this many becomes a test image if the test part is taken from the training part."""
TRAINING_PACKAGES = ("torch", "onnx")

Request = Mapping[str, Any]
Parts = tuple[list[Entry], list[Entry]]


def create_project_version(
    request: Request,
    datasets: ManifestDatasets,
    trainings: TrainingJobs,
    read_object: ReadObject,
) -> dict[str, Any]:
    """Returns the ARN of a version that is in training.

    Raises ApiError with the codes of the real operation.
    """
    project = arn_member(request, "ProjectArn", PROJECT_ARN)
    name = request.get("VersionName")
    if not isinstance(name, str) or NAME.fullmatch(name) is None:
        raise invalid_parameters()
    output = _output(request.get("OutputConfig"))
    iterations = _iterations(tags_member(request))
    trainings.registry.project(project)
    train, test = _parts(request, project, datasets, read_object)
    _require_torch()
    data = TrainingInput(train=train, test=test, iterations=iterations)
    return {"ProjectVersionArn": trainings.begin(project, name, output, data).arn}


def _output(member: Any) -> S3Location:
    if not isinstance(member, dict) or not isinstance(member.get("S3Bucket"), str):
        raise invalid_parameters()
    return S3Location(bucket=member["S3Bucket"], key=str(member.get("S3KeyPrefix", "")))


def _iterations(tags: Mapping[str, str]) -> int:
    text = tags.get(ITERATIONS_TAG, str(ITERATIONS))
    if not text.isdecimal() or not int(text):
        raise invalid_parameters()
    return int(text)


def _parts(
    request: Request, project: str, datasets: ManifestDatasets, read_object: ReadObject
) -> Parts:
    """Returns the entries to train and to test with: of the request's manifests, or of the
    project's datasets."""
    training, testing = request.get("TrainingData"), request.get("TestingData")
    if (training is None) != (testing is None):
        raise invalid_parameters()
    known = datasets.of(project)
    if training is None or testing is None:
        return _of_datasets(project, datasets)
    if known:
        raise ApiError(
            "InvalidParameterException",
            "TrainingData may be given only where the project has no datasets",
        )
    train = _of_assets(training, read_object)
    if testing.get("AutoCreate"):
        rest = [entry for at, entry in enumerate(train) if at % TEST_EVERY]
        return rest, train[::TEST_EVERY]
    return train, _of_assets(testing, read_object)


def _of_assets(member: Any, read_object: ReadObject) -> list[Entry]:
    assets = member.get("Assets") if isinstance(member, dict) else None
    if not isinstance(assets, list) or len(assets) != 1:
        raise invalid_parameters()
    return read_manifest(assets[0], read_object)


def _of_datasets(project: str, datasets: ManifestDatasets) -> Parts:
    known = datasets.of(project)
    for kind in ("TRAIN", "TEST"):
        found = known.get(kind)
        if found is None or not found.is_ready(datasets.now):
            raise ApiError(
                "InvalidParameterException", f"The project has no {kind} dataset that is ready"
            )
        if not any(entry.is_labelled for entry in found.entries):
            raise ApiError("InvalidParameterException", f"The {kind} dataset has no labelled image")
    return known["TRAIN"].entries, known["TEST"].entries


def _require_torch() -> None:
    """Raises ApiError before the version's name is used up, if a package for training is missing.

    A package that was installed after the start of the server counts as installed.
    """
    importlib.invalidate_caches()
    missing = [name for name in TRAINING_PACKAGES if find_spec(name) is None]
    if missing:
        raise ApiError(
            "InvalidParameterException",
            f"Training on this machine needs {' and '.join(missing)}; install them and try "
            "again: pip install 'tilescout[train]'",
        )
