"""Bad configuration stops synth with the rule, the value and the remedy."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic_core import to_jsonable_python

from infra import config
from infra.app import main
from infra.config import Config, PriceName, parse_config, read_context
from infra.errors import BadConfiguration
from infra.profiles import Detector
from infra.profiles import Profile as ConfiguredProfile
from tilescout import runs
from tilescout.inference_units import START_SECONDS, STOP_SECONDS
from tilescout.pricing import PriceTable
from tilescout.profiles import DetectorName, Profile

MODEL = {
    "detector": "custom-labels",
    "model_project": "valves",
    "dpi": 150,
    "tile_size": 1024,
    "overlap": 128,
}
ONNX = {"detector": "onnx", "model_project": "valves", "tile_size": 640, "overlap": 64}
TEXT = {"detector": "textract", "dpi": 200, "tile_size": 2048, "overlap": 256}


def _parse(settings: dict[str, Any] | None = None, **profiles: dict[str, Any]) -> Config:
    return parse_config({"tilescout": {"settings": settings or {}, "profiles": profiles}})


def _with(**changes: Any) -> Config:
    return _parse(text=TEXT | {"default": True} | changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"detector": "tesseract"},
            "profiles.text.detector: input should be 'custom-labels', 'textract', "
            "'rekognition-text', 'pdf-text' or 'onnx'; it is 'tesseract'; "
            "change it to a value that fits",
        ),
        (
            {"dpi": 20},
            "profiles.text.dpi: input should be greater than or equal to 36; it is 20; "
            "change it to a value that fits",
        ),
        (
            {"tile_size": 12000},
            "profiles.text: textract takes tiles of 50 to 10000 px; tile_size is 12000; "
            "change tile_size",
        ),
        (
            {"overlap": 1500},
            "profiles.text: overlap is at most half of tile_size; it is 1500 of 2048; "
            "lower overlap or raise tile_size",
        ),
        (
            {"model_project": "valves"},
            "profiles.text: model_project names the model of detector custom-labels or onnx, "
            "only; detector is textract and model_project 'valves'; "
            "set both or neither",
        ),
        (
            {"schedule": "rate(1 minutes)"},
            "profiles.text.schedule: a schedule is on-upload, rate(5 minutes) or "
            "cron(0 6 * * ? *); it is 'rate(1 minutes)'; write one of the three forms "
            "(one minute, hour or day is singular)",
        ),
        (
            {"schedule": "hourly"},
            "profiles.text.schedule: a schedule is on-upload, rate(5 minutes) or "
            "cron(0 6 * * ? *); it is 'hourly'; write one of the three forms "
            "(one minute, hour or day is singular)",
        ),
        (
            {"find": [{"label": "tag", "pattern": "[A-Z"}]},
            "profiles.text.find.0.pattern: a pattern is a regular expression "
            "(unterminated character set at position 4); it is '[A-Z'; correct it",
        ),
        (
            {"find": [{"label": "tag", "pattern": "(?x)A #"}]},
            "profiles.text.find.0.pattern: a pattern is a regular expression "
            "(missing ) at position 8); it is '(?x)A #'; correct it",
        ),
        (
            {"find": [{"label": "tag", "pattern": "[A-Z]*"}]},
            "profiles.text.find.0.pattern: a pattern asks for at least one character; "
            "'[A-Z]*' matches empty text; make one of its parts required",
        ),
        (
            {"find": [{"label": "tag", "pattern": "FV", "lines": 5}]},
            "profiles.text.find.0.lines: input should be less than or equal to 4; it is 5; "
            "change it to a value that fits",
        ),
        (
            {"exclude": [{"left": 0.8, "top": 0, "right": 0.2, "bottom": 1}]},
            "profiles.text.exclude.0: a region's left is less than its right and its top less "
            "than its bottom; it is 0.8, 0.0, 0.2, 1.0; swap or widen them",
        ),
        (
            {"second_scale": 0.9},
            "profiles.text.second_scale: second_scale is 0 (none), a ratio of the dpi from 0.02 to "
            '0.75, or "page" (the whole page in one tile); it is 0.9; choose one of them',
        ),
        (
            {"second_scale": "whole"},
            "profiles.text.second_scale: second_scale is 0 (none), a ratio of the dpi from 0.02 to "
            "0.75, or \"page\" (the whole page in one tile); it is 'whole'; choose one of them",
        ),
        (
            {"second_scale": True},
            "profiles.text.second_scale: second_scale is 0 (none), a ratio of the dpi from 0.02 to "
            '0.75, or "page" (the whole page in one tile); it is True; choose one of them',
        ),
        (
            {"second_scale": "page", "detector": "pdf-text"},
            "profiles.text: second_scale needs a detector that looks at pixels; detector is "
            "pdf-text, which reads text of any size; remove second_scale or choose another "
            "detector",
        ),
        (
            {"overlaps": 3},
            "profiles.text.overlaps: there is no such setting; it is 3; "
            "remove it or correct its name",
        ),
    ],
)
def test_a_broken_profile_is_explained(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadConfiguration) as raised:
        _with(**changes)
    assert str(raised.value) == (
        "cdk.json is not usable; nothing was synthesised. Correct, under context.tilescout:\n"
        f"  {said}"
    )


@pytest.mark.parametrize("second_scale", [0, 0.25, "page"])
def test_functions_get_the_second_scale_as_it_was_written(second_scale: float | str) -> None:
    found = _with(second_scale=second_scale).profiles["text"].shipped("text")

    assert found["second_scale"] == second_scale


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"architecture": "arm"}, "settings.architecture: input should be 'arm64' or 'x86_64'"),
        ({"log_retention_days": 31}, "settings.log_retention_days: input should be 1, 3, 5, 7,"),
        ({"detect_tile_concurrency": 1}, "greater than or equal to 2; it is 1"),
        ({"alarm_email": "nobody"}, "settings.alarm_email: string should match pattern"),
        ({"reserved_concurrency": {"guards": 1}}, "settings.reserved_concurrency.guards"),
        ({"retention": 1}, "settings.retention: there is no such setting; it is 1"),
    ],
)
def test_a_broken_setting_is_explained(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(BadConfiguration) as raised:
        _parse(settings, text=TEXT | {"default": True})
    assert said in str(raised.value)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(BadConfiguration, match=r"profiles\.text\.dpi: it is required and missing"):
        _parse(text={"detector": "textract", "tile_size": 2048, "overlap": 0, "default": True})


def test_several_faults_are_told_at_once() -> None:
    with pytest.raises(BadConfiguration) as raised:
        _with(dpi=20, colour="blue")
    assert len(str(raised.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"model_project": ""},
            "model_project names the model of detector custom-labels or onnx, only; detector is "
            "onnx and model_project ''; set both or neither",
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
        _with(**(ONNX | changes))


def test_an_onnx_profile_starts_no_model_and_looks_each_minute() -> None:
    config = _with(**ONNX)
    profile = config.profiles["text"]
    assert (profile.needs_version, profile.needs_model) == (True, False)
    assert config.model_projects() == ()
    assert config.schedules() == {"valves": "rate(1 minute)"}


def test_seconds_of_lambda_are_for_an_onnx_model_only() -> None:
    with pytest.raises(BadConfiguration, match="only detector onnx is paid by its seconds"):
        _with(seconds_per_tile=0.1)


def test_a_project_is_not_asked_by_two_detectors() -> None:
    with pytest.raises(
        BadConfiguration,
        match="profiles of one model_project have one detector; b asks valves by onnx, another "
        "profile by custom-labels; give one of the projects another name",
    ):
        _parse(
            text=TEXT | {"default": True},
            a=MODEL | {"model_project": "valves"},
            b=TEXT | ONNX,
        )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"model_project": ""},
            "profiles.symbols: model_project names the model of detector custom-labels or onnx, "
            "only; detector is custom-labels and model_project ''; "
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
        _parse(text=TEXT | {"default": True}, symbols=MODEL | changes)
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
        _with(**field)
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
    config = _parse(text=TEXT | {"default": True}, symbols=MODEL | fits)
    assert config.model_projects() == ("valves",)


def test_the_least_budget_of_a_model_follows_the_price_of_an_hour() -> None:
    profiles = {"text": TEXT | {"default": True}, "symbols": MODEL | {"budget_usd": 2}}
    with pytest.raises(BadConfiguration, match=r"starting and stopping a model, \$2\.27"):
        parse_config(
            {"tilescout": {"profiles": profiles, "prices": {"custom_labels_unit_hour": 8}}}
        )


def test_the_least_budget_of_a_model_is_that_of_the_functions() -> None:
    assert PriceTable().custom_labels_unit_hour == config.CUSTOM_LABELS_UNIT_HOUR
    assert START_SECONDS + STOP_SECONDS == config.START_AND_STOP_SECONDS


def test_a_run_closes_in_the_time_that_its_lease_gives() -> None:
    assert config.CLOSING_MINUTES * 60 == runs.CLOSING_MARGIN


def test_models_run_hourly_and_text_at_once_unless_set() -> None:
    config = _parse(text=TEXT | {"default": True}, symbols=MODEL)
    assert config.schedules() == {"textract": "rate(1 minute)", "valves": "rate(1 hour)"}


def test_a_schedule_that_is_set_to_nothing_is_refused() -> None:
    with pytest.raises(BadConfiguration, match=r"profiles\.text\.schedule: a schedule is"):
        _with(schedule="")


@pytest.mark.parametrize("defaults", [(False, False), (True, True)])
def test_exactly_one_profile_is_the_default(defaults: tuple[bool, bool]) -> None:
    first, second = defaults
    with pytest.raises(BadConfiguration, match="exactly one profile is the default"):
        _parse(a=TEXT | {"default": first}, b=TEXT | {"default": second})


def test_profiles_of_one_model_take_the_most_frequent_schedule() -> None:
    config = _parse(
        a=TEXT | {"default": True, "schedule": "rate(90 minutes)"},
        b=TEXT | {"schedule": "rate(1 hour)"},
    )
    assert config.schedules() == {"textract": "rate(1 hour)"}


def test_two_cron_expressions_of_one_model_are_refused() -> None:
    with pytest.raises(BadConfiguration, match="the profiles a, b of textract differ"):
        _parse(
            a=TEXT | {"default": True, "schedule": "cron(0 6 * * ? *)"},
            b=TEXT | {"schedule": "cron(0 7 * * ? *)"},
        )


def test_a_cron_expression_shared_by_all_profiles_is_taken() -> None:
    config = _with(schedule="cron(0 6 ? * MON-FRI *)")
    assert config.schedules() == {"textract": "cron(0 6 ? * MON-FRI *)"}


def test_the_committed_configuration_is_good() -> None:
    config = parse_config(read_context(Path(__file__).resolve().parents[2]))
    assert sorted(config.profiles) == [
        "pdf-text",
        "symbols",
        "symbols-onnx",
        "tags",
        "text",
        "text-first",
        "text-rekognition",
    ]


def test_a_profile_here_has_the_fields_of_a_profile_there() -> None:
    shipped = _with().profiles["text"].shipped("text")
    assert set(shipped) == {field.name for field in fields(Profile)}


def test_a_profile_here_has_the_defaults_of_a_profile_there() -> None:
    there = Profile(name="text", detector="textract", dpi=200, tile_size=2048, overlap=256)
    here = ConfiguredProfile.model_validate(TEXT)
    assert here.shipped("text") == to_jsonable_python(there)


def test_detectors_and_prices_are_those_of_the_functions() -> None:
    assert set(get_args(Detector)) == set(get_args(DetectorName))
    assert set(get_args(PriceName)) == {price.name for price in fields(PriceTable)}


def test_bad_configuration_ends_synth_with_a_message_and_no_traceback(tmp_path: Path) -> None:
    context = {"tilescout": {"profiles": {"text": TEXT | {"default": True, "dpi": 20}}}}
    (tmp_path / "cdk.json").write_text(json.dumps({"context": context}))
    with pytest.raises(SystemExit) as ended:
        main(["--output", str(tmp_path / "out")], sources=tmp_path)
    assert "profiles.text.dpi: input should be greater than or equal to 36" in str(ended.value.code)
    assert not (tmp_path / "out").exists()


def test_a_broken_cdk_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text("{")
    with pytest.raises(SystemExit, match=r"cdk\.json must be JSON with a"):
        main(["--output", str(tmp_path / "out")], sources=tmp_path)


def test_the_alarm_on_waiting_documents_leaves_them_the_time_that_they_may_wait() -> None:
    waits = MODEL | {"start_when": {"tiles": 9, "oldest_minutes": 26 * 60}}
    with pytest.raises(BadConfiguration, match=r"oldest_due_hours is 26, and symbols waits for 26"):
        _parse(text=TEXT | {"default": True}, symbols=waits)
