"""Answers of coarser tiles count for things that are larger than a fine tile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.detections import Answer, Direction, ObjectSeen, Word
from tilescout.geometry import Box
from tilescout.merging.page import detect_on_page
from tilescout.merging.second_scale import keep_large_of_coarse_tiles
from tilescout.profiles import Profile
from tilescout.tiling.grid import TileGrid

GRID = TileGrid(400, 50)


def seen(*boxes: Box, tile: int, tile_box: Box, scale: float = 1.0) -> Answer:
    objects = tuple(ObjectSeen(label="tank", confidence=90, box=box) for box in boxes)
    return Answer(tile=tile, tile_box=tile_box, objects=objects, scale=scale)


FINE = [
    (0, Box(0, 0, 400, 400)),
    (1, Box(350, 0, 750, 400)),
    (2, Box(0, 350, 400, 750)),
    (3, Box(350, 350, 750, 750)),
]
PROFILE = Profile(name="p", detector="onnx", dpi=72, tile_size=400, overlap=50)
TANK = Box(100, 100, 660, 640)


def corners() -> list[Answer]:
    """The corners of the tank that the fine tiles see; none sees its outline at the seam."""
    parts = (TANK.intersection(box).grow(-8, -8) for _, box in FINE)
    return [seen(part, tile=at, tile_box=box) for (at, box), part in zip(FINE, parts, strict=True)]


def test_an_object_larger_than_a_tile_is_found_once_with_a_second_scale() -> None:
    whole = seen(TANK, tile=4, tile_box=Box(0, 0, 750, 750), scale=1.875)

    (found,) = detect_on_page([*corners(), whole], 1, 750, 750, PROFILE)

    assert found.box == TANK
    assert 4 in found.tiles


def test_an_object_no_fine_tile_knows_is_found_by_the_second_scale_alone() -> None:
    whole = seen(TANK, tile=4, tile_box=Box(0, 0, 750, 750), scale=1.875)

    (found,) = detect_on_page([whole], 1, 750, 750, PROFILE)

    assert (found.box, found.open_sides) == (TANK, ())


def test_what_lies_in_a_fine_tile_wherever_it_is_counts_from_there_only() -> None:
    small = seen(Box(90, 90, 140, 140), tile=4, tile_box=Box(0, 0, 750, 750), scale=1.875)

    assert detect_on_page([small], 1, 750, 750, PROFILE) == ()


def test_a_fine_tile_that_saw_the_thing_whole_names_it() -> None:
    box = Box(90, 90, 190, 190)
    pump = seen(box, tile=0, tile_box=FINE[0][1])
    alarm = Answer(
        tile=4,
        tile_box=Box(0, 0, 750, 750),
        objects=(ObjectSeen(label="alarm", confidence=99, box=box.grow(3, 3)),),
        scale=1.875,
    )

    assert [each.label for each in detect_on_page([pump, alarm], 1, 750, 750, PROFILE)] == ["tank"]
    assert [each.label for each in detect_on_page([alarm], 1, 750, 750, PROFILE)] == ["alarm"]


def test_what_fine_tiles_saw_cut_does_not_gainsay_the_second_scale() -> None:
    cut = seen(Box(200, 90, 400, 190), tile=0, tile_box=FINE[0][1])
    frame = Answer(
        tile=4,
        tile_box=Box(0, 0, 750, 750),
        objects=(ObjectSeen(label="frame", confidence=60, box=Box(190, 90, 420, 190)),),
        scale=1.875,
    )

    labels = {each.label for each in detect_on_page([cut, frame], 1, 750, 750, PROFILE)}
    assert labels == {"tank", "frame"}


@pytest.mark.parametrize(
    ("box", "direction", "counts"),
    [
        (Box(0, 0, 300, 60), "right", True),
        (Box(0, 0, 300, 40), "right", False),
        (Box(0, 0, 60, 300), "up", True),
        (Box(0, 0, 40, 300), "down", False),
    ],
)
def test_coarse_text_counts_by_the_height_of_its_letters(
    box: Box, direction: Direction, counts: bool
) -> None:
    word = Word(text="NORTH", confidence=90, box=box, line=0, direction=direction)
    answer = Answer(tile=4, tile_box=Box(0, 0, 750, 750), words=(word,), scale=1.875)

    assert keep_large_of_coarse_tiles([answer], PROFILE)[0].words == ((word,) if counts else ())
    fine = Answer(tile=0, tile_box=Box(0, 0, 400, 400), words=(word,))
    assert keep_large_of_coarse_tiles([fine], PROFILE) == [fine]


def said(text: str, box: Box, tile: int, tile_box: Box, scale: float = 1.0) -> Answer:
    word = Word(text=text, confidence=90, box=box, line=0)
    return Answer(tile=tile, tile_box=tile_box, words=(word,), scale=scale)


NORTH = Box(100, 100, 660, 300)


def north(text: str) -> Answer:
    return said(text, NORTH, 4, Box(0, 0, 750, 750), 1.875)


def texts(*answers: Answer) -> list[str]:
    return [each.text for each in detect_on_page(answers, 1, 750, 750, PROFILE)]


def test_letters_larger_than_the_overlap_are_read_at_the_second_scale() -> None:
    parts = [
        said("NOI", Box(100, 100, 396, 300), 0, FINE[0][1]),
        said("21H", Box(354, 100, 660, 300), 1, FINE[1][1]),
    ]

    assert texts(*parts) == ["NOI 21H"]
    assert texts(*parts, north("NORTH")) == ["NORTH"]


def test_small_text_inside_large_letters_is_left_as_it_was() -> None:
    small = said("DRAFT", Box(120, 180, 200, 200), 0, FINE[0][1])

    assert sorted(texts(small, north("NORTH"))) == ["DRAFT", "NORTH"]


def test_the_text_layer_is_never_read_better() -> None:
    layer = said("SOUTH", NORTH, -1, Box(0, 0, 750, 750))

    assert texts(layer, north("NORTH")) == ["SOUTH"]


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 600), st.integers(5, 49))))
def test_what_is_small_is_the_same_with_a_second_scale_and_without(
    squares: list[tuple[int, int, int]],
) -> None:
    boxes = [Box(left, top, left + side, top + side) for left, top, side in squares]
    fine = [
        seen(*(box for box in boxes if tile_box.contains(box)), tile=at, tile_box=tile_box)
        for at, tile_box in FINE
    ]
    coarse = seen(*boxes, tile=4, tile_box=Box(0, 0, 750, 750), scale=1.875)

    with_it = detect_on_page([*fine, coarse], 1, 750, 750, PROFILE)
    assert with_it == detect_on_page(fine, 1, 750, 750, PROFILE)
