"""The time that a model takes for a tile of another size, and its price."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tilescout.detections import Answer
from tilescout.detectors.onnx.cards import ModelInput
from tilescout.profiles import Profile
from tilescout.tiling.grid import Tile
from tilescout_tune.answer_cache import NamedDetector
from tilescout_tune.onnx_detector import pixels_of_tile
from tilescout_tune.trials import with_tile_seconds

BASE = Profile(
    name="p", detector="onnx", dpi=150, tile_size=1024, overlap=128, seconds_per_tile=0.25
)
ANY_SIZE = ModelInput(name="image", type="uint8", channels=1)


class Blind:
    def detect(self, image: bytes, tile: Tile) -> Answer:
        return Answer(tile=tile.index, tile_box=tile.box)


def seconds(tile_size: int, taken: ModelInput = ANY_SIZE, base: Profile = BASE) -> float:
    model = NamedDetector(name="m", port=Blind(), pixels=pixels_of_tile(taken))
    return with_tile_seconds(replace(base, tile_size=tile_size), base, model).seconds_per_tile


@pytest.mark.parametrize(("tile_size", "taken"), [(512, 0.0625), (1024, 0.25), (4096, 4.0)])
def test_a_model_that_takes_tiles_as_they_are_takes_time_with_their_pixels(
    tile_size: int, taken: float
) -> None:
    assert seconds(tile_size) == taken


def test_a_model_of_one_size_takes_the_same_time_for_every_tile() -> None:
    fixed = replace(ANY_SIZE, height=640, width=640)

    assert [seconds(side, fixed) for side in (512, 1024, 4096)] == [0.25, 0.25, 0.25]


def test_a_model_of_one_height_takes_time_with_the_width_alone() -> None:
    assert seconds(2048, replace(ANY_SIZE, height=640)) == 0.5


def test_pixels_are_those_of_whole_steps() -> None:
    assert seconds(1000) == 0.25


def test_a_profile_gets_seconds_that_it_may_have_in_three_digits() -> None:
    slow = replace(BASE, seconds_per_tile=5.0)

    assert seconds(1408) == 0.473
    assert seconds(4096, base=slow) == 30.0


def test_what_is_paid_by_the_call_is_not_timed() -> None:
    reader = NamedDetector(name="textract", port=Blind())
    profile = replace(BASE, detector="textract", tile_size=4096)

    assert with_tile_seconds(profile, BASE, reader) == profile
