"""Names of projects and versions as Amazon Rekognition writes them."""

from __future__ import annotations

import re

_NAME = r"[a-zA-Z0-9_.\-]{1,255}"
_HEAD = rf"arn:aws:rekognition:[a-z\d-]+:\d{{12}}:project/{_NAME}"
NAME = re.compile(_NAME)
PROJECT_ARN = re.compile(rf"{_HEAD}/[0-9]+")
DATASET_ARN = re.compile(rf"{_HEAD}/dataset/(train|test)/[0-9]+")
VERSION_ARN = re.compile(rf"{_HEAD}/version/{_NAME}/[0-9]+")


def project_arn(region: str, account: str, project: str, created_at: float) -> str:
    return f"arn:aws:rekognition:{region}:{account}:project/{project}/{created_at * 1000:.0f}"


def version_arn(project_arn: str, version: str, created_at: float) -> str:
    return f"{project_arn.rpartition('/')[0]}/version/{version}/{created_at * 1000:.0f}"


def full_name(arn: str) -> str:
    """Returns the name "project/version" in a version's ARN."""
    parts = arn.split("/")
    return f"{parts[1]}/{parts[3]}"
