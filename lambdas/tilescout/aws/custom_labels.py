"""Custom Labels versions as Rekognition describes them, and the calls that start and stop them.

A version costs money per hour while it is up. Only a control function calls ``start`` and
``stop``, after a heartbeat of its lease (rule 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from tilescout.runs.model_lifecycle import GONE, UNSEEN, UP
from tilescout.runs.model_records import version_name

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The state of a version; ``status`` is GONE where its project has none of that name."""

    status: str
    message: str = ""
    units: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """A Start or Stop that failed; ``code`` is empty where no answer came back."""

    code: str
    message: str


def describe(rekognition: RekognitionClient, project_arn: str, version_arn: str) -> Shown:
    """Returns the version's state; its status is UNSEEN where the service did not answer."""
    try:
        answer = rekognition.describe_project_versions(
            ProjectArn=project_arn, VersionNames=[version_name(version_arn)]
        )
    except (ClientError, BotoCoreError) as error:
        refused = _refused(error)
        status = GONE if refused.code == "ResourceNotFoundException" else UNSEEN
        return Shown(status=status, message=f"{refused.code} {refused.message}".strip())
    for version in answer.get("ProjectVersionDescriptions", []):
        if version.get("ProjectVersionArn") == version_arn:
            return Shown(
                status=version.get("Status", GONE),
                message=version.get("StatusMessage", ""),
                units=version.get("MinInferenceUnits", 0),
            )
    return Shown(status=GONE)


def running(rekognition: RekognitionClient, project_arn: str) -> list[str]:
    """Returns the ARNs of the project's versions that are up, whoever started them.

    Returns none where the service does not answer: an alarm looks again a minute later.
    """
    pages = rekognition.get_paginator("describe_project_versions").paginate(ProjectArn=project_arn)
    try:
        return [
            version["ProjectVersionArn"]
            for page in pages
            for version in page.get("ProjectVersionDescriptions", [])
            if version.get("Status") in UP
        ]
    except (ClientError, BotoCoreError):
        return []


def start(rekognition: RekognitionClient, version_arn: str, units: int) -> Refused | None:
    """Sends one Start for ``units`` inference units; returns None where it was accepted."""
    try:
        rekognition.start_project_version(ProjectVersionArn=version_arn, MinInferenceUnits=units)
    except (ClientError, BotoCoreError) as error:
        return _refused(error)
    return None


def stop(rekognition: RekognitionClient, version_arn: str) -> Refused | None:
    """Sends one Stop for the version; returns None where it was accepted."""
    try:
        rekognition.stop_project_version(ProjectVersionArn=version_arn)
    except (ClientError, BotoCoreError) as error:
        return _refused(error)
    return None


def _refused(error: ClientError | BotoCoreError) -> Refused:
    if isinstance(error, ClientError):
        details = error.response["Error"]
        return Refused(details["Code"], details.get("Message", ""))
    return Refused("", f"{type(error).__name__}: {error}")
