"""Objects seen by overlapping tiles become one each."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tilescout.detections import Answer, ObjectSeen
from tilescout.geometry import Box
from tilescout.merging import MergedObject, merge_objects
from tilescout.tiling.grid import TileGrid

LEFT_TILE, RIGHT_TILE = Box(0, 0, 1000, 1000), Box(900, 0, 1900, 1000)


def seen(left, top, right, bottom, label="valve", confidence=90.0):
    return ObjectSeen(label=label, confidence=confidence, box=Box(left, top, right, bottom))


def answer(tile, box, *objects):
    return Answer(tile=tile, tile_box=box, objects=objects)


def merge(*answers):
    return merge_objects(answers, 1900, 1000)


def test_an_object_seen_by_two_tiles_is_one_with_the_higher_confidence():
    merged = merge(
        answer(0, LEFT_TILE, seen(920, 100, 980, 160, confidence=80.0)),
        answer(1, RIGHT_TILE, seen(920, 100, 980, 160, confidence=95.0)),
    )

    assert merged == (
        MergedObject(label="valve", confidence=95.0, box=Box(920, 100, 980, 160), tiles=(0, 1)),
    )


def test_sides_seen_uncut_by_both_tiles_are_averaged_by_confidence():
    merged = merge(
        answer(0, LEFT_TILE, seen(920, 100, 980, 160, confidence=75.0)),
        answer(1, RIGHT_TILE, seen(924, 100, 980, 160, confidence=25.0)),
    )

    assert merged[0].box.left == 921


def test_a_cut_side_comes_from_the_tile_that_saw_it():
    merged = merge(
        answer(0, LEFT_TILE, seen(940, 100, 999, 160)),
        answer(1, RIGHT_TILE, seen(940, 100, 1040, 160)),
    )

    assert (merged[0].box, merged[0].open_sides) == (Box(940, 100, 1040, 160), ())


def test_an_object_wider_than_the_overlap_is_put_together():
    merged = merge(
        answer(0, LEFT_TILE, seen(800, 100, 1000, 160)),
        answer(1, RIGHT_TILE, seen(900, 100, 1100, 160)),
    )

    assert [(each.box, each.open_sides) for each in merged] == [(Box(800, 100, 1100, 160), ())]


def test_a_side_that_no_tile_saw_is_open():
    merged = merge(answer(0, LEFT_TILE, seen(960, 100, 1000, 160)))

    assert merged[0].open_sides == ("right",)


def test_a_side_on_the_border_of_the_page_is_not_open():
    merged = merge(answer(1, RIGHT_TILE, seen(1860, 0, 1900, 60)))

    assert merged[0].open_sides == ()


def test_objects_of_different_labels_are_never_one():
    merged = merge(
        answer(0, LEFT_TILE, seen(920, 100, 980, 160)),
        answer(1, RIGHT_TILE, seen(920, 100, 980, 160, label="pump")),
    )

    assert [each.label for each in merged] == ["pump", "valve"]


def test_two_boxes_of_one_tile_are_two_objects():
    merged = merge(
        answer(0, LEFT_TILE, seen(920, 100, 960, 160), seen(940, 100, 980, 160)),
        answer(1, RIGHT_TILE, seen(920, 100, 960, 160), seen(940, 100, 980, 160)),
    )

    assert [each.box.left for each in merged] == [920, 940]


def test_one_tile_that_says_the_same_twice_is_heard_once():
    merged = merge(
        answer(
            0,
            LEFT_TILE,
            seen(100, 100, 200, 200, confidence=60.0),
            seen(101, 100, 201, 200, confidence=70.0),
        )
    )

    assert [each.confidence for each in merged] == [70.0]


def test_an_object_that_goes_on_is_not_a_neighbour_that_ends_in_the_overlap():
    merged = merge(
        answer(0, LEFT_TILE, seen(905, 100, 960, 160)),
        answer(1, RIGHT_TILE, seen(905, 100, 960, 160), seen(962, 100, 1100, 160)),
    )

    assert [each.box.left for each in merged] == [905, 962]


def test_no_answers_hold_no_objects():
    assert merge() == ()


@st.composite
def scenes(draw):
    """Separate objects on a page, and a grid whose overlap they may exceed."""
    grid = TileGrid(draw(st.integers(100, 200)), draw(st.integers(20, 60)))
    cells = draw(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), unique=True, max_size=9))
    boxes = []
    for column, row in cells:
        left, top = column * 90 + draw(st.integers(2, 20)), row * 90 + draw(st.integers(2, 20))
        width, height = draw(st.integers(10, 65)), draw(st.integers(10, 65))
        boxes.append(Box(left, top, left + width, top + height))
    return grid, boxes


def seen_by_tiles(grid, boxes):
    """Returns what a faultless detector sees of each box in each tile."""
    return [
        Answer(
            tile=tile.index,
            tile_box=tile.box,
            objects=tuple(
                ObjectSeen(label="valve", confidence=90.0, box=box.intersection(tile.box))
                for box in boxes
                if box.intersection(tile.box).area > 0
            ),
        )
        for tile in grid.tiles(450, 450)
    ]


@settings(max_examples=100, deadline=None)
@given(scenes(), st.randoms(use_true_random=False))
def test_the_order_of_answers_is_irrelevant(scene, shuffler):
    answers = seen_by_tiles(*scene)

    shuffled = shuffler.sample(answers, len(answers))

    assert merge_objects(shuffled, 450, 450) == merge_objects(answers, 450, 450)


@settings(max_examples=100, deadline=None)
@given(scenes())
def test_separate_objects_seen_without_fault_come_back_exactly(scene):
    grid, boxes = scene

    merged = merge_objects(seen_by_tiles(grid, boxes), 450, 450)

    assert sorted(each.box for each in merged) == sorted(boxes)
    assert all(each.open_sides == () for each in merged)


def turned(left, top, right, bottom, angle, confidence=90.0):
    box = Box(left, top, right, bottom)
    return ObjectSeen(label="valve", confidence=confidence, box=box, angle=angle)


def test_an_object_has_the_angle_of_the_tile_that_saw_it_whole():
    merged = merge(
        answer(0, LEFT_TILE, turned(940, 100, 1000, 160, angle=44.0, confidence=99.0)),
        answer(1, RIGHT_TILE, turned(940, 100, 1040, 160, angle=20.0)),
    )

    assert [each.angle for each in merged] == [20.0]


def test_the_order_of_tiles_decides_no_angle():
    views = (
        answer(0, LEFT_TILE, turned(920, 100, 980, 160, angle=1.0)),
        answer(1, RIGHT_TILE, turned(920, 100, 980, 160, angle=179.0)),
    )

    assert merge(*views) == merge(*reversed(views))


def test_an_object_without_an_angle_has_none():
    assert merge(answer(0, LEFT_TILE, seen(100, 100, 200, 200)))[0].angle is None


def named(label: str, likeness: float, box: Box) -> ObjectSeen:
    return ObjectSeen(label=label, confidence=80.0, box=box, likeness=likeness)


def test_a_symbol_that_tiles_name_differently_is_one_object_by_the_best_likeness() -> None:
    answers = [
        Answer(tile=0, tile_box=Box(0, 0, 100, 100), objects=(
            named("valve", 0.7, Box(80, 40, 100, 60)),)),
        Answer(tile=1, tile_box=Box(60, 0, 160, 100), objects=(
            named("pump", 0.95, Box(80, 40, 110, 60)),)),
    ]  # fmt: skip

    [merged] = merge_objects(answers, 160, 100)

    assert (merged.label, merged.box, merged.tiles) == ("pump", Box(80, 40, 110, 60), (0, 1))
