from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from tilescout.detections import Answer, ObjectSeen, WithheldSeen, Word
from tilescout.detectors.reuse import OF_NO_ANSWER, as_if_of, content_of, may_be_shared, shared_name
from tilescout.geometry import Box
from tilescout.ledger import TileRow
from tilescout.profiles import Find, Profile

PROFILE = Profile(name="text", detector="textract", dpi=200, tile_size=1024, overlap=128)
ROW = TileRow(page=1, tile=3, box=(0, 896, 1024, 1920), image="image", content="c" * 32)
WORD = Word(text="VALVE", confidence=99.0, box=Box(10.1, 900.25, 80, 920), line=0)
ANSWER = Answer(tile=3, tile_box=Box(0, 896, 1024, 1920), words=(WORD,), calls=1, left_out=2)


def test_the_same_image_elsewhere_has_the_same_name() -> None:
    elsewhere = replace(ROW, page=7, tile=40, box=(896, 0, 1920, 1024), image="other")
    assert shared_name(elsewhere, PROFILE, "") == shared_name(ROW, PROFILE, "")


@pytest.mark.parametrize(
    "changed",
    [
        {"content": "d" * 32},
        {"scale": 2.0},
        {"box": (0, 896, 2048, 1920)},
    ],
)
def test_another_image_or_size_has_another_name(changed: dict[str, Any]) -> None:
    assert shared_name(replace(ROW, **changed), PROFILE, "") != shared_name(ROW, PROFILE, "")


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "other"},
        {"detector": "rekognition-text"},
        {"dpi": 300},
        {"min_confidence": {"*": 50.0}},
        {"alphabet": "greek"},
    ],
)
def test_other_settings_have_another_name(changed: dict[str, Any]) -> None:
    assert shared_name(ROW, replace(PROFILE, **changed), "") != shared_name(ROW, PROFILE, "")


@pytest.mark.parametrize(
    "changed", [{"budget_usd": 1.0}, {"find": (Find(label="a", pattern="b"),)}]
)
def test_settings_that_no_detector_is_told_do_not_count(changed: dict[str, Any]) -> None:
    assert shared_name(ROW, replace(PROFILE, **changed), "") == shared_name(ROW, PROFILE, "")


def test_only_settings_of_a_profile_are_left_out() -> None:
    assert {each.name for each in fields(Profile)} > OF_NO_ANSWER


def test_another_version_of_the_model_has_another_name() -> None:
    assert shared_name(ROW, PROFILE, "arn:one") != shared_name(ROW, PROFILE, "arn:two")


def test_numbers_as_the_table_returns_them_make_the_same_name() -> None:
    whole = replace(ROW, box=(0.0, 896.0, 1024.0, 1920.0), scale=1)
    stored = replace(PROFILE, min_confidence={"*": 50})
    as_set = replace(PROFILE, min_confidence={"*": 50.0})
    assert shared_name(whole, stored, "") == shared_name(ROW, as_set, "")


def test_nothing_is_shared_where_the_profile_says_so_or_the_image_is_not_known() -> None:
    off = replace(PROFILE, reuse=False)
    assert shared_name(ROW, off, "") == shared_name(replace(ROW, content=""), PROFILE, "") == ""
    assert content_of(b"image", off) == ""


def test_an_answer_that_lacks_something_is_not_shared() -> None:
    assert may_be_shared(ANSWER)
    assert not may_be_shared(replace(ANSWER, warnings=("tile 3 was truncated",)))


def test_an_answer_moves_to_the_tile_that_takes_it() -> None:
    seen = ObjectSeen(label="pump", confidence=80.0, box=Box(1, 897, 5, 901), angle=30.0)
    withheld = WithheldSeen(label="pump", confidence=60.0, box=seen.box, reason="cut by the edge")
    row = replace(ROW, tile=9, box=(896, 0, 1920, 1024))
    assert as_if_of(row, replace(ANSWER, objects=(seen,), withheld=(withheld,))) == Answer(
        tile=9,
        tile_box=Box(896, 0, 1920, 1024),
        words=(replace(WORD, box=Box(906.1, 4.25, 976, 24)),),
        objects=(replace(seen, box=Box(897, 1, 901, 5)),),
        withheld=(replace(withheld, box=Box(897, 1, 901, 5)),),
        calls=0,
        left_out=2,
    )
