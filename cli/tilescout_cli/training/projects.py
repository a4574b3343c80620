"""The Custom Labels project that a data set is trained in, and its two datasets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError

from tilescout_cli.console import clock
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.models import versions

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.type_defs import DatasetMetadataTypeDef

TAG = "tilescout:set"
"""The tag of a dataset with the digest of its content; one without it is a person's, and stays."""
KINDS: tuple[Literal["TRAIN", "TEST"], ...] = ("TRAIN", "TEST")
POLL_SECONDS = 2.0
Step = Callable[[str], None]


def ensure_project(rekognition: RekognitionClient, name: str) -> str:
    """Returns the ARN of the project, which is created where there is none."""
    found = versions.find_project(rekognition, name)
    return found or rekognition.create_project(ProjectName=name)["ProjectArn"]


def ensure_datasets(
    rekognition: RekognitionClient, project: str, digest: str, bucket: str, prefix: str, step: Step
) -> None:
    """Makes both datasets of the project those of the set; one of another set is replaced.

    Raises BadUsage where a dataset is a person's, CommandFailed where AWS cannot make one.
    """
    for kind in KINDS:
        known = _dataset(rekognition, project, kind)
        if known and _is_obsolete(rekognition, known, project, digest):
            step(f"removing the {kind} dataset of an earlier set")
            _remove(rekognition, project, kind, known["DatasetArn"])
            known = None
        if not known:
            place = {"Bucket": bucket, "Name": f"{prefix}{kind.lower()}.manifest"}
            rekognition.create_dataset(
                ProjectArn=project,
                DatasetType=kind,
                DatasetSource={"GroundTruthManifest": {"S3Object": place}},  # type: ignore[typeddict-item]
                Tags={TAG: digest},
            )
    for kind in KINDS:
        step(f"waiting for the {kind} dataset")
        _wait_until_ready(rekognition, project, kind)


def _dataset(
    rekognition: RekognitionClient, project: str, kind: str
) -> DatasetMetadataTypeDef | None:
    name = project.split("/")[1]
    found = rekognition.describe_projects(ProjectNames=[name])["ProjectDescriptions"]
    datasets = [each for row in found for each in row.get("Datasets", [])]
    return next((each for each in datasets if each["DatasetType"] == kind), None)


def _is_obsolete(
    rekognition: RekognitionClient, known: DatasetMetadataTypeDef, project: str, digest: str
) -> bool:
    tags = rekognition.list_tags_for_resource(ResourceArn=known["DatasetArn"])["Tags"]
    if TAG not in tags:
        raise BadUsage(
            f"the {known['DatasetType']} dataset of project {project.split('/')[1]} was not made "
            "by Tilescout, so it is left alone; name another project with --project"
        )
    return tags[TAG] != digest or known["Status"] in ("CREATE_FAILED", "DELETE_IN_PROGRESS")


def _remove(rekognition: RekognitionClient, project: str, kind: str, arn: str) -> None:
    try:
        rekognition.delete_dataset(DatasetArn=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceInUseException":
            raise CommandFailed(
                f"the {kind} dataset is being trained with; wait until that training has ended"
            ) from error
        raise
    while _dataset(rekognition, project, kind):
        clock.wait(POLL_SECONDS)


def _wait_until_ready(rekognition: RekognitionClient, project: str, kind: str) -> None:
    while True:
        known = _dataset(rekognition, project, kind)
        status = known["Status"] if known else "missing"
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return
        if not status.endswith("_IN_PROGRESS"):
            said = known.get("StatusMessage", "") if known else ""
            raise CommandFailed(
                f"the {kind} dataset is {status} ({said}); see `tilescout dataset check`, or the "
                "project in the Rekognition console"
            )
        clock.wait(POLL_SECONDS)
