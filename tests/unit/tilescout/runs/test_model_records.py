from __future__ import annotations

from dataclasses import replace

import pytest

from tilescout.runs.model_records import ModelInUse, ModelStart, measured_rate, version_name

ARN = "arn:aws:rekognition:us-east-1:123456789012:project/valves/version/v7/1700000000000"
IN_USE = ModelInUse(project="valves", project_arn="p", version="v7", version_arn=ARN)
START = ModelStart(project="valves", version_arn=ARN, units=2, requested_at=1_000)


def test_a_version_has_its_name_in_its_arn() -> None:
    assert version_name(ARN) == "v7"
    assert version_name("") == ""


def test_a_model_never_measured_is_as_fast_as_its_profile_assumes() -> None:
    pace = IN_USE.pace(1.5)
    assert (pace.tiles_per_second_per_unit, pace.start_seconds) == (1.5, 900)


def test_what_was_measured_counts_more_than_what_is_assumed() -> None:
    measured = replace(IN_USE, tiles_per_second_per_unit=3.2, start_seconds=420.0)
    pace = measured.pace(1.0)
    assert (pace.tiles_per_second_per_unit, pace.start_seconds) == (3.2, 420.0)


@pytest.mark.parametrize(
    ("stopped_at", "begin", "end", "seconds"),
    [
        (0, 0, 1_600, 600),
        (0, 1_200, 1_600, 400),
        (1_500, 0, 1_600, 500),
        (1_500, 1_550, 1_600, 0),
    ],
)
def test_a_start_is_paid_from_its_request_until_it_is_down(
    stopped_at: int, begin: int, end: int, seconds: int
) -> None:
    assert replace(START, stopped_at=stopped_at).seconds(begin, end) == seconds


def test_a_refused_start_costs_nothing() -> None:
    assert replace(START, refused="LimitExceededException").seconds(0, 9_000) == 0


@pytest.mark.parametrize(
    ("tiles", "seconds", "units", "rate"),
    [(300, 50.0, 2, 3.0), (49, 50.0, 2, None), (300, 29.0, 2, None), (300, 50.0, 0, None)],
)
def test_a_rate_is_measured_where_enough_was_seen(
    tiles: int, seconds: float, units: int, rate: float | None
) -> None:
    assert measured_rate(tiles, seconds, units) == rate
