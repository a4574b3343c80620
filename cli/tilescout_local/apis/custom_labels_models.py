"""Amazon Rekognition Custom Labels: projects, versions, and their start and stop."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tilescout_local.apis.custom_labels import Detectors, detect_custom_labels
from tilescout_local.apis.image_input import ReadObject
from tilescout_local.apis.request_members import (
    arn_member,
    invalid,
    names_member,
    whole_member,
)
from tilescout_local.models.arns import NAME, PROJECT_ARN, VERSION_ARN
from tilescout_local.models.registry import ModelRegistry, Project
from tilescout_local.models.version import ModelVersion

MOST_NAMES = 10
Request = Mapping[str, Any]


def create_project(request: Request, registry: ModelRegistry) -> dict[str, Any]:
    """Raises ApiError with the codes of the real operation, as all here do."""
    name = request.get("ProjectName")
    if not isinstance(name, str) or NAME.fullmatch(name) is None:
        raise invalid()
    return {"ProjectArn": registry.create_project(name).arn}


def describe_projects(request: Request, registry: ModelRegistry) -> dict[str, Any]:
    """Newest first. Everything fits on one page."""
    names = names_member(request, "ProjectNames", most=MOST_NAMES)
    found = [each for each in registry.projects() if names is None or each.name in names]
    return {"ProjectDescriptions": [_project(each) for each in found[::-1]]}


def describe_project_versions(request: Request, registry: ModelRegistry) -> dict[str, Any]:
    """Newest first. Everything fits on one page."""
    project = arn_member(request, "ProjectArn", PROJECT_ARN)
    names = names_member(request, "VersionNames", most=MOST_NAMES)
    found = [each for each in registry.versions(project) if names is None or each.name in names]
    return {"ProjectVersionDescriptions": [_version(each) for each in found]}


def start_project_version(request: Request, registry: ModelRegistry) -> dict[str, Any]:
    arn = arn_member(request, "ProjectVersionArn", VERSION_ARN)
    units = whole_member(request, "MinInferenceUnits", least=1)
    most = whole_member(request, "MaxInferenceUnits", least=1)
    if units is None or (most is not None and most < units):
        raise invalid()
    return {"Status": registry.start(arn, units, most)}


def stop_project_version(request: Request, registry: ModelRegistry) -> dict[str, Any]:
    return {"Status": registry.stop(arn_member(request, "ProjectVersionArn", VERSION_ARN))}


def _project(project: Project) -> dict[str, Any]:
    return {
        "ProjectArn": project.arn,
        "CreationTimestamp": project.created_at,
        "Status": "CREATED",
        "Datasets": [],
        "Feature": "CUSTOM_LABELS",
    }


def _version(version: ModelVersion) -> dict[str, Any]:
    """Inference units are members only once a version has been started."""
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
    }


def operations(
    registry: ModelRegistry, read_object: ReadObject, detectors: Detectors
) -> dict[str, Callable[[bytes], dict[str, Any]]]:
    """Operation name to what answers its request body."""
    control = {
        "CreateProject": create_project,
        "DescribeProjects": describe_projects,
        "DescribeProjectVersions": describe_project_versions,
        "StartProjectVersion": start_project_version,
        "StopProjectVersion": stop_project_version,
    }
    return {
        "DetectCustomLabels": lambda body: detect_custom_labels(
            json.loads(body), registry, read_object, detectors
        ),
        **{name: _answering(act, registry) for name, act in control.items()},
    }


def _answering(
    act: Callable[[Request, ModelRegistry], dict[str, Any]], registry: ModelRegistry
) -> Callable[[bytes], dict[str, Any]]:
    return lambda body: act(json.loads(body), registry)
