"""Bad configuration stops synth with the rule, the value and the remedy."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import to_jsonable_python

from infra.app import main
from infra.config.errors import BadConfiguration
from infra.config.profiles import MAX_SECOND_SCALE, MIN_SECOND_SCALE
from infra.config.profiles import Profile as ConfiguredProfile
from infra.config.stack_config import PRICE_NAMES, parse_config, read_context
from tests.infra.config.sample_profiles import MODEL, TEXT, parsed, parsed_with
from tilescout.detector_kinds import KINDS
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout_tune import setting_bounds


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"detector": "tesseract"},
            "profiles.text.detector: input should be 'custom-labels', 'textract', "
            "'rekognition-text', 'pdf-text', 'onnx' or 'example'; it is 'tesseract'; "
            "change it to a value that fits",
        ),
        (
            {"dpi": 20},
            "profiles.text.dpi: input should be greater than or equal to 36; it is 20; "
            "change it to a value that fits",
        ),
        (
            {"max_dpi": 200},
            "profiles.text: max_dpi is more than dpi, or 0 for pages that are all rendered at dpi; "
            "it is 200, and dpi is 200; raise max_dpi or remove it",
        ),
        (
            {"detector": "pdf-text", "dpi": "auto"},
            "profiles.text: only detector textract or rekognition-text has a dpi that lettering "
            "decides (dpi auto, or max_dpi); detector is pdf-text, and max_dpi is set; remove it",
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
            "profiles.text: model_project names the model of detector custom-labels or onnx or "
            "example, only; detector is textract and model_project 'valves'; "
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
            {"alphabet": "cyrillic"},
            "profiles.text.alphabet: alphabet is one of latin, greek, chinese, japanese, any; it "
            "is 'cyrillic'; choose one of them; \"any\" has every character that the reader knows",
        ),
        (
            {"detector": "pdf-text", "alphabet": "greek"},
            "profiles.text: only detector textract or rekognition-text reads drawn characters; "
            "detector is pdf-text, and alphabet is set; remove it",
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
        parsed_with(**changes)
    assert str(raised.value) == (
        "cdk.json is not usable; nothing was synthesised. Correct, under context.tilescout:\n"
        f"  {said}"
    )


@pytest.mark.parametrize("second_scale", [0, 0.25, "page"])
def test_functions_get_the_second_scale_as_it_was_written(second_scale: float | str) -> None:
    found = parsed_with(second_scale=second_scale).profiles["text"].shipped("text")

    assert found["second_scale"] == second_scale


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"architecture": "arm"}, "settings.architecture: input should be 'arm64' or 'x86_64'"),
        ({"renderer": "poppler"}, "settings.renderer: input should be 'pymupdf' or 'pdfium'"),
        ({"log_retention_days": 31}, "settings.log_retention_days: input should be 1, 3, 5, 7,"),
        ({"detect_tile_concurrency": 1}, "greater than or equal to 2; it is 1"),
        ({"detect_tile_concurrency": 9}, "account_concurrency is 10, and 23 are needed"),
        ({"account_concurrency": 9}, "greater than or equal to 10; it is 9"),
        ({"reserved_concurrency": {"guard": 1}}, "account_concurrency is 10, and 9 are left"),
        ({"alarm_email": "nobody"}, "settings.alarm_email: string should match pattern"),
        ({"reserved_concurrency": {"guards": 1}}, "settings.reserved_concurrency.guards"),
        ({"retention": 1}, "settings.retention: there is no such setting; it is 1"),
    ],
)
def test_a_broken_setting_is_explained(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(BadConfiguration) as raised:
        parsed(settings, text=TEXT | {"default": True})
    assert said in str(raised.value)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(BadConfiguration, match=r"profiles\.text\.dpi: it is required and missing"):
        parsed(text={"detector": "textract", "tile_size": 2048, "overlap": 0, "default": True})


def test_several_faults_are_told_at_once() -> None:
    with pytest.raises(BadConfiguration) as raised:
        parsed_with(dpi=20, colour="blue")
    assert len(str(raised.value).splitlines()) == 3


def test_models_run_hourly_and_text_at_once_unless_set() -> None:
    config = parsed(text=TEXT | {"default": True}, symbols=MODEL)
    assert config.schedules() == {"textract": "rate(1 minute)", "valves": "rate(1 hour)"}


def test_a_schedule_that_is_set_to_nothing_is_refused() -> None:
    with pytest.raises(BadConfiguration, match=r"profiles\.text\.schedule: a schedule is"):
        parsed_with(schedule="")


@pytest.mark.parametrize("defaults", [(False, False), (True, True)])
def test_exactly_one_profile_is_the_default(defaults: tuple[bool, bool]) -> None:
    first, second = defaults
    with pytest.raises(BadConfiguration, match="exactly one profile is the default"):
        parsed(a=TEXT | {"default": first}, b=TEXT | {"default": second})


def test_profiles_of_one_model_take_the_most_frequent_schedule() -> None:
    config = parsed(
        a=TEXT | {"default": True, "schedule": "rate(90 minutes)"},
        b=TEXT | {"schedule": "rate(1 hour)"},
    )
    assert config.schedules() == {"textract": "rate(1 hour)"}


def test_a_quota_is_shipped_to_the_functions() -> None:
    config = parsed({"calls_per_second": {"textract": 25}}, text=TEXT | {"default": True})
    assert json.loads(config.profiles_json())["calls_per_second"] == {"textract": 25}


def test_a_pace_of_a_model_that_is_started_is_refused() -> None:
    with pytest.raises(BadConfiguration) as refused:
        parsed({"calls_per_second": {"custom-labels": 25}}, text=TEXT | {"default": True})
    assert (
        "settings.calls_per_second: calls_per_second sets the pace of textract, "
        "rekognition-text, onnx, example; a model that is started is paced by its units; it names "
        "custom-labels; remove it"
    ) in str(refused.value)


def test_two_cron_expressions_of_one_model_are_refused() -> None:
    with pytest.raises(BadConfiguration, match="the profiles a, b of textract differ"):
        parsed(
            a=TEXT | {"default": True, "schedule": "cron(0 6 * * ? *)"},
            b=TEXT | {"schedule": "cron(0 7 * * ? *)"},
        )


def test_a_cron_expression_shared_by_all_profiles_is_taken() -> None:
    config = parsed_with(schedule="cron(0 6 ? * MON-FRI *)")
    assert config.schedules() == {"textract": "cron(0 6 ? * MON-FRI *)"}


def test_the_committed_configuration_is_good() -> None:
    config = parse_config(read_context(Path(__file__).resolve().parents[3]))
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
    shipped = parsed_with().profiles["text"].shipped("text")
    assert set(shipped) == {field.name for field in fields(Profile)}


def test_a_profile_here_has_the_defaults_of_a_profile_there() -> None:
    there = Profile(name="text", detector="textract", dpi=200, tile_size=2048, overlap=256)
    here = ConfiguredProfile.model_validate(TEXT)
    assert here.shipped("text") == to_jsonable_python(there)


def test_prices_are_those_of_the_functions() -> None:
    assert set(PRICE_NAMES) == set(PriceTable().by_name())


def test_an_unknown_price_name_is_explained() -> None:
    profiles = {"text": TEXT | {"default": True}}
    with pytest.raises(BadConfiguration) as raised:
        parse_config({"tilescout": {"profiles": profiles, "prices": {"textract": 0.001}}})
    assert "prices: a price is one of textract_page, detect_text_image, " in str(raised.value)
    assert "one is named 'textract'; correct the name or remove it" in str(raised.value)


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


def test_what_tune_tries_can_be_deployed() -> None:
    assert setting_bounds.SECOND_SCALE == (MIN_SECOND_SCALE, MAX_SECOND_SCALE)
    for kind in KINDS.values():
        least, most = kind.tuned_tile_px
        assert kind.tile_px[0] <= least < most <= kind.tile_px[1]
    for dpi in setting_bounds.DPI:
        assert parsed_with(dpi=dpi).profiles["text"].dpi == dpi


def test_an_automatic_dpi_reaches_the_functions_in_numbers() -> None:
    shipped = parsed_with(dpi="auto").profiles["text"].shipped("text")
    assert (shipped["dpi"], shipped["max_dpi"], shipped["max_tiles_per_page"]) == (200, 400, 100)
    chosen = parsed_with(dpi="auto", max_dpi=600, max_tiles_per_page=30).profiles["text"]
    assert (chosen.dpi, chosen.max_dpi, chosen.max_tiles_per_page) == (200, 600, 30)


def test_a_detector_that_reads_strokes_needs_the_renderer_that_has_them() -> None:
    searched = TEXT | {
        "detector": "example",
        "model_project": "valves",
        "default": True,
        "examples": [{"label": "valve", "pdf": "plan.pdf", "page": 1, "box": [0, 0, 9, 9]}],
    }
    with pytest.raises(BadConfiguration) as raised:
        parsed({"renderer": "pdfium"}, text=searched)
    assert "which the renderer pymupdf reads; renderer is pdfium, and text has" in str(raised.value)
    assert "remove the profile, or set renderer to pymupdf" in str(raised.value)
