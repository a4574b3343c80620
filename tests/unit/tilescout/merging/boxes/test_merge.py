"""Merging arrays: odd input, text, the pair search, and the work that it takes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.counted_work import calls_of, peak_bytes_of
from tests.unit.tilescout.merging.boxes.merging_pages import seen_by
from tilescout.merging import merge_detections
from tilescout.neighbours import overlapping_columns
from tilescout.tiling.grid import TileGrid

TWO_TILES = [[0, 0, 100, 100], [80, 0, 180, 100]]
PAGE = (180, 100)


def merge(*rows, text_labels=(), tile_boxes=TWO_TILES, page=PAGE):
    """Rows of left, top, right, bottom, tile; label 0."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return merge_detections(
        table[:, :4],
        [50.0] * len(table),
        [0] * len(table),
        table[:, 4].astype(int),
        tile_boxes,
        page,
        text_labels=text_labels,
    )


def test_members_are_the_rows_that_show_the_object():
    merged = merge((85, 10, 95, 20, 0), (10, 50, 20, 60, 0), (85, 10, 95, 20, 1))

    assert [sorted(merged.members_of(row).tolist()) for row in (0, 1)] == [[0, 2], [1]]


def test_no_boxes_give_no_objects():
    merged = merge()

    assert (merged.boxes.shape, merged.open_sides.shape) == ((0, 4), (0, 4))
    assert (merged.members.tolist(), merged.starts.tolist()) == ([], [0])


def test_boxes_without_an_area_or_not_finite_are_left_out():
    merged = merge(
        (10, 10, 10, 20, 0), (np.nan, 10, 20, 20, 0), (30, 10, np.inf, 20, 0), (50, 10, 60, 20, 0)
    )

    assert (merged.boxes.tolist(), merged.members.tolist()) == ([[50, 10, 60, 20]], [3])


def test_a_confidence_that_is_no_number_leaves_its_box_out():
    boxes = [[1, 1, 9, 9], [21, 1, 29, 9]]
    merged = merge_detections(boxes, [np.nan, 50.0], [0, 0], [0, 0], TWO_TILES, PAGE)

    assert merged.members.tolist() == [1]


def test_a_box_outside_of_the_page_stays_where_it_is():
    assert merge((-30, -20, 5, 5, 0)).boxes.tolist() == [[-30, -20, 5, 5]]


def test_boxes_far_outside_of_the_page_disturb_nothing():
    rows = (85, 10, 95, 20, 0), (85, 10, 95, 20, 1), (40, 50, 60, 60, 0)
    far = (-1e12, 1e12, 1e13, 2e12, 0), (30, 1e14, 40, 1e14 + 20, 1)

    merged = merge(*rows, *far)

    kept = [box for box in merged.boxes.tolist() if max(box) < 1e6]
    assert kept == merge(*rows).boxes.tolist()


def test_a_tile_larger_than_the_page_cuts_nothing():
    merged = merge((170, 90, 180, 100, 0), tile_boxes=[[0, 0, 500, 500]])

    assert merged.open_sides.tolist() == [[False, False, False, False]]


def test_labels_may_be_any_whole_numbers():
    boxes = [[1, 1, 9, 9], [21, 1, 29, 9]]
    merged = merge_detections(boxes, [1, 1], [-7, 10**12], [0, 0], TWO_TILES, PAGE)

    assert sorted(merged.labels.tolist()) == [-7, 10**12]


def test_parts_whose_middle_no_tile_reported_are_one():
    tiles = [[0, 0, 100, 100], [80, 0, 180, 100], [160, 0, 260, 100]]
    merged = merge((20, 40, 100, 60, 0), (160, 40, 250, 60, 2), tile_boxes=tiles, page=(260, 100))

    assert merged.boxes.tolist() == [[20, 40, 250, 60]]
    assert not merged.open_sides.any()


def test_parts_that_do_not_face_each_other_stay_two():
    tiles = [[0, 0, 100, 100], [80, 0, 180, 100], [160, 0, 260, 100]]
    merged = merge((20, 10, 100, 30, 0), (160, 40, 250, 60, 2), tile_boxes=tiles, page=(260, 100))

    assert merged.boxes.tolist() == [[20, 10, 100, 30], [160, 40, 250, 60]]
    assert merged.open_sides.tolist() == [[False, False, True, False], [True, False, False, False]]


def test_a_fine_part_drawn_short_of_its_seam_does_not_shrink_what_a_coarse_tile_saw_whole():
    boxes = [[20, 20, 90, 80], [90, 20, 160, 80], [20, 20, 160, 80]]
    merged = merge_detections(
        boxes,
        [90, 90, 50],
        [0, 0, 0],
        [0, 1, 2],
        [*TWO_TILES, [0, 0, 180, 180]],
        PAGE,
        tile_scales=[1, 1, 1.8],
    )

    assert merged.boxes.tolist() == [[20, 20, 160, 80]]
    assert not merged.open_sides.any()


def test_the_legs_of_an_object_that_its_tile_saw_apart_belong_to_it():
    merged = merge((60, 10, 100, 60, 0), (84, 75, 100, 90, 0), (80, 10, 150, 90, 1))

    assert merged.boxes.tolist() == [[60, 10, 150, 90]]
    assert sorted(merged.members.tolist()) == [0, 1, 2]


def test_a_line_of_text_that_ends_with_its_last_whole_letter_is_cut():
    tiles = [[0, 0, 100, 100], [100, 0, 200, 100]]
    rows = (20, 40, 92, 60, 0), (103, 40, 180, 60, 1)

    assert len(merge(*rows, tile_boxes=tiles, page=(200, 100)).boxes) == 2
    line = merge(*rows, tile_boxes=tiles, page=(200, 100), text_labels=(0,))
    assert line.boxes.tolist() == [[20, 40, 180, 60]]


def test_text_that_ends_near_its_tiles_side_is_still_what_the_next_tile_read_there():
    tiles = [[0, 0, 200, 100], [100, 0, 300, 100]]
    within, around = (131, 20, 153, 39, 0), (120, 13, 167, 53, 1)

    circled = merge(within, around, tile_boxes=tiles, page=(300, 100), text_labels=(0,))

    assert sorted(circled.members.tolist()) == [0, 1]
    assert len(circled.boxes) == 1


def test_views_that_contradict_each_other_still_make_a_box():
    tiles = [[0, 0, 100, 100], [60, 0, 160, 100], [70, 0, 110, 100]]
    begins, ends, goes_on = (90, 40, 100, 60, 0), (60, 40, 80, 60, 1), (70, 40, 110, 60, 2)

    merged = merge(begins, ends, goes_on, tile_boxes=tiles, page=(300, 100))

    assert merged.boxes.tolist() == [[60, 40, 110, 60]]
    assert merged.open_sides.tolist() == [[True, False, True, False]]


def test_boxes_of_one_tile_half_over_each_other_are_one_object_only_if_that_is_asked():
    boxes, sure = [[10, 10, 30, 30], [20, 10, 40, 30]], [90.0, 40.0]

    two = merge_detections(boxes, sure, [0, 0], [0, 0], TWO_TILES, PAGE)
    one = merge_detections(boxes, sure, [0, 0], [0, 0], TWO_TILES, PAGE, same_tile_iou=0.3)

    assert two.boxes.tolist() == boxes
    assert one.confidences.tolist() == [90.0]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"same_tile_iou": 0}, r"same_tile_iou must be above 0, at most 1; received 0"),
        ({"tiles": [2]}, r"rows of tile_boxes, 0 to 1; received 2 to 2"),
        ({"tiles": [-1]}, r"rows of tile_boxes, 0 to 1; received -1 to -1"),
        ({"tiles": [0.0]}, r"tiles must be whole numbers; received float64"),
        ({"labels": ["a"]}, r"labels must be whole numbers"),
        ({"labels": [0, 1]}, r"labels must have one value per row, 1; received \(2,\)"),
        ({"confidences": []}, r"confidences must have one value per row"),
        ({"tile_scales": [1.0, 0.0]}, r"tile_scales must be above 0"),
        ({"tile_boxes": [[0, 0, 0, 5]]}, r"left before right"),
        ({"page_size": (0, 5)}, r"above 0 px; received \(0, 5\)"),
        ({"boxes": [1, 2, 3]}, r"boxes must be n x 4; received \(3,\)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changed, message):
    given_all = {
        "boxes": [[1, 1, 9, 9]],
        "confidences": [50.0],
        "labels": [0],
        "tiles": [0],
        "tile_boxes": TWO_TILES,
        "page_size": PAGE,
    }
    with pytest.raises(ValueError, match=message):
        merge_detections(**(given_all | changed))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(0, 40)] * 2, st.integers(0, 2)),
        max_size=40,
    )
)
def test_the_pair_search_finds_what_comparing_each_with_each_finds(rows):
    table = np.array(rows, dtype=np.float64).reshape(-1, 5).T
    sides = np.concatenate((table[:2], table[:2] + table[2:4]))
    labels = table[4].astype(int)

    one, two = overlapping_columns(sides, labels)

    def meet(a, b):
        return (
            labels[a] == labels[b]
            and (
                np.minimum(sides[2:, a], sides[2:, b]) > np.maximum(sides[:2, a], sides[:2, b])
            ).all()
        )

    count = sides.shape[1]
    expected = [(a, b) for a in range(count) for b in range(a + 1, count) if meet(a, b)]
    found = [tuple(sorted(pair)) for pair in zip(one.tolist(), two.tolist(), strict=True)]
    assert sorted(found) == expected


def crowd(size, seed=0):
    """Symbols at a fixed density on a page of that size."""
    rng = np.random.default_rng(seed)
    count = size * size // 4_000
    corner = rng.uniform(0, size - 40, (count, 2))
    boxes = np.concatenate((corner, corner + rng.uniform(10, 40, (count, 2))), axis=1)
    return boxes, rng.integers(0, 5, count)


def test_twice_the_boxes_take_about_twice_the_work():
    small, large = (
        seen_by(TileGrid(640, 128), size, *crowd(size), noise=1.0) for size in (2_600, 3_677)
    )
    assert 1.8 < len(large.boxes) / len(small.boxes) < 2.2

    small.merged()  # What is imported at the first call is no work of merging.
    assert calls_of(large.merged) < 2.4 * calls_of(small.merged)
    assert peak_bytes_of(large.merged) < 2.4 * peak_bytes_of(small.merged)
