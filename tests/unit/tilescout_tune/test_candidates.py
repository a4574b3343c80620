"""The candidates of a search, and the profile that tune prints."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.config.profiles import Profile as ConfiguredProfile
from tilescout.profiles import Profile
from tilescout_tune.candidates import Candidate, merge_settings
from tilescout_tune.preference import Preference, Score
from tilescout_tune.search_space import UnusableSpace, build_search_space, default_values

BASE = Profile(name="p", detector="onnx", dpi=150, tile_size=1024, overlap=128)
MODEL = replace(BASE, detector="custom-labels")


def sides(candidate: Candidate) -> tuple[object, ...]:
    return tuple(candidate[name] for name in ("dpi", "tile_size", "overlap"))


def test_an_input_scale_multiplies_dpi_tile_size_and_overlap():
    found = build_search_space(BASE, {"input_scale": [0.5, 2]})

    assert [sides(candidate) for candidate in found.candidates] == [
        (75, 512, 64),
        (150, 1024, 128),
        (300, 2048, 256),
    ]
    assert sides(found.base) == (150, 1024, 128)


def test_a_setting_reached_by_two_ways_is_one():
    found = build_search_space(
        BASE, {"input_scale": [2], "dpi": [300], "tile_size": [2048], "overlap": [256]}
    )

    assert len(found.candidates) == 2 * 8 - 1
    assert [sides(candidate) for candidate in found.candidates].count((300, 2048, 256)) == 1


def test_along_the_input_scale_lies_what_shows_the_same_parts_of_the_page():
    found = build_search_space(BASE, {"input_scale": [0.5, 2], "dpi": [300]})
    here = found.base

    assert {sides(candidate) for candidate in found.along("input_scale", here)} == {
        (75, 512, 64),
        (150, 1024, 128),
        (300, 2048, 256),
    }
    assert {sides(candidate) for candidate in found.along("dpi", here)} == {
        (150, 1024, 128),
        (300, 1024, 128),
    }


@given(
    dpi=st.integers(72, 300),
    tile_size=st.integers(512, 2048),
    scale=st.floats(0.5, 2, allow_nan=False),
)
def test_a_tile_shows_as_much_of_the_page_at_any_input_scale(dpi, tile_size, scale):
    base = replace(BASE, dpi=dpi, tile_size=tile_size)
    inches = tile_size / dpi

    for candidate in build_search_space(base, {"input_scale": [scale]}).candidates:
        shown = candidate["tile_size"] / candidate["dpi"]
        assert shown == pytest.approx(
            inches, rel=0.5 / candidate["dpi"] + 0.5 / candidate["tile_size"] + 1e-3
        )


def test_the_profile_to_paste_has_no_input_scale():
    found = build_search_space(BASE, {"input_scale": [0.5]})

    assert found.fields == ("dpi", "tile_size", "overlap")
    assert found.candidates[0].profile(BASE) == replace(BASE, dpi=75, tile_size=512, overlap=64)


@pytest.mark.parametrize(
    ("base", "varied", "said"),
    [
        (
            MODEL,
            {"input_scale": [8]},
            "custom-labels takes tiles of 64 to 4096 px; this is 8192 (dpi 150, tile_size 1024, "
            "input_scale 8); leave out input_scale 8",
        ),
        (
            BASE,
            {"input_scale": [6]},
            "onnx takes tiles of 64 to 4096 px; this is 6144 (dpi 150, tile_size 1024, "
            "input_scale 6); leave out input_scale 6",
        ),
        (
            BASE,
            {"input_scale": [0.1]},
            "a page is rendered at 36 to 1200 dpi; this is 15 dpi (dpi 150, tile_size 1024, "
            "input_scale 0.1); leave out input_scale 0.1",
        ),
        (
            MODEL,
            {"tile_size": [8192]},
            "custom-labels takes tiles of 64 to 4096 px; this is 8192 (dpi 150, tile_size 8192); "
            "leave it out",
        ),
        (BASE, {"input_scale": [0]}, "input_scale takes numbers over 0"),
        (BASE, {"input_scale": ["twice"]}, "received 'twice'"),
        (BASE, {"dpi": [150.5]}, "dpi takes whole numbers; received 150.5"),
        (BASE, {"second_scale": [1.5]}, "second_scale takes page, 0, or numbers from 0.02 to 0.75"),
        (BASE, {"detector": ["eyes"]}, "received 'eyes'"),
        (BASE, {"budget_usd": [1, 2]}, "received 'budget_usd'"),
        (replace(BASE, overlap=600), {"dpi": [75]}, "twice as large as their overlap"),
    ],
)
def test_what_nothing_takes_is_refused_with_the_rule(base, varied, said):
    with pytest.raises(UnusableSpace) as refused:
        build_search_space(base, varied)

    assert said in str(refused.value)


def test_tiles_that_one_of_several_detectors_does_not_take_are_not_asked_of_it():
    found = build_search_space(
        BASE, {"detector": ["custom-labels", "textract"], "tile_size": [8192]}
    )

    assert [(candidate["detector"], candidate["tile_size"]) for candidate in found.candidates] == [
        ("custom-labels", 1024),
        ("textract", 1024),
        ("textract", 8192),
    ]


def test_tiles_under_twice_their_overlap_are_left_out():
    found = build_search_space(BASE, {"tile_size": [128, 256]})

    assert [candidate["tile_size"] for candidate in found.candidates] == [256, 1024]


def test_tiles_as_large_as_the_profile_has_them_are_tried():
    found = build_search_space(replace(BASE, tile_size=6000), {"dpi": [75]})

    assert [candidate["dpi"] for candidate in found.candidates] == [75, 150]


def test_values_go_around_those_of_the_profile():
    found = build_search_space(BASE, {})

    assert {
        name: sorted({candidate[name] for candidate in found.candidates}) for name in found.fields
    } == {
        "dpi": [50, 75, 100, 150, 200, 300, 400],
        "tile_size": [256, 512, 1024, 2048, 4096],
        "overlap": [32, 64, 128, 256, 512],
    }


def test_one_value_of_dpi_lies_on_each_side_of_the_profiles():
    assert default_values(replace(BASE, dpi=75))["dpi"] == [50, 100]


def test_values_around_the_profiles_that_nothing_takes_are_left_out():
    found = build_search_space(replace(MODEL, dpi=60, tile_size=4096), {})

    assert sorted({candidate["tile_size"] for candidate in found.candidates}) == [1024, 2048, 4096]
    assert min(candidate["dpi"] for candidate in found.candidates) == 40


def test_detectors_are_those_named_only():
    found = build_search_space(BASE, {"detector": ["textract"]})

    assert found.detectors == ("textract",)
    assert found.base["detector"] == "textract"


def test_a_second_scale_is_a_number_or_a_word():
    whole = build_search_space(BASE, {"second_scale": [0.25, "page"]})
    scores = [
        Score(candidate=candidate, pages=(0,), precision=1.0, recall=1.0, f1=1.0, usd=0.1, calls=1)
        for candidate in whole.candidates
    ]

    assert [candidate["second_scale"] for candidate in whole.candidates] == [0.0, 0.25, "page"]
    assert Preference().best(scores).candidate["second_scale"] == 0.0


WRITTEN = {"detector": "onnx", "dpi": 150, "tile_size": 1024, "overlap": 128}
WRITTEN |= {"model_project": "valves", "seconds_per_tile": 0.2, "budget_usd": 5}


def test_another_detector_loses_what_only_a_model_has():
    profile = merge_settings(WRITTEN, {"detector": "textract", "dpi": 200})

    assert profile == {
        "detector": "textract",
        "dpi": 200,
        "tile_size": 1024,
        "overlap": 128,
        "budget_usd": 5,
    }
    assert ConfiguredProfile(**profile).detector == "textract"


def test_a_detector_of_boxes_loses_what_only_text_has():
    tags = WRITTEN | {"detector": "textract", "find": [{"label": "tag", "pattern": "A"}]}

    assert "find" not in merge_settings(tags, {"detector": "custom-labels"})


def test_the_same_detector_keeps_every_member():
    assert merge_settings(WRITTEN, {"dpi": 100}) == WRITTEN | {"dpi": 100}


def test_a_profile_keeps_no_setting_of_a_model_that_is_not_started() -> None:
    started = WRITTEN | {"detector": "custom-labels", "start_minutes": 20}
    assert "start_minutes" not in merge_settings(started, {"detector": "onnx"})


def test_a_tuned_dpi_is_that_of_every_page() -> None:
    written = {"detector": "textract", "dpi": "auto", "max_dpi": 600, "tile_size": 2048}
    assert merge_settings(written, {"dpi": 300}) == {
        "detector": "textract",
        "dpi": 300,
        "tile_size": 2048,
    }
    assert merge_settings(written, {"tile_size": 1024}) == written | {"tile_size": 1024}
