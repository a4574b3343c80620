"""Training behind the local Custom Labels, by unmodified boto3; needs the extra `train`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.contract import eventually
from tests.local.manifests import BUCKET_OF_TILES, drawn, line, stored, written
from tilescout_local.embedded_aws import EmbeddedAws, start

PATIENCE = 120.0
PLACE = {"S3Bucket": BUCKET_OF_TILES, "S3KeyPrefix": "models/shapes"}
SHORT = {"tilescout:iterations": "120"}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with start(tmp_path_factory.mktemp("aws")) as running:
        running.client("s3").create_bucket(Bucket=BUCKET_OF_TILES)
        yield running


@pytest.fixture(scope="module")
def rekognition(aws: EmbeddedAws) -> Any:
    return aws.client("rekognition", retries={"total_max_attempts": 1})


@pytest.fixture(scope="module")
def project(aws: EmbeddedAws, rekognition: Any) -> str:
    """Creates a project with datasets of eight and four tiles."""
    arn = rekognition.create_project(ProjectName="shapes")["ProjectArn"]
    for kind, numbers in (("TRAIN", range(8)), ("TEST", range(8, 12))):
        source = stored(aws.client("s3"), BUCKET_OF_TILES, f"{kind}.manifest", numbers)
        made = rekognition.create_dataset(ProjectArn=arn, DatasetType=kind, DatasetSource=source)
        eventually(lambda: is_ready(rekognition, made["DatasetArn"]))  # noqa: B023
    return str(arn)


def is_ready(rekognition: Any, arn: str) -> bool:
    found = rekognition.describe_dataset(DatasetArn=arn)["DatasetDescription"]
    return bool(found["Status"] == "CREATE_COMPLETE")


def described(rekognition: Any, project: str, name: str) -> dict[str, Any]:
    answer = rekognition.describe_project_versions(ProjectArn=project, VersionNames=[name])
    return dict(answer["ProjectVersionDescriptions"][0])


def ended(rekognition: Any, project: str, name: str) -> dict[str, Any]:
    """Returns the version once it is no longer in training."""
    busy = "TRAINING_IN_PROGRESS"
    eventually(lambda: described(rekognition, project, name)["Status"] != busy, PATIENCE)
    return described(rekognition, project, name)


def train(rekognition: Any, project: str, name: str, **others: Any) -> str:
    answer = rekognition.create_project_version(
        ProjectArn=project, VersionName=name, OutputConfig=PLACE, Tags=SHORT, **others
    )
    return str(answer["ProjectVersionArn"])


@pytest.fixture(scope="module")
def trained(rekognition: Any, project: str) -> str:
    """Returns the ARN of a trained version."""
    arn = train(rekognition, project, "v1")
    at_once = described(rekognition, project, "v1")
    again = [refused(rekognition, project, "v1"), removed(rekognition, arn)]

    assert (at_once["Status"], "EvaluationResult" in at_once) == ("TRAINING_IN_PROGRESS", False)
    assert again == ["ResourceInUseException", "ResourceInUseException"]
    assert ended(rekognition, project, "v1")["Status"] == "TRAINING_COMPLETED"
    return arn


def refused(rekognition: Any, project: str, name: str) -> str:
    with pytest.raises(ClientError) as raised:
        train(rekognition, project, name)
    return str(raised.value.response["Error"]["Code"])


def removed(rekognition: Any, arn: str) -> str:
    with pytest.raises(ClientError) as raised:
        rekognition.delete_project_version(ProjectVersionArn=arn)
    return str(raised.value.response["Error"]["Code"])


def test_a_trained_version_tells_how_right_it_is(
    aws: EmbeddedAws, rekognition: Any, project: str, trained: str
) -> None:
    found = described(rekognition, project, "v1")
    place = found["EvaluationResult"]["Summary"]["S3Object"]
    body = aws.client("s3").get_object(Bucket=place["Bucket"], Key=place["Name"])["Body"]
    summary = json.loads(body.read())

    assert place["Name"] == "models/shapes/EvaluationResultSummary-shapes-v1.json"
    assert 0.3 < found["EvaluationResult"]["F1Score"] <= 1
    assert summary["EvaluationDetails"]["ProjectVersionArn"] == trained
    assert summary["EvaluationDetails"]["NumberOfTestingImages"] == 4
    assert {row["Label"] for row in summary["LabelEvaluationResults"]} == {"disc", "square"}
    assert summary["AggregatedEvaluationResults"]["F1Score"] == pytest.approx(
        found["EvaluationResult"]["F1Score"], abs=1e-6
    )
    assert found["BillableTrainingTimeInSeconds"] > 0


def test_the_test_manifest_tells_what_was_found_where(
    aws: EmbeddedAws, rekognition: Any, project: str, trained: str
) -> None:
    (asset,) = described(rekognition, project, "v1")["TestingDataResult"]["Output"]["Assets"]
    place = asset["GroundTruthManifest"]["S3Object"]
    body = aws.client("s3").get_object(Bucket=place["Bucket"], Key=place["Name"])["Body"]
    rows = [json.loads(row) for row in body.read().splitlines()]
    counts = [row["rekognition-custom-labels-evaluation-details"] for row in rows]

    assert [row["source-ref"] for row in rows] == [
        f"s3://{BUCKET_OF_TILES}/tiles/{number}.png" for number in range(8, 12)
    ]
    assert sum(row["true-positives"] + row["false-negatives"] for row in counts) == 32


def test_a_trained_version_finds_what_it_learnt(
    aws: EmbeddedAws, rekognition: Any, trained: str
) -> None:
    aws.set_model(trained, start_delay=0)
    rekognition.start_project_version(ProjectVersionArn=trained, MinInferenceUnits=1)
    image, boxes = drawn(50)
    answer = rekognition.detect_custom_labels(ProjectVersionArn=trained, Image={"Bytes": image})

    assert {label["Name"] for label in answer["CustomLabels"]} <= {"disc", "square"}
    assert len(answer["CustomLabels"]) >= len(boxes) // 2


def test_a_version_may_bring_its_own_manifests(aws: EmbeddedAws, rekognition: Any) -> None:
    arn = rekognition.create_project(ProjectName="without-datasets")["ProjectArn"]
    source = stored(aws.client("s3"), BUCKET_OF_TILES, "own.manifest", range(20, 26))
    train(
        rekognition, arn, "v1", TrainingData={"Assets": [source]}, TestingData={"AutoCreate": True}
    )

    assert ended(rekognition, arn, "v1")["Status"] == "TRAINING_COMPLETED"


def test_a_training_without_its_images_fails_and_costs_nothing(
    aws: EmbeddedAws, rekognition: Any
) -> None:
    arn = rekognition.create_project(ProjectName="without-images")["ProjectArn"]
    lines = [line(f"s3://{BUCKET_OF_TILES}/gone.png", drawn(1)[1])]
    source = written(aws.client("s3"), BUCKET_OF_TILES, "gone.manifest", lines)
    assets = {"Assets": [source]}
    version = train(rekognition, arn, "v1", TrainingData=assets, TestingData=assets)
    found = ended(rekognition, arn, "v1")

    assert found["Status"] == "TRAINING_FAILED"
    assert "ERROR_INVALID_IMAGE: s3://shape-tiles/gone.png" in found["StatusMessage"]
    assert found["BillableTrainingTimeInSeconds"] == 0
    with pytest.raises(rekognition.exceptions.ResourceInUseException):
        rekognition.start_project_version(ProjectVersionArn=version, MinInferenceUnits=1)


def test_two_trainings_at_a_time_are_all(aws: EmbeddedAws, rekognition: Any, project: str) -> None:
    for name in ("a", "b"):
        aws.add_model(f"busy/{name}", status="TRAINING_IN_PROGRESS")

    assert refused(rekognition, project, "v9") == "LimitExceededException"
    for name in ("a", "b"):
        aws.set_model(f"busy/{name}", status="TRAINING_FAILED")
