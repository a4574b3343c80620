"""Tiles asked of an ONNX model: several a call, by the version of the run, none to start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.handlers import served_model
from tests.handlers.account import Account, module, sqs_event
from tests.handlers.runs import Run, answered_in, coarsen, lease, tile
from tests.handlers.served_model import PROJECT, PUMP, promote, sample
from tilescout.detectors.onnx.model import ServedModel

REMEDY = (
    "profile served needs a version of the model project plant, and none is in use; "
    "run `tilescout onnx promote FILE --project plant`"
)


@pytest.fixture(autouse=True)
def _cold() -> Iterator[None]:
    """Every test begins with a new instance of the function."""
    module("detect_onnx").warm_models.cache_clear()
    yield
    module("detect_onnx").warm_models.cache_clear()


@pytest.fixture
def version(account: Account) -> str:
    return promote(account)


@pytest.fixture
def document(account: Account, version: str) -> str:
    return served_model.document(account)


@pytest.fixture
def run(account: Account, document: str) -> Run:
    return served_model.run(account)


def answer_of(account: Account, document: str, number: int = 0) -> dict[str, Any]:
    key = tile(account, document, number)["answer"]
    body = account.s3.get_object(Bucket="tiles-bucket", Key=key)["Body"].read()
    found: dict[str, Any] = json.loads(body)
    return found


def state(account: Account, document: str, number: int = 0) -> tuple[str, int, int]:
    row = tile(account, document, number)
    return row["state"], row["attempts"], row["refusals"]


def test_a_batch_of_hints_is_answered_in_page_pixels_with_the_version(
    account: Account, document: str, run: Run, version: str
) -> None:
    account.deliver("detect_onnx", run.hint(document), run.hint(document, tile=1))
    for number, left in ((0, 0), (1, 100)):
        answer = answer_of(account, document, number)
        [pump] = answer["objects"]
        box = pump["box"]
        assert pump["label"] == "pump"
        assert pump["confidence"] > 50
        assert (box["left"] + box["right"]) / 2 == pytest.approx(PUMP[0] + left, abs=4)
        assert (box["top"] + box["bottom"]) / 2 == pytest.approx(PUMP[1], abs=4)
        assert answer["model_version"] == version
    assert answered_in(account, document, run) == 2
    assert run.row["calls_allowed"] - run.row["calls_left"] == 2


def test_a_tile_that_looks_like_another_one_takes_its_answer(
    account: Account, document: str, run: Run
) -> None:
    for number in (0, 1):
        account.ledger.put_item(Item=tile(account, document, number) | {"reuse_key": "the same"})
    account.deliver("detect_onnx", run.hint(document), run.hint(document, tile=1))
    (first,), (second,) = (answer_of(account, document, n)["objects"] for n in (0, 1))
    assert second["box"]["left"] == pytest.approx(first["box"]["left"] + 100, abs=1e-5)
    assert (tile(account, document, 1)["reused"], run.row["tiles_reused"]) == (True, 1)
    assert run.row["calls_allowed"] - run.row["calls_left"] == 1


def test_a_coarse_tile_is_answered_as_large_as_on_the_page(
    account: Account, document: str, run: Run
) -> None:
    coarsen(account, document, 1, 2)
    account.deliver("detect_onnx", run.hint(document, tile=1))
    answer = answer_of(account, document, 1)
    box = answer["objects"][0]["box"]
    assert (box["left"] + box["right"]) / 2 == pytest.approx(2 * PUMP[0], abs=8)
    assert answer["scale"] == 2


def test_a_document_whose_tile_is_gone_is_sent_back(
    account: Account, document: str, run: Run
) -> None:
    account.s3.delete_object(Bucket="tiles-bucket", Key=tile(account, document)["image"])
    account.deliver("detect_onnx", run.hint(document))
    assert account.document(document)["status"] == "ACCEPTED"
    assert run.row["calls_left"] == run.row["calls_allowed"]


def test_a_run_goes_through_without_a_model_to_start(account: Account, version: str) -> None:
    document = served_model.document(account, tiles=12)
    run = Run(account, model=PROJECT)
    run.go()
    assert account.document(document)["status"] == "DONE"
    assert run.row["status"] == "CLOSED"
    assert run.row["model_version"] == version
    assert answered_in(account, document, run) == 12
    assert run.row["model_seconds"] == 0
    assert lease(account, PROJECT)["owned"] is False
    result = account.document(document)["result_id"]
    body = account.s3.get_object(Bucket="results-bucket", Key=f"results/{result}/detections.json")[
        "Body"
    ].read()
    found = json.loads(body)
    assert found["document"]["model_version"] == version
    assert {each["label"] for each in found["detections"]} == {"pump"}


def test_a_tile_costs_the_time_in_lambda_and_what_is_around_it(
    account: Account, document: str
) -> None:
    run = Run(account, model=PROJECT)
    run.go()
    assert float(run.row["spent_usd"]) == pytest.approx(2 * (0.00000576 + 0.00002258), abs=1e-7)


def test_a_version_is_frozen_for_the_run(account: Account, document: str, version: str) -> None:
    run = served_model.run(account)
    other = promote(account, "v2")
    account.deliver("detect_onnx", run.hint(document))
    assert answer_of(account, document)["model_version"] == version != other


def test_two_versions_are_warm_in_one_instance(account: Account, document: str) -> None:
    first = served_model.run(account)
    _, card = sample()
    other = promote(account, "v2", replace(card, labels=tuple(f"my {n}" for n in card.labels)))
    hint = json.loads(first.hint(document, tile=1)) | {"model_version": other}
    account.deliver("detect_onnx", first.hint(document), json.dumps(hint))
    labels = [answer_of(account, document, n)["objects"][0]["label"] for n in (0, 1)]
    assert labels == ["pump", "my pump"]
    assert len(module("detect_onnx").warm_models().models) == 2


def test_warm_models_are_bounded(
    account: Account, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr("tilescout.aws.detectors.onnx.MAX_WARM_MODELS", 1)
    other = promote(account, "v2")
    warm = module("detect_onnx").warm_models()
    first = warm.get(version)
    assert warm.get(version) is first
    warm.get(other)
    assert list(warm.models) == [other]


def test_room_is_made_before_another_model_is_loaded(
    account: Account, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr("tilescout.aws.detectors.onnx.MAX_WARM_MODELS", 1)
    other = promote(account, "v2")
    warm = module("detect_onnx").warm_models()
    warm.get(version)
    held = []

    def served(*given: Any) -> ServedModel:
        held.append(list(warm.models))
        return ServedModel(*given)

    monkeypatch.setattr("tilescout.aws.detectors.onnx.open_model", served)
    warm.get(other)
    assert (held, list(warm.models)) == ([[]], [other])


@pytest.mark.parametrize("suffix", [".onnx", ".json"])
def test_a_model_that_is_gone_gives_every_tile_back(
    account: Account, document: str, run: Run, version: str, suffix: str
) -> None:
    account.s3.delete_object(Bucket="models-bucket", Key=f"{version}{suffix}")
    account.deliver("detect_onnx", run.hint(document), run.hint(document, tile=1))
    for number in (0, 1):
        assert state(account, document, number) == ("pending", 0, 0)
        said = tile(account, document, number)["last_error"]
        assert f"{version}{suffix} must be in the bucket models-bucket; it is gone" in said
    assert run.row["calls_left"] == run.row["calls_allowed"]


def test_a_damaged_model_gives_every_tile_back(
    account: Account, document: str, run: Run, version: str
) -> None:
    account.s3.put_object(Bucket="models-bucket", Key=f"{version}.onnx", Body=b"half of it")
    account.deliver("detect_onnx", run.hint(document))
    assert state(account, document) == ("pending", 0, 0)
    assert "files must be as they were promoted" in tile(account, document)["last_error"]


def test_a_damaged_model_that_is_promoted_again_is_loaded_after_a_minute(
    account: Account, document: str, run: Run, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.s3.put_object(Bucket="models-bucket", Key=f"{version}.onnx", Body=b"half of it")
    account.deliver("detect_onnx", run.hint(document))
    promote(account)
    monkeypatch.setattr("tilescout.aws.detectors.onnx.RETRY_AFTER", 0.0)
    account.deliver("detect_onnx", run.hint(document, tile=1))
    assert state(account, document, 1) == ("answered", 1, 0)


def test_an_image_that_is_none_is_a_strike_of_its_tile(
    account: Account, document: str, run: Run
) -> None:
    image = tile(account, document)["image"]
    account.s3.put_object(Bucket="tiles-bucket", Key=image, Body=b"no image")
    account.deliver("detect_onnx", run.hint(document), run.hint(document, tile=1))
    assert state(account, document) == ("pending", 1, 1)
    assert state(account, document, 1) == ("answered", 1, 0)


def test_a_hint_of_a_run_that_is_over_asks_nothing(
    account: Account, document: str, run: Run
) -> None:
    run.step("StopModel")
    run.step("CloseRun")
    account.deliver("detect_onnx", run.hint(document))
    assert state(account, document) == ("pending", 0, 0)


def test_a_message_that_is_no_hint_comes_again_alone(
    account: Account, document: str, run: Run
) -> None:
    answer = account.call("detect_onnx", sqs_event("{}", run.hint(document)))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert state(account, document) == ("answered", 1, 0)


def test_hints_that_the_invocation_has_no_time_for_are_left_to_the_run(
    account: Account, document: str, run: Run
) -> None:
    answer = account.call("detect_onnx", sqs_event(run.hint(document)), seconds=19)
    assert answer == {"batchItemFailures": []}
    assert state(account, document) == ("pending", 0, 0)


def test_a_slow_model_leaves_the_rest_of_its_batch_to_the_run(
    account: Account, document: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    remaining = iter([60_000, 60_000, 34_000, 34_000, 34_000])
    monkeypatch.setattr(
        "tests.handlers.account.Context.get_remaining_time_in_millis",
        lambda self: next(remaining),
    )
    account.deliver("detect_onnx", run.hint(document), run.hint(document, tile=1))
    assert state(account, document) == ("answered", 1, 0)
    assert state(account, document, 1) == ("pending", 0, 0)


def test_a_document_waits_until_a_version_is_in_use(account: Account) -> None:
    document = served_model.document(account)
    row = account.document(document)
    assert (row["status"], row["reason"]) == ("WAITING_FOR_MODEL", REMEDY)
    assert Run(account, model=PROJECT).step("OpenRun")["next"] == ""
    promote(account)
    account.call("guard", {})
    assert account.document(document)["status"] == "QUEUED"
    Run(account, model=PROJECT).go()
    assert account.document(document)["status"] == "DONE"


def test_without_min_confidence_each_label_has_its_own_threshold(
    account: Account, version: str
) -> None:
    _, card = sample()
    sure = promote(account, "sure", replace(card, thresholds=(0.9999,) * len(card.labels)))
    document = served_model.document(account, tiles=1)
    run = served_model.run(account)
    account.deliver("detect_onnx", run.hint(document))
    answer = answer_of(account, document)
    assert answer["model_version"] == sure
    assert "objects" not in answer
