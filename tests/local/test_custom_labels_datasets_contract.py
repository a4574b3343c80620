"""Datasets and trainings of Custom Labels as unmodified boto3 sees them, without torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.contract import eventually
from tests.local.manifests import drawn, line, stored, written

BUCKET = "annotated-tiles"
Client = Callable[..., Any]


@pytest.fixture(scope="module")
def s3(client: Client) -> Any:
    made = client("s3")
    made.create_bucket(Bucket=BUCKET)
    return made


@pytest.fixture(scope="module")
def rekognition(client: Client) -> Any:
    return client("rekognition")


@pytest.fixture
def project(rekognition: Any, request: pytest.FixtureRequest) -> str:
    """Returns the ARN of a project of this test's own."""
    name = request.node.name.replace("[", ".").replace("]", "")[:100]
    return str(rekognition.create_project(ProjectName=name)["ProjectArn"])


def code(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as raised:
        call()
    return str(raised.value.response["Error"]["Code"])


def created(rekognition: Any, project: str, kind: str, source: dict[str, Any]) -> str:
    """Returns the ARN of a dataset that is ready."""
    arn = rekognition.create_dataset(ProjectArn=project, DatasetType=kind, DatasetSource=source)[
        "DatasetArn"
    ]
    eventually(lambda: described(rekognition, arn)["Status"] != "CREATE_IN_PROGRESS")
    return str(arn)


def described(rekognition: Any, arn: str) -> dict[str, Any]:
    return dict(rekognition.describe_dataset(DatasetArn=arn)["DatasetDescription"])


def test_a_dataset_is_made_of_a_manifest(rekognition: Any, s3: Any, project: str) -> None:
    source = stored(s3, BUCKET, "train.manifest", range(3))
    begun = rekognition.create_dataset(
        ProjectArn=project, DatasetType="TRAIN", DatasetSource=source, Tags={"made": "here"}
    )["DatasetArn"]
    at_once = described(rekognition, begun)["Status"]
    eventually(lambda: described(rekognition, begun)["Status"] == "CREATE_COMPLETE")

    assert at_once == "CREATE_IN_PROGRESS"
    assert described(rekognition, begun)["DatasetStats"] == {
        "LabeledEntries": 3, "TotalEntries": 3, "TotalLabels": 2, "ErrorEntries": 0,
    }  # fmt: skip
    (found,) = rekognition.describe_projects(ProjectNames=[project.split("/")[1]])[
        "ProjectDescriptions"
    ]
    assert [(dataset["DatasetArn"], dataset["DatasetType"]) for dataset in found["Datasets"]] == [
        (begun, "TRAIN")
    ]
    assert rekognition.list_tags_for_resource(ResourceArn=begun)["Tags"] == {"made": "here"}


def test_lines_that_cannot_be_used_are_counted(rekognition: Any, s3: Any, project: str) -> None:
    image, boxes = drawn(1)
    s3.put_object(Bucket=BUCKET, Key="one.png", Body=image)
    source = f"s3://{BUCKET}/one.png"
    lines = [
        line(source, boxes),
        line(source, []),
        "no json",
        line("one.png", boxes),
        line(source, boxes * 7),
        line(source, [(0, (120, 0, 20, 20))]),
        line(source, [(5, (0, 0, 20, 20))]),
    ]
    arn = created(rekognition, project, "TRAIN", written(s3, BUCKET, "mixed.manifest", lines))

    assert described(rekognition, arn)["DatasetStats"] == {
        "LabeledEntries": 1, "TotalEntries": 7, "TotalLabels": 2, "ErrorEntries": 5,
    }  # fmt: skip
    listed = rekognition.list_dataset_entries(DatasetArn=arn, HasErrors=True, MaxResults=3)
    rest = rekognition.list_dataset_entries(
        DatasetArn=arn, HasErrors=True, NextToken=listed["NextToken"]
    )
    assert (listed["DatasetEntries"][0], len(rest["DatasetEntries"])) == ("no json", 2)


def test_a_project_has_one_dataset_of_a_type(rekognition: Any, s3: Any, project: str) -> None:
    def make(kind: str, source: dict[str, Any], arn: str = project) -> str:
        return code(
            lambda: rekognition.create_dataset(
                ProjectArn=arn, DatasetType=kind, DatasetSource=source
            )
        )

    source = stored(s3, BUCKET, "train.manifest", range(2))
    arn = created(rekognition, project, "TRAIN", source)
    missing = {"GroundTruthManifest": {"S3Object": {"Bucket": BUCKET, "Name": "no.manifest"}}}

    assert make("TRAIN", source) == "ResourceAlreadyExistsException"
    assert make("TEST", missing) == "InvalidS3ObjectException"
    assert make("TEST", source, f"{project}1") == "ResourceNotFoundException"
    assert make("TEST", source, "arn:aws:rekognition:us-east-1:1:v") == "InvalidParameterException"
    assert make("BOTH", source) == "InvalidParameterException"
    rekognition.delete_dataset(DatasetArn=arn)
    eventually(lambda: _gone(rekognition, arn))
    created(rekognition, project, "TRAIN", source)


def _gone(rekognition: Any, arn: str) -> bool:
    try:
        return described(rekognition, arn)["Status"] != "DELETE_IN_PROGRESS"
    except rekognition.exceptions.ResourceNotFoundException:
        return True


def test_a_training_needs_both_datasets(rekognition: Any, s3: Any, project: str) -> None:
    def begin(arn: str = project, name: str = "v1", **others: Any) -> str:
        place = {"S3Bucket": BUCKET, "S3KeyPrefix": "out"}
        return code(
            lambda: rekognition.create_project_version(
                ProjectArn=arn, VersionName=name, OutputConfig=place, **others
            )
        )

    created(rekognition, project, "TRAIN", stored(s3, BUCKET, "train.manifest", range(2)))
    assets = {"Assets": [stored(s3, BUCKET, "train.manifest", range(2))]}

    assert begin() == "InvalidParameterException"
    assert begin(f"{project}1") == "ResourceNotFoundException"
    assert begin(name="v/1") == "InvalidParameterException"
    assert begin(TrainingData=assets) == "InvalidParameterException"
    assert begin(TrainingData=assets, TestingData=assets) == "InvalidParameterException"
    assert begin(Tags={"tilescout:iterations": "many"}) == "InvalidParameterException"


def test_a_project_with_datasets_stays(rekognition: Any, s3: Any, project: str) -> None:
    arn = created(rekognition, project, "TRAIN", stored(s3, BUCKET, "train.manifest", range(2)))

    assert code(lambda: rekognition.delete_project(ProjectArn=project)) == "ResourceInUseException"
    rekognition.delete_dataset(DatasetArn=arn)
    eventually(lambda: _gone(rekognition, arn))
    assert rekognition.delete_project(ProjectArn=project)["Status"] == "DELETING"
    name = project.split("/")[1]
    assert rekognition.describe_projects(ProjectNames=[name])["ProjectDescriptions"] == []


def test_a_version_that_is_up_stays(rekognition: Any, embedded_aws: Any) -> None:
    arn = embedded_aws.add_model("kept/v1", status="RUNNING")["arn"]
    drop = lambda: rekognition.delete_project_version(ProjectVersionArn=arn)  # noqa: E731

    assert code(drop) == "ResourceInUseException"
    embedded_aws.set_model(arn, status="STOPPED")
    assert drop()["Status"] == "DELETING"
    assert code(drop) == "ResourceNotFoundException"
