from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from tilescout.detections import Answer, ObjectSeen, WithheldSeen, Word
from tilescout.detectors.reuse import OF_NO_ANSWER, as_if_of, may_be_shared, reuse_key, shared_name
from tilescout.geometry import Box
from tilescout.profiles import Find, Profile
from tilescout.tiling.grid import Tile

PROFILE = Profile(name="text", detector="textract", dpi=200, tile_size=1024, overlap=128)
TILE = Tile(3, Box(0, 896, 1024, 1920))
WORD = Word(text="VALVE", confidence=99.0, box=Box(10.1, 900.25, 80, 920), line=0)
ANSWER = Answer(tile=3, tile_box=TILE.box, words=(WORD,), calls=1, left_out=2)


def key(image: bytes = b"image", tile: Tile = TILE, **settings: Any) -> str:
    return reuse_key(image, tile, replace(PROFILE, **settings))


def test_the_same_image_elsewhere_has_the_same_key() -> None:
    assert key(tile=Tile(40, Box(896, 0, 1920, 1024))) == key()


def test_another_image_has_another_key() -> None:
    assert key(b"another image") != key()


@pytest.mark.parametrize("tile", [replace(TILE, scale=2.0), Tile(3, Box(0, 896, 2048, 1920))])
def test_another_size_has_another_key(tile: Tile) -> None:
    assert key(tile=tile) != key()


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
def test_other_settings_have_another_key(changed: dict[str, Any]) -> None:
    assert key(**changed) != key()


@pytest.mark.parametrize(
    "changed", [{"budget_usd": 1.0}, {"find": (Find(label="a", pattern="b"),)}]
)
def test_settings_that_no_detector_is_told_do_not_count(changed: dict[str, Any]) -> None:
    assert key(**changed) == key()


def test_only_settings_of_a_profile_are_left_out() -> None:
    assert {each.name for each in fields(Profile)} > OF_NO_ANSWER


def test_another_version_of_the_model_has_another_name() -> None:
    assert shared_name("a key", "arn:one") != shared_name("a key", "arn:two")


def test_another_key_has_another_name() -> None:
    assert shared_name("a key", "arn:one") != shared_name("another key", "arn:one")


def test_numbers_as_the_table_returns_them_make_the_same_key() -> None:
    whole = Tile(3, Box(0.0, 896.0, 1024.0, 1920.0), scale=1)
    assert key(tile=whole, min_confidence={"*": 50}) == key(min_confidence={"*": 50.0})


def test_nothing_is_shared_where_the_profile_says_so_or_the_tile_has_no_key() -> None:
    assert key(reuse=False) == ""
    assert shared_name("", "arn:one") == ""


def test_an_answer_that_lacks_something_is_not_shared() -> None:
    assert may_be_shared(ANSWER)
    assert not may_be_shared(replace(ANSWER, warnings=("tile 3 was truncated",)))


def test_an_answer_moves_to_the_tile_that_takes_it() -> None:
    seen = ObjectSeen(label="pump", confidence=80.0, box=Box(1, 897, 5, 901), angle=30.0)
    withheld = WithheldSeen(label="pump", confidence=60.0, box=seen.box, reason="cut by the edge")
    tile = Tile(9, Box(896, 0, 1920, 1024))
    assert as_if_of(tile, replace(ANSWER, objects=(seen,), withheld=(withheld,))) == Answer(
        tile=9,
        tile_box=Box(896, 0, 1920, 1024),
        words=(replace(WORD, box=Box(906.1, 4.25, 976, 24)),),
        objects=(replace(seen, box=Box(897, 1, 901, 5)),),
        withheld=(replace(withheld, box=Box(897, 1, 901, 5)),),
        calls=0,
        left_out=2,
    )
