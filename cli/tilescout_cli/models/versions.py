"""Custom Labels projects and their versions as the account has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tilescout.runs.model_lifecycle import NEVER, NOT_YET, UP
from tilescout.runs.model_records import version_name

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

NOT_FOUND = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version as it is now; ``units`` are those it was last started with."""

    arn: str
    status: str
    message: str = ""
    units: int = 0

    @property
    def name(self) -> str:
        return version_name(self.arn)

    @property
    def is_up(self) -> bool:
        """True where it costs money and goes on doing so."""
        return self.status in UP

    @property
    def may_cost(self) -> bool:
        """True where it is up, or on its way down."""
        return self.is_up or self.status == "STOPPING"

    @property
    def can_run(self) -> bool:
        return self.status not in NOT_YET | NEVER


def find_project(rekognition: RekognitionClient, project: str) -> str:
    """Returns the ARN of the project of that name; empty where the account has none."""
    try:
        found = rekognition.describe_projects(ProjectNames=[project])["ProjectDescriptions"]
    except ClientError as error:
        if error.response["Error"]["Code"] == NOT_FOUND:
            return ""
        raise
    return next((each["ProjectArn"] for each in found if _project(each) == project), "")


def projects(rekognition: RekognitionClient) -> list[str]:
    """Returns the names of all projects of the account in this region."""
    pages = rekognition.get_paginator("describe_projects").paginate()
    return sorted(_project(each) for page in pages for each in page["ProjectDescriptions"])


def _project(described: Any) -> str:
    """Returns P of arn:...:project/P/123."""
    return str(described["ProjectArn"].split("/")[1])


def versions(rekognition: RekognitionClient, project_arn: str) -> list[Version]:
    """Returns every version of the project, newest first."""
    pages = rekognition.get_paginator("describe_project_versions").paginate(ProjectArn=project_arn)
    try:
        found = [each for page in pages for each in page["ProjectVersionDescriptions"]]
    except ClientError as error:
        if error.response["Error"]["Code"] == NOT_FOUND:
            return []
        raise
    return [_version(each) for each in sorted(found, key=_created, reverse=True)]


def _created(described: Any) -> float:
    created = described.get("CreationTimestamp")
    return float(created.timestamp()) if created else 0.0


def _version(described: Any) -> Version:
    return Version(
        arn=described["ProjectVersionArn"],
        status=described["Status"],
        message=described.get("StatusMessage", ""),
        units=described.get("MinInferenceUnits", 0),
    )
