"""Custom Labels versions as Rekognition shows them, and the two calls that cost money by the hour.

Only a control function calls ``start`` and ``stop``, after a heartbeat of its lease (rule 5).
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
    """A version as it is now; ``status`` is GONE where its project has none of that name."""

    status: str
    message: str = ""
    units: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """An error of Start or Stop; ``code`` is empty where no answer came back."""

    code: str
    message: str


def describe(rekognition: RekognitionClient, project_arn: str, version_arn: str) -> Shown:
    """The version's status; UNSEEN where the service did not answer."""
    try:
        answer = rekognition.describe_project_versions(
            ProjectArn=project_arn, VersionNames=[version_name(version_arn)]
        )
    except (ClientError, BotoCoreError) as error:
        refused = _refused(error)
        status = GONE if refused.code == "ResourceNotFoundException" else UNSEEN
        return Shown(status=status, message=f"{refused.code} {refused.message}".strip())
    for found in answer.get("ProjectVersionDescriptions", []):
        if found.get("ProjectVersionArn") == version_arn:
            return Shown(
                status=found.get("Status", GONE),
                message=found.get("StatusMessage", ""),
                units=found.get("MinInferenceUnits", 0),
            )
    return Shown(status=GONE)


def running(rekognition: RekognitionClient, project_arn: str) -> list[str]:
    """ARNs of the project's versions that are up, whoever started them.

    Empty where the service does not answer: this is for an alarm, and a minute later it may.
    """
    pages = rekognition.get_paginator("describe_project_versions").paginate(ProjectArn=project_arn)
    try:
        return [
            found["ProjectVersionArn"]
            for page in pages
            for found in page.get("ProjectVersionDescriptions", [])
            if found.get("Status") in UP
        ]
    except (ClientError, BotoCoreError):
        return []


def start(rekognition: RekognitionClient, version_arn: str, units: int) -> Refused | None:
    """Ask for ``units`` inference units, once. None where the service accepted."""
    try:
        rekognition.start_project_version(ProjectVersionArn=version_arn, MinInferenceUnits=units)
    except (ClientError, BotoCoreError) as error:
        return _refused(error)
    return None


def stop(rekognition: RekognitionClient, version_arn: str) -> Refused | None:
    """Ask once to stop the version. None where the service accepted."""
    try:
        rekognition.stop_project_version(ProjectVersionArn=version_arn)
    except (ClientError, BotoCoreError) as error:
        return _refused(error)
    return None


def _refused(error: ClientError | BotoCoreError) -> Refused:
    if isinstance(error, ClientError):
        told = error.response["Error"]
        return Refused(told["Code"], told.get("Message", ""))
    return Refused("", f"{type(error).__name__}: {error}")
