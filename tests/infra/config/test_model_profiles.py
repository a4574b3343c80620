from __future__ import annotations

import re
from typing import Any

import pytest

from infra.config import stack_config
from infra.config.errors import BadConfiguration
from infra.config.stack_config import parse_config
from tests.infra.config.sample_profiles import MODEL, TEXT, parsed, parsed_with
from tilescout.detector_kinds import CUSTOM_LABELS_UNIT_HOUR
from tilescout.pricing import PriceTable
from tilescout.runs import records
from tilescout.runs.inference_units import START_SECONDS, STOP_SECONDS

ONNX = {"detector": "onnx", "model_project": "valves", "tile_size": 640, "overlap": 64}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"model_project": ""},
            "model_project names the model of detector custom-labels or onnx or example, only; "
            "detector is onnx and model_project ''; set both or neither",
        ),
        (
            {"max_inference_units": 2},
            "only detector custom-labels has a model to start; detector is onnx, and "
            "max_inference_units is set; remove it",
        ),
        ({"find": [{"label": "tag", "pattern": "FV"}]}, "find and text_layer need a detector"),
        ({"tile_size": 32, "overlap": 8}, "onnx takes tiles of 64 to 10000 px; tile_size is 32"),
        ({"seconds_per_tile": 0}, "seconds_per_tile: input should be greater than 0; it is 0"),
        ({"min_confidence": {"valve": 50}}, "min_confidence of a model names every label"),
    ],
)
def test_a_broken_profile_of_an_onnx_model_is_explained(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadConfiguration, match=re.escape(said)):
        parsed_with(**(ONNX | changes))


def test_an_onnx_profile_starts_no_model_and_looks_each_minute() -> None:
    config = parsed_with(**ONNX)
    profile = config.profiles["text"]
    assert (profile.needs_version, profile.needs_model) == (True, False)
    assert config.model_projects() == ()
    assert config.schedules() == {"valves": "rate(1 minute)"}


def test_seconds_of_lambda_are_for_what_runs_in_lambda_only() -> None:
    said = "only detector onnx or example is paid by its seconds"
    with pytest.raises(BadConfiguration, match=said):
        parsed_with(seconds_per_tile=0.1)


def test_a_profile_that_searches_by_example_needs_an_example_that_is_no_reject() -> None:
    box = {"pdf": "plan.pdf", "box": [0, 0, 9, 9], "reject": True}
    like = TEXT | {"detector": "example", "model_project": "like", "tile_size": 2048}
    said = "detector example needs an example that is no reject; examples has 1, all rejects"
    with pytest.raises(BadConfiguration, match=said):
        parsed(text=TEXT | {"default": True}, like=like | {"examples": [box]})
    assert parsed(
        text=TEXT | {"default": True}, like=like | {"examples": [box | {"reject": False}]}
    )


def test_a_project_is_not_asked_by_two_detectors() -> None:
    with pytest.raises(
        BadConfiguration,
        match="profiles of one model_project have one detector; b asks valves by onnx, another "
        "profile by custom-labels; give one of the projects another name",
    ):
        parsed(
            text=TEXT | {"default": True},
            a=MODEL | {"model_project": "valves"},
            b=TEXT | ONNX,
        )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"model_project": ""},
            "profiles.symbols: model_project names the model of detector custom-labels or onnx or "
            "example, only; detector is custom-labels and model_project ''; "
            "set both or neither",
        ),
        (
            {"model_project": "textract"},
            "profiles.symbols: a model_project is not named like a detector; it is 'textract'; "
            "give the project another name",
        ),
        ({"model_project": "my valves"}, "profiles.symbols.model_project: string should match"),
        (
            {"tile_size": 5000},
            "profiles.symbols: custom-labels takes tiles of 64 to 4096 px; tile_size is 5000; "
            "change tile_size",
        ),
        (
            {"max_inference_units": 6},
            "profiles.symbols.max_inference_units: input should be less than or equal to 5; "
            "it is 6; change it to a value that fits",
        ),
        (
            {"tiles_per_second_per_unit": 0},
            "profiles.symbols.tiles_per_second_per_unit: input should be greater than 0; it is 0; "
            "change it to a value that fits",
        ),
        (
            {"start_minutes": 4},
            "profiles.symbols.start_minutes: input should be greater than or equal to 5; it is 4; "
            "change it to a value that fits",
        ),
        (
            {"start_when": {"tiles": 0}},
            "profiles.symbols.start_when.tiles: input should be greater than or equal to 1; "
            "it is 0; change it to a value that fits",
        ),
        (
            {"min_confidence": {"valve": 60}},
            "profiles.symbols: min_confidence of a model names every label that is kept; "
            'it has none for labels other than its own; add "*" to it, for the rest',
        ),
        (
            {"min_confidence": {"valve": 60}, "labels": ["valve", "pump"]},
            "profiles.symbols: min_confidence of a model names every label that is kept; "
            'it has none for pump; add "*" to it, for the rest',
        ),
        (
            {"budget_usd": 1.13},
            "tilescout: a budget pays for more than starting and stopping a model, $1.13; "
            "budget_usd of symbols is 1.13; raise it",
        ),
        (
            {"deadline_minutes": 17},
            "tilescout: a run has time to start its model, work and stop it: deadline_minutes "
            "over 17, and with start_minutes at most 685; deadline_minutes of symbols is 17, "
            "start_minutes 40; change them",
        ),
        (
            {"deadline_minutes": 600, "start_minutes": 90},
            "deadline_minutes of symbols is 600, start_minutes 90; change them",
        ),
    ],
)
def test_a_broken_profile_of_a_model_is_explained(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadConfiguration) as raised:
        parsed(text=TEXT | {"default": True}, symbols=MODEL | changes)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    "field",
    [
        {"max_inference_units": 2},
        {"tiles_per_second_per_unit": 1.0},
        {"start_minutes": 40},
        {"start_when": {"tiles": 10}},
        {"use_running_model": False},
    ],
)
def test_what_is_of_models_is_refused_without_one(field: dict[str, Any]) -> None:
    with pytest.raises(BadConfiguration) as raised:
        parsed_with(**field)
    assert (
        "profiles.text: only detector custom-labels has a model to start; "
        f"detector is textract, and {next(iter(field))} is set; remove it"
    ) in str(raised.value)


@pytest.mark.parametrize(
    "fits",
    [
        {"min_confidence": {"valve": 60, "*": 30}},
        {"min_confidence": {"valve": 60}, "labels": ["valve"]},
        {"min_confidence": {}},
        {"budget_usd": 1.14},
        {"start_when": {"tiles": 500, "oldest_minutes": 0}, "use_running_model": True},
    ],
)
def test_a_profile_of_a_model_is_taken(fits: dict[str, Any]) -> None:
    config = parsed(text=TEXT | {"default": True}, symbols=MODEL | fits)
    assert config.model_projects() == ("valves",)


def test_the_least_budget_of_a_model_follows_the_price_of_an_hour() -> None:
    profiles = {"text": TEXT | {"default": True}, "symbols": MODEL | {"budget_usd": 2}}
    with pytest.raises(BadConfiguration, match=r"starting and stopping a model, \$2\.27"):
        parse_config(
            {"tilescout": {"profiles": profiles, "prices": {"custom_labels_unit_hour": 8}}}
        )


def test_the_least_budget_of_a_model_is_that_of_the_functions() -> None:
    assert PriceTable().custom_labels_unit_hour == CUSTOM_LABELS_UNIT_HOUR
    assert START_SECONDS + STOP_SECONDS == stack_config.START_AND_STOP_SECONDS


def test_a_run_closes_in_the_time_that_its_lease_gives() -> None:
    assert stack_config.CLOSING_MINUTES * 60 == records.CLOSING_MARGIN


def test_the_alarm_on_waiting_documents_leaves_them_the_time_that_they_may_wait() -> None:
    waits = MODEL | {"start_when": {"tiles": 9, "oldest_minutes": 26 * 60}}
    with pytest.raises(BadConfiguration, match=r"oldest_due_hours is 26, and symbols waits for 26"):
        parsed(text=TEXT | {"default": True}, symbols=waits)
