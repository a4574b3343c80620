"""Custom Labels as unmodified boto3 sees them, on a clock that runs twenty times as fast."""

from __future__ import annotations

import io
import json
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image, ImageDraw

from tests.local.contract import eventually, picture
from tests.local.contract_assembly import write_assembly
from tilescout_local.deployment.deploy import deploy
from tilescout_local.embedded_aws import EmbeddedAws, start
from tilescout_local.errors import ControlRefused
from tilescout_samples.sheet import Sheet
from tilescout_samples.symbols import place_near_miss, place_symbol

MODEL = "sample-symbols/v1"
CLOCK_SCALE = 20


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with start(tmp_path_factory.mktemp("aws"), clock_scale=CLOCK_SCALE) as running:
        yield running


@pytest.fixture(scope="module")
def probes(aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return deploy(aws, write_assembly(tmp_path_factory.mktemp("assembly")))["Contract"]


@pytest.fixture(scope="module")
def rekognition(aws: EmbeddedAws) -> Any:
    return aws.client("rekognition", retries={"total_max_attempts": 1})


@pytest.fixture
def model(aws: EmbeddedAws) -> str:
    """Returns the ARN of the sample model, fresh from training; it starts and stops at once."""
    row = aws.set_model(
        MODEL, status="TRAINING_COMPLETED", start_delay=0, stop_delay=0, next_start="RUNNING",
        stop_while_starting="accepted", detector="solid-rectangles", tiles_per_second_per_unit=50,
    )  # fmt: skip
    aws.reset_model_meter()
    return str(row["arn"])


@pytest.fixture
def running(aws: EmbeddedAws, model: str) -> str:
    aws.set_model(model, status="RUNNING")
    return model


def code(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as raised:
        call()
    return str(raised.value.response["Error"]["Code"])


def rectangles(*places: tuple[int, int], width: int = 400, height: int = 300) -> bytes:
    image = Image.new("RGB", (width, height), "white")
    for left, top in places:
        ImageDraw.Draw(image).rectangle((left, top, left + 19, top + 29), "black")
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


@pytest.fixture(scope="module")
def sample_tile() -> bytes:
    """Returns a pump and what only resembles a gate valve, both on a pipe, at 200 dpi."""
    sheet = Sheet(100.0, 60.0, random.Random(3))
    sheet.line((0, 30), (100, 30), width=0.7)
    place_symbol(sheet, "pump", (30, 30), 13, 90)
    place_near_miss(sheet, "gate-valve", (70, 30), 9, 0)
    image: bytes = sheet.finish()[0].get_pixmap(dpi=200).tobytes("png")
    return image


def project_of(rekognition: Any) -> str:
    (found,) = rekognition.describe_projects(ProjectNames=["sample-symbols"])["ProjectDescriptions"]
    return str(found["ProjectArn"])


def described(rekognition: Any) -> dict[str, Any]:
    answer = rekognition.describe_project_versions(
        ProjectArn=project_of(rekognition), VersionNames=["v1"]
    )
    (found,) = answer["ProjectVersionDescriptions"]
    return dict(found)


def test_a_model_is_there_from_the_beginning(rekognition: Any, model: str) -> None:
    found = described(rekognition)
    assert (found["ProjectVersionArn"], found["Status"]) == (model, "TRAINING_COMPLETED")
    assert "MinInferenceUnits" not in found


def test_a_model_goes_through_its_life(aws: EmbeddedAws, rekognition: Any, model: str) -> None:
    aws.set_model(model, start_delay=20, stop_delay=20)

    answer = rekognition.start_project_version(
        ProjectVersionArn=model, MinInferenceUnits=2, MaxInferenceUnits=3
    )
    statuses = [answer["Status"], described(rekognition)["Status"]]
    eventually(lambda: described(rekognition)["Status"] == "RUNNING")
    found = described(rekognition)
    stopping = rekognition.stop_project_version(ProjectVersionArn=model)["Status"]
    eventually(lambda: described(rekognition)["Status"] == "STOPPED")

    assert statuses == ["STARTING", "STARTING"]
    assert (found["MinInferenceUnits"], found["MaxInferenceUnits"]) == (2, 3)
    assert found["StatusMessage"] == "The model is running."
    assert stopping == "STOPPING"
    meter = aws.model_meter()[model]
    assert 40 <= meter["seconds"] < 80
    assert meter["usd"] == pytest.approx(2 * meter["seconds"] / 3600 * 4)


def test_boto3_waits_for_a_running_model(rekognition: Any, model: str) -> None:
    rekognition.start_project_version(ProjectVersionArn=model, MinInferenceUnits=1)
    waiter = rekognition.get_waiter("project_version_running")
    waiter.wait(ProjectArn=project_of(rekognition), WaiterConfig={"Delay": 1, "MaxAttempts": 3})


def test_a_failed_start_says_so(aws: EmbeddedAws, rekognition: Any, model: str) -> None:
    aws.set_model(model, next_start="FAILED")
    rekognition.start_project_version(ProjectVersionArn=model, MinInferenceUnits=1)
    found = described(rekognition)
    assert (found["Status"], found["StatusMessage"]) == ("FAILED", "The model failed to start.")


def test_a_start_is_refused_as_aws_does(aws: EmbeddedAws, rekognition: Any, model: str) -> None:
    def begin(arn: str, units: int, **others: int) -> str:
        return code(
            lambda: rekognition.start_project_version(
                ProjectVersionArn=arn, MinInferenceUnits=units, **others
            )
        )

    others = [aws.add_model(f"busy/{name}", status="RUNNING") for name in ("a", "b")]
    limited = begin(model, 1)
    for other in others:
        aws.set_model(other["arn"], status="STOPPED")

    assert limited == "LimitExceededException"
    assert begin(model, 6) == "LimitExceededException"
    assert begin(model, 3, MaxInferenceUnits=2) == "InvalidParameterException"
    assert begin(model.replace("/v1/", "/v9/"), 1) == "ResourceNotFoundException"
    assert begin("arn:aws:rekognition:us-east-1:1:v1", 1) == "InvalidParameterException"
    aws.set_model(model, status="EXPIRED")
    assert begin(model, 1) == "ResourceInUseException"


def test_a_stop_is_refused_as_aws_does(aws: EmbeddedAws, rekognition: Any, model: str) -> None:
    def end() -> str:
        return code(lambda: rekognition.stop_project_version(ProjectVersionArn=model))

    down = end()
    aws.set_model(model, next_start="STUCK", stop_while_starting="refused")
    rekognition.start_project_version(ProjectVersionArn=model, MinInferenceUnits=1)
    assert (down, end()) == ("ResourceInUseException", "ResourceInUseException")
    assert described(rekognition)["Status"] == "STARTING"


def test_a_project_is_made_once_and_a_strange_one_is_not_found(rekognition: Any) -> None:
    made = rekognition.create_project(ProjectName="drawings")["ProjectArn"]
    again = code(lambda: rekognition.create_project(ProjectName="drawings"))
    strange = code(lambda: rekognition.describe_project_versions(ProjectArn=f"{made}1"))
    versions = rekognition.describe_project_versions(ProjectArn=made)
    assert versions["ProjectVersionDescriptions"] == []
    assert (again, strange) == ("ResourceInUseException", "ResourceNotFoundException")


def test_labels_come_with_their_boxes_as_ratios(rekognition: Any, running: str) -> None:
    answer = rekognition.detect_custom_labels(
        ProjectVersionArn=running, Image={"Bytes": rectangles((100, 60))}, MinConfidence=0
    )
    box = {"Left": 0.25, "Top": 0.2, "Width": 0.05, "Height": 0.1}
    assert answer["CustomLabels"] == [
        {"Name": "solid-rectangle", "Confidence": 100.0, "Geometry": {"BoundingBox": box}}
    ]


def test_an_image_may_come_from_s3_and_results_be_few(
    aws: EmbeddedAws, rekognition: Any, running: str
) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="tiles-to-read")
    s3.put_object(
        Bucket="tiles-to-read", Key="a.png", Body=rectangles((10, 10), (200, 10), (10, 200))
    )
    place = {"S3Object": {"Bucket": "tiles-to-read", "Name": "a.png"}}
    answer = rekognition.detect_custom_labels(ProjectVersionArn=running, Image=place, MaxResults=2)
    assert len(answer["CustomLabels"]) == 2
    missing = {"S3Object": {"Bucket": "tiles-to-read", "Name": "b.png"}}
    ask = lambda: rekognition.detect_custom_labels(ProjectVersionArn=running, Image=missing)  # noqa: E731
    assert code(ask) == "InvalidS3ObjectException"


@pytest.mark.parametrize(
    ("image", "error"),
    [
        (b"no picture", "InvalidImageFormatException"),
        (picture("A", kind="GIF"), "InvalidImageFormatException"),
        (b"\x89PNG" + bytes(4 * 1024 * 1024), "ImageTooLargeException"),
        (rectangles(width=63, height=64), "InvalidParameterException"),
        (rectangles(width=4097, height=400), "InvalidParameterException"),
        (rectangles(width=1301, height=65), "InvalidParameterException"),
    ],
)
def test_an_image_is_refused_as_aws_does(
    aws: EmbeddedAws, rekognition: Any, running: str, image: bytes, error: str
) -> None:
    ask = lambda: rekognition.detect_custom_labels(  # noqa: E731
        ProjectVersionArn=running, Image={"Bytes": image}
    )
    assert code(ask) == error
    assert aws.model_meter()[running]["answered"] == 0


@pytest.mark.parametrize("size", [(64, 64), (4096, 205), (1300, 65)])
def test_an_image_at_the_limits_is_read(
    rekognition: Any, running: str, size: tuple[int, int]
) -> None:
    image = rectangles(width=size[0], height=size[1])
    answer = rekognition.detect_custom_labels(ProjectVersionArn=running, Image={"Bytes": image})
    assert answer["CustomLabels"] == []


def test_a_model_that_is_down_answers_nothing(
    aws: EmbeddedAws, rekognition: Any, model: str
) -> None:
    def ask(arn: str) -> str:
        image = {"Bytes": rectangles()}
        return code(lambda: rekognition.detect_custom_labels(ProjectVersionArn=arn, Image=image))

    assert ask(model) == "ResourceNotReadyException"
    assert ask(model.replace("/v1/", "/v9/")) == "ResourceNotFoundException"
    meter = aws.model_meter()[model]
    assert (meter["answered"], meter["not_ready"]) == (0, 1)


def test_a_model_keeps_to_its_units_pace(aws: EmbeddedAws, rekognition: Any, running: str) -> None:
    aws.set_model(running, tiles_per_second_per_unit=0.01)
    image = {"Bytes": rectangles()}
    rekognition.detect_custom_labels(ProjectVersionArn=running, Image=image)
    again = code(lambda: rekognition.detect_custom_labels(ProjectVersionArn=running, Image=image))
    meter = aws.model_meter()[running]
    assert again == "ProvisionedThroughputExceededException"
    assert (meter["answered"], meter["throttled"]) == (1, 1)


def test_the_sample_model_finds_the_samples_symbols(
    aws: EmbeddedAws, rekognition: Any, running: str, sample_tile: bytes
) -> None:
    aws.set_model(running, detector="symbols")
    answer = rekognition.detect_custom_labels(
        ProjectVersionArn=running, Image={"Bytes": sample_tile}
    )
    assert [label["Name"] for label in answer["CustomLabels"]] == ["pump"]


def test_an_order_for_no_model_is_refused(aws: EmbeddedAws) -> None:
    with pytest.raises(ControlRefused, match="there is no model nothing/v1"):
        aws.set_model("nothing/v1", status="STOPPED")


def noted(aws: EmbeddedAws, probes: dict[str, str], item: str) -> Any:
    table = probes["Table"]
    key = {"owner": {"S": "notes"}, "item": {"S": item}}
    return aws.client("dynamodb").get_item(TableName=table, Key=key).get("Item")


def test_a_function_sees_the_fast_clock(aws: EmbeddedAws, probes: dict[str, str]) -> None:
    answer = aws.client("lambda").invoke(FunctionName=probes["Clock"], Payload=b"null")
    seen = json.loads(answer["Payload"].read())
    assert seen == pytest.approx(aws.now(), abs=0.5 * CLOCK_SCALE)
    assert aws.now() - time.time() > 2 * CLOCK_SCALE


def test_a_function_may_still_take_its_real_seconds(
    aws: EmbeddedAws, probes: dict[str, str]
) -> None:
    answer = aws.client("lambda").invoke(FunctionName=probes["Echo"], Payload=b"null")
    remaining = json.loads(answer["Payload"].read())["remaining"]
    assert 25_000 < remaining <= 30_000


def test_a_waiting_machine_and_a_starting_model_agree(
    aws: EmbeddedAws, rekognition: Any, model: str, probes: dict[str, str]
) -> None:
    """The machine waits for 30 s, the model starts in 25 s: at its end the model has run for 5."""
    aws.set_model(model, start_delay=25)
    states = aws.client("stepfunctions")
    began = aws.now()
    rekognition.start_project_version(ProjectVersionArn=model, MinInferenceUnits=1)
    execution = states.start_execution(stateMachineArn=probes["HalfMinute"])["executionArn"]
    still = described(rekognition)["Status"]
    eventually(lambda: states.describe_execution(executionArn=execution)["status"] == "SUCCEEDED")
    now = aws.now()

    found = states.describe_execution(executionArn=execution)
    waited = (found["stopDate"] - found["startDate"]).total_seconds()
    assert (still, described(rekognition)["Status"]) == ("STARTING", "RUNNING")
    assert 30 <= now - began < 30 + CLOCK_SCALE
    assert 30 <= waited < 30 + CLOCK_SCALE


def test_a_rule_fires_after_its_minute_of_the_fast_clock(
    aws: EmbeddedAws, probes: dict[str, str]
) -> None:
    eventually(lambda: noted(aws, probes, "from-rule"), seconds=6.0)
    eventually(lambda: noted(aws, probes, "from-schedule"), seconds=6.0)


def test_a_message_is_visible_again_by_the_fast_clock(aws: EmbeddedAws) -> None:
    sqs = aws.client("sqs")
    queue = sqs.create_queue(QueueName="slow", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="hint")
    take = lambda: sqs.receive_message(QueueUrl=queue).get("Messages")  # noqa: E731
    began = aws.now()
    first, at_once = take(), take()
    eventually(take, seconds=6.0)
    assert (len(first), at_once) == (1, None)
    assert 30 <= aws.now() - began < 30 + 2 * CLOCK_SCALE
