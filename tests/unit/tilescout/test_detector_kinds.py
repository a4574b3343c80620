"""The table of detectors is complete and consistent."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

import pytest

from tilescout.detector_kinds import (
    KINDS,
    DetectorKind,
    DetectorName,
    default_quotas,
    may_have,
    names_with,
)
from tilescout.profiles import Profile

FIELDS_OF_THE_STACK_ONLY = {"examples"}
"""They tell a person what a version was made from; no function reads them."""


def test_every_detector_has_a_row() -> None:
    assert tuple(KINDS) == get_args(DetectorName)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_own_fields_of_a_detector_are_fields_of_a_profile(kind: DetectorKind) -> None:
    known = {field.name for field in fields(Profile)}
    assert set(kind.own_fields) <= known | FIELDS_OF_THE_STACK_ONLY


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_detector_that_is_sent_tiles_has_a_function_and_one_way_to_be_paid(
    kind: DetectorKind,
) -> None:
    ways = (kind.call_price is not None, kind.needs_start, kind.is_paid_by_lambda_seconds)
    assert sum(ways) == (1 if kind.function else 0)


def test_a_field_that_no_detector_claims_suits_all_of_them() -> None:
    assert names_with("dpi") == list(KINDS)


def test_a_field_of_some_detectors_suits_no_other() -> None:
    assert names_with("seconds_per_tile") == ["onnx", "example"]
    assert names_with("examples") == ["example"]
    assert names_with("find") == ["textract", "rekognition-text", "pdf-text"]
    assert not may_have(KINDS["textract"], "start_minutes")


def test_only_truncated_answers_take_more_than_one_call_per_tile() -> None:
    calls = {name: kind.calls_per_tile for name, kind in KINDS.items()}
    assert calls == {
        "custom-labels": 1,
        "textract": 1,
        "rekognition-text": 5,
        "pdf-text": 1,
        "onnx": 1,
        "example": 1,
    }


def test_the_default_quotas_differ_by_region() -> None:
    assert default_quotas("us-east-1") == {
        "custom-labels": 50,
        "textract": 25,
        "rekognition-text": 50,
    }
    assert default_quotas("eu-central-1") == {
        "custom-labels": 50,
        "textract": 1,
        "rekognition-text": 5,
    }


@pytest.mark.parametrize(
    ("region", "calls"), [("us-west-2", 25), ("us-east-2", 10), ("eu-west-1", 5), ("ap-south-1", 5)]
)
def test_textract_has_the_quota_that_aws_documents_for_the_region(region: str, calls: int) -> None:
    assert default_quotas(region)["textract"] == calls


def test_a_run_reckons_with_two_calls_per_tile_of_detect_text() -> None:
    kind = KINDS["rekognition-text"]
    assert kind.tiles_per_second("eu-west-1") == 25
    assert kind.tiles_per_second("eu-central-1", calls=40) == 20


def test_a_detector_without_a_quota_has_one_pace_everywhere() -> None:
    assert KINDS["onnx"].tiles_per_second("sa-east-1") == 100
