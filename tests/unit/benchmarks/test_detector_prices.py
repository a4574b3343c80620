"""The number of tiles from which each detector pays, by list prices."""

from __future__ import annotations

import pytest

from benchmarks import detector_prices
from benchmarks.detector_prices import Measured, cheaper_from, of_custom_labels, of_onnx
from tilescout.pricing import PriceTable

PRICES = PriceTable()


def test_a_model_by_the_hour_is_paid_from_its_start_to_its_stop() -> None:
    assert of_custom_labels(PRICES, 3600, 1.0) == pytest.approx(4.0 * (3600 + 1020) / 3600)


def test_what_one_run_cannot_detect_pays_another_start() -> None:
    assert of_custom_labels(PRICES, 36_001, 1.0) == pytest.approx(4.0 * (36_001 + 2040) / 3600)


def test_textract_is_dearer_than_a_model_from_some_tiles_in_one_run() -> None:
    count = 2_915
    assert cheaper_from(PRICES, PRICES.call("textract"), 1.0) == "2,915"
    assert of_custom_labels(PRICES, count, 1.0) <= count * PRICES.call("textract")
    assert of_custom_labels(PRICES, count - 1, 1.0) > (count - 1) * PRICES.call("textract")


def test_a_tile_that_takes_a_second_in_lambda_is_never_dearer() -> None:
    assert cheaper_from(PRICES, of_onnx(PRICES, 1.0), 5.0) == "never"


def test_the_page_has_the_figures() -> None:
    page = detector_prices.page(Measured(48, 0.04, 0.05), PRICES)
    assert "25 tiles per second and core" in page
    assert "| 1,000,000 | $5.76 | $1,143 | $408 | $229 | $1,000 | $1,500 |" in page
    assert max(len(line) for line in page.splitlines() if not line.startswith("|")) <= 125
