"""The profile that tune prints can stand in cdk.json."""

from __future__ import annotations

from infra.config.profiles import Profile
from tilescout_tune.candidates import merge_settings

SYMBOLS = {"detector": "onnx", "dpi": 150, "tile_size": 1024, "overlap": 128}
SYMBOLS |= {"model_project": "valves", "seconds_per_tile": 0.2, "budget_usd": 5}


def test_another_detector_loses_what_only_a_model_has():
    profile = merge_settings(SYMBOLS, {"detector": "textract", "dpi": 200})

    assert profile == {
        "detector": "textract",
        "dpi": 200,
        "tile_size": 1024,
        "overlap": 128,
        "budget_usd": 5,
    }
    assert Profile(**profile).detector == "textract"


def test_a_detector_of_boxes_loses_what_only_text_has():
    tags = SYMBOLS | {"detector": "textract", "find": [{"label": "tag", "pattern": "A"}]}

    assert "find" not in merge_settings(tags, {"detector": "custom-labels"})


def test_the_same_detector_keeps_every_member():
    assert merge_settings(SYMBOLS, {"dpi": 100}) == SYMBOLS | {"dpi": 100}


def test_a_profile_keeps_no_setting_of_a_model_that_is_not_started() -> None:
    started = SYMBOLS | {"detector": "custom-labels", "start_minutes": 20}
    assert "start_minutes" not in merge_settings(started, {"detector": "onnx"})
