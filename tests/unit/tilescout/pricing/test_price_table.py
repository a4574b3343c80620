"""Prices are dated, per call or per hour, and can be overridden."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tilescout.detector_kinds import DetectorName
from tilescout.errors import InvalidProfile
from tilescout.pricing import PriceTable
from tilescout.pricing.counted_requests import COUNTS
from tilescout.profiles import Profile

PRICES = PriceTable()


@pytest.mark.parametrize(
    ("detector", "dollars"),
    [
        ("textract", 0.0015),
        ("rekognition-text", 0.001),
        ("pdf-text", 0),
        ("onnx", 0),
        ("custom-labels", 0),
    ],
)
def test_a_call_has_the_price_of_its_detector(detector: DetectorName, dollars: float) -> None:
    assert PRICES.call(detector) == dollars


def test_a_model_is_paid_by_units_and_hours() -> None:
    assert PRICES.model_time(units=2, seconds=1800) == pytest.approx(4.0)


def test_a_price_can_be_overridden_without_changing_the_others() -> None:
    prices = PRICES.with_overrides({"textract_page": 0.0006})

    assert prices.call("textract") == 0.0006
    assert prices.call("rekognition-text") == 0.001


def test_the_table_itself_stays_as_it_was() -> None:
    PRICES.with_overrides({"textract_page": 9.0})

    assert PRICES.call("textract") == 0.0015


def test_an_onnx_model_costs_the_time_of_a_core_in_lambda() -> None:
    profile = Profile(
        name="p", detector="onnx", model_project="m", dpi=150, tile_size=1024, overlap=128
    )
    assert PRICES.tile_call(profile) == pytest.approx(5.758e-6, rel=1e-3)
    assert PRICES.tile_call(replace(profile, seconds_per_tile=1.0)) == pytest.approx(
        2.3034e-5, rel=1e-3
    )


def test_a_service_costs_its_call_whatever_the_profile() -> None:
    profile = Profile(name="p", detector="textract", dpi=150, tile_size=1024, overlap=128)
    assert PRICES.tile_call(profile) == 0.0015


def test_an_unknown_price_is_refused_with_the_known_names() -> None:
    with pytest.raises(InvalidProfile, match=r"one of textract_page, .*; received 'textract'"):
        PRICES.with_overrides({"textract": 0.001})


@pytest.mark.parametrize("price", [-0.1, math.nan, math.inf])
def test_what_is_no_amount_of_money_is_refused(price: float) -> None:
    with pytest.raises(InvalidProfile, match="sqs_request is"):
        PRICES.with_overrides({"sqs_request": price})


def test_what_is_around_a_tile_costs_far_less_than_its_cheapest_call() -> None:
    assert 0 < PRICES.tile("rekognition-text") < 0.05 * PRICES.call("rekognition-text")


def test_dearer_writes_make_tiles_pages_and_documents_dearer() -> None:
    dearer = PRICES.with_overrides({"dynamodb_write": 1e-3})

    assert dearer.tile("textract") > PRICES.tile("textract")
    assert dearer.page("textract") > PRICES.page("textract")
    assert dearer.document("textract") > PRICES.document("textract")
    assert dearer.detection("textract") > PRICES.detection("textract")


@pytest.mark.parametrize("detector", COUNTS)
def test_a_tile_takes_at_most_seven_write_units_from_tiling_to_expiry(detector: str) -> None:
    assert COUNTS[detector]["tile"].get("dynamodb_write", 0) <= 7


def test_a_budget_of_an_onnx_profile_pays_for_all_of_a_tile() -> None:
    profile = Profile(
        name="p", detector="onnx", model_project="m", dpi=150, tile_size=1024, overlap=128
    )
    around = PRICES.tile("onnx")
    assert PRICES.budgeted_call(profile) == PRICES.tile_call(profile) + around
