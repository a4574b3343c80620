"""Amazon Rekognition Custom Labels: projects, versions, and their start and stop.

Each function answers one operation and raises ApiError with the codes of the real operation.
Content moderation adapters, copying, policies and automatic updates are not emulated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tilescout_local.apis.custom_labels.datasets import (
    create_dataset,
    delete_dataset,
    describe_dataset,
    list_dataset_entries,
)
from tilescout_local.apis.custom_labels.detection import Detectors, detect_custom_labels
from tilescout_local.apis.custom_labels.training import create_project_version
from tilescout_local.apis.image_input import ReadObject
from tilescout_local.apis.request_members import arn_member, names_member, whole_member
from tilescout_local.errors import ApiError, invalid_parameters
from tilescout_local.models.arns import DATASET_ARN, NAME, PROJECT_ARN, VERSION_ARN
from tilescout_local.models.manifest_datasets import ManifestDatasets
from tilescout_local.models.registry import ModelRegistry, Project
from tilescout_local.models.training.jobs import TrainingJobs
from tilescout_local.models.version import ModelVersion

MAX_NAMES = 10
Request = Mapping[str, Any]


def create_project(request: Request, registry: ModelRegistry) -> dict[str, Any]:
    """Returns the ARN of the new project."""
    name = request.get("ProjectName")
    if not isinstance(name, str) or NAME.fullmatch(name) is None:
        raise invalid_parameters()
    return {"ProjectArn": registry.create_project(name).arn}


def describe_projects(
    request: Request, registry: ModelRegistry, datasets: ManifestDatasets
) -> dict[str, Any]:
    """Returns the projects, the newest first, on one page."""
    names = names_member(request, "ProjectNames", maximum=MAX_NAMES)
    found = [project for project in registry.projects() if names is None or project.name in names]
    return {"ProjectDescriptions": [_project(project, datasets) for project in found[::-1]]}


def describe_project_versions(request: Request, registry: ModelRegistry) -> dict[str, Any]:
    """Returns the versions of a project, the newest first, on one page."""
    project = arn_member(request, "ProjectArn", PROJECT_ARN)
    names = names_member(request, "VersionNames", maximum=MAX_NAMES)
    found = [
        version for version in registry.versions(project) if names is None or version.name in names
    ]
    return {"ProjectVersionDescriptions": [_version(version) for version in found]}


def start_project_version(request: Request, registry: ModelRegistry) -> dict[str, Any]:
    arn = arn_member(request, "ProjectVersionArn", VERSION_ARN)
    units = whole_member(request, "MinInferenceUnits", minimum=1)
    most = whole_member(request, "MaxInferenceUnits", minimum=1)
    if units is None or (most is not None and most < units):
        raise invalid_parameters()
    return {"Status": registry.start(arn, units, most)}


def stop_project_version(request: Request, registry: ModelRegistry) -> dict[str, Any]:
    return {"Status": registry.stop(arn_member(request, "ProjectVersionArn", VERSION_ARN))}


def delete_project_version(request: Request, registry: ModelRegistry) -> dict[str, Any]:
    registry.remove_version(arn_member(request, "ProjectVersionArn", VERSION_ARN))
    return {"Status": "DELETING"}


def delete_project(
    request: Request, registry: ModelRegistry, datasets: ManifestDatasets
) -> dict[str, Any]:
    arn = arn_member(request, "ProjectArn", PROJECT_ARN)
    registry.project(arn)
    if datasets.of(arn):
        raise ApiError("ResourceInUseException", "The project has datasets")
    registry.remove_project(arn)
    return {"Status": "DELETING"}


def list_tags(request: Request, datasets: ManifestDatasets) -> dict[str, Any]:
    """Returns the tags of a dataset; no other resource has tags here."""
    arn = arn_member(request, "ResourceArn", DATASET_ARN)
    return {"Tags": dict(datasets.named(arn).tags)}


def _project(project: Project, datasets: ManifestDatasets) -> dict[str, Any]:
    return {
        "ProjectArn": project.arn,
        "CreationTimestamp": project.created_at,
        "Status": "CREATED",
        "Datasets": [dataset.listed(datasets.now) for dataset in datasets.of(project.arn).values()],
        "Feature": "CUSTOM_LABELS",
    }


def _version(version: ModelVersion) -> dict[str, Any]:
    """Returns the description of a version; a version that never started has no inference units."""
    units = {"MinInferenceUnits": version.units} if version.units else {}
    most = {"MaxInferenceUnits": version.max_units} if version.max_units else {}
    return {
        "ProjectVersionArn": version.arn,
        "CreationTimestamp": version.created_at,
        "Status": version.status,
        "StatusMessage": version.message,
        "Feature": "CUSTOM_LABELS",
        **units,
        **most,
        **(version.training.to_json() if version.training else {}),
    }


def operations(
    trainings: TrainingJobs,
    datasets: ManifestDatasets,
    read_object: ReadObject,
    detectors: Detectors,
) -> dict[str, Callable[[bytes], dict[str, Any]]]:
    """Returns the functions that answer a request body, by the operation's name."""
    registry = trainings.registry
    acts: dict[str, Callable[[Request], dict[str, Any]]] = {
        "CreateProject": lambda asked: create_project(asked, registry),
        "DescribeProjects": lambda asked: describe_projects(asked, registry, datasets),
        "DeleteProject": lambda asked: delete_project(asked, registry, datasets),
        "CreateDataset": lambda asked: create_dataset(asked, datasets, read_object),
        "DescribeDataset": lambda asked: describe_dataset(asked, datasets),
        "ListDatasetEntries": lambda asked: list_dataset_entries(asked, datasets),
        "DeleteDataset": lambda asked: delete_dataset(asked, datasets),
        "ListTagsForResource": lambda asked: list_tags(asked, datasets),
        "CreateProjectVersion": lambda asked: create_project_version(
            asked, datasets, trainings, read_object
        ),
        "DescribeProjectVersions": lambda asked: describe_project_versions(asked, registry),
        "DeleteProjectVersion": lambda asked: delete_project_version(asked, registry),
        "StartProjectVersion": lambda asked: start_project_version(asked, registry),
        "StopProjectVersion": lambda asked: stop_project_version(asked, registry),
        "DetectCustomLabels": lambda asked: detect_custom_labels(
            asked, registry, read_object, detectors
        ),
    }
    return {name: _answering(act) for name, act in acts.items()}


def _answering(
    act: Callable[[Request], dict[str, Any]],
) -> Callable[[bytes], dict[str, Any]]:
    return lambda body: act(json.loads(body))
