"""Tiles asked of a Custom Labels model."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.handlers.account import Account
from tests.handlers.between import detector
from tests.handlers.model_service import (
    IN_USE,
    OTHER,
    VERSION,
    ModelService,
    model_run,
    put_to_use,
    service,
)
from tests.handlers.runs import Run, clock, queued, tile
from tilescout import messages

__all__ = ["service"]
NOW = 1_800_000_000
KEY = "incoming/symbols/sheet.pdf"
BOX = {"Left": 0.1, "Top": 0.1, "Width": 0.3, "Height": 0.05}
VALVE = {"Name": "valve", "Confidence": 88.5, "Geometry": {"BoundingBox": BOX}}


def one_valve(_: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 200, {"CustomLabels": [VALVE, {"Name": "drawing", "Confidence": 99.0}]}


@pytest.fixture
def document(account: Account) -> str:
    put_to_use(account)
    return queued(account, key=KEY)


@pytest.fixture
def run(account: Account, document: str, service: ModelService) -> Run:
    service.status[VERSION] = "RUNNING"
    return ready(model_run(account))


def ready(run: Run) -> Run:
    """Past StartModel, whose own tests show how."""
    run.state["ready_at"] = NOW
    return run


def refusal(code: str, message: str = "") -> tuple[int, dict[str, Any]]:
    return 400, {"__type": code, "message": message}


def answer_of(account: Account, document: str, number: int = 0) -> dict[str, Any]:
    key = tile(account, document, number)["answer"]
    body = account.s3.get_object(Bucket="tiles-bucket", Key=key)["Body"].read()
    found: dict[str, Any] = json.loads(body)
    return found


def test_objects_are_kept_in_page_pixels_with_the_version_that_saw_them(
    account: Account, document: str, run: Run
) -> None:
    with detector(one_valve):
        account.deliver("detect_tile", run.hint(document, tile=1))
    answer = answer_of(account, document, 1)
    assert answer["objects"] == [
        {
            "label": "valve",
            "confidence": 88.5,
            "box": {"left": 140.0, "top": 40.0, "right": 260.0, "bottom": 60.0},
        }
    ]
    assert answer["model_version"] == VERSION


def test_the_version_of_the_run_is_asked_once_for_what_the_profile_keeps(
    account: Account, document: str, run: Run
) -> None:
    with detector(one_valve) as asked:
        account.deliver("detect_tile", run.hint(document))
    [request] = asked
    assert request["ProjectVersionArn"] == VERSION
    assert request["MaxResults"] == 1000
    assert "MinConfidence" not in request


def test_the_lowest_floor_of_the_profile_is_asked_for(
    account: Account, document: str, run: Run
) -> None:
    account.documents.update_item(
        Key={"id": document},
        UpdateExpression="SET profile.min_confidence = :floors",
        ExpressionAttributeValues={":floors": {"*": 50, "valve": 30}},
    )
    with detector(one_valve) as asked:
        account.deliver("detect_tile", run.hint(document))
    assert asked[0]["MinConfidence"] == 30.0


def test_a_hint_of_a_later_run_asks_the_version_of_that_run(
    account: Account, document: str, run: Run
) -> None:
    hint = messages.parse(messages.TileHint, run.hint(document))
    other = {**json.loads(messages.body(hint)), "model_version": OTHER}
    with detector(one_valve) as asked:
        account.deliver("detect_tile", run.hint(document, tile=1), json.dumps(other))
    assert [request["ProjectVersionArn"] for request in asked] == [VERSION, OTHER]


@pytest.mark.parametrize(
    "code",
    [
        "ResourceNotReadyException",
        "ResourceNotFoundException",
        "LimitExceededException",
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "AccessDeniedException",
    ],
)
def test_a_model_that_is_not_up_or_overloaded_gives_the_tile_back(
    account: Account, document: str, run: Run, code: str
) -> None:
    with detector(lambda _: refusal(code)):
        account.deliver("detect_tile", run.hint(document))
    row = tile(account, document)
    assert (row["state"], row["attempts"], row["refusals"]) == ("pending", 0, 0)
    assert row["last_error"].startswith(code)
    assert run.row["calls_left"] == run.row["calls_allowed"]


@pytest.mark.parametrize(
    "code", ["ImageTooLargeException", "InvalidImageFormatException", "InvalidParameterException"]
)
def test_a_refusal_of_the_image_is_a_strike_of_its_tile(
    account: Account, document: str, run: Run, code: str
) -> None:
    with detector(lambda _: refusal(code, "Request has invalid image")):
        account.deliver("detect_tile", run.hint(document))
    assert tile(account, document)["refusals"] == 1


def test_a_version_that_is_no_version_is_not_the_fault_of_a_tile(
    account: Account, document: str, run: Run
) -> None:
    told = "Request has an invalid Project Version ARN"
    with detector(lambda _: refusal("InvalidParameterException", told)):
        account.deliver("detect_tile", run.hint(document))
    assert tile(account, document)["refusals"] == 0


def test_a_hint_without_a_version_gives_the_tile_back(
    account: Account, document: str, run: Run
) -> None:
    run.state["version"] = ""
    with detector(one_valve) as asked:
        account.deliver("detect_tile", run.hint(document))
    assert asked == []
    assert (tile(account, document)["state"], tile(account, document)["attempts"]) == ("pending", 0)


def test_a_tile_with_more_objects_than_an_answer_holds_is_told_of(
    account: Account, document: str, run: Run
) -> None:
    with detector(lambda _: (200, {"CustomLabels": [VALVE] * 1000})):
        account.deliver("detect_tile", run.hint(document))
    assert answer_of(account, document)["warnings"] == [
        "tile 0 holds 1000 objects or more, and the least confident were cut off; "
        "use a smaller tile_size or a higher min_confidence"
    ]


def test_the_run_knows_when_it_had_its_last_answer(
    account: Account, document: str, service: ModelService
) -> None:
    with clock(NOW) as time:
        run = ready(model_run(account))
        with detector(one_valve):
            account.deliver("detect_tile", run.hint(document))
            time.now = NOW + 60
            account.deliver("detect_tile", run.hint(document, tile=1))
        time.now = NOW + 90
        with detector(lambda _: refusal("ThrottlingException")):
            account.deliver("detect_tile", run.hint(document, tile=1))
        run.step("DetectTiles")
    assert run.row["last_answer_at"] == NOW + 60
    assert run.row["tiles_answered"] == 2


def merged(account: Account, run: Run, document: str) -> dict[str, Any]:
    """The document's detections.json."""
    account.deliver("merge_page", run.merge_hint(document))
    result = account.document(document)["result_id"]
    key = f"results/{result}/detections.json"
    found: dict[str, Any] = json.loads(
        account.s3.get_object(Bucket="results-bucket", Key=key)["Body"].read()
    )
    return found


def test_results_name_the_version_that_saw_them(account: Account, document: str, run: Run) -> None:
    with detector(one_valve):
        account.deliver("detect_tile", run.hint(document), run.hint(document, tile=1))
    found = merged(account, run, document)
    assert found["document"]["model_version"] == VERSION
    assert found["document"]["warnings"] == []
    assert {each["model_version"] for each in found["detections"]} == {VERSION}
    rows = account.detections.scan()["Items"]
    assert {row["model_version"] for row in rows} == {VERSION}
    assert [row["label"] for row in rows] == [each["label"] for each in found["detections"]]


def test_a_retrain_between_two_runs_is_told_in_the_results(
    account: Account, document: str, service: ModelService
) -> None:
    first = ready(model_run(account, "first"))
    with detector(one_valve):
        account.deliver("detect_tile", first.hint(document))
    first.step("StopModel")
    first.step("CloseRun")
    put_to_use(account, replace(IN_USE, version="v2", version_arn=OTHER))
    second = ready(model_run(account, "second"))
    with detector(one_valve):
        account.deliver("detect_tile", second.hint(document, tile=1))
    found = merged(account, second, document)
    assert found["document"]["model_version"] == f"{VERSION}, {OTHER}"
    [warning] = found["document"]["warnings"]
    assert warning.startswith("2 versions of the model answered tiles of this document")
    assert account.document(document)["warnings"] == [warning]
