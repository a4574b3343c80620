"""Boxes, their overlap, and a page's size in pixels."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.geometry import Box, ios, iou, union
from tilescout.profiles import Region
from tilescout.tiling.grid import TileGrid
from tilescout.tiling.page_geometry import kept_tiles, page_pixels

SIDES = st.integers(0, 1_000)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, right = sorted((draw(SIDES), draw(SIDES)))
    top, bottom = sorted((draw(SIDES), draw(SIDES)))
    return Box(left, top, right, bottom)


def region(left: float, top: float, right: float, bottom: float) -> Region:
    return Region(left=left, top=top, right=right, bottom=bottom)


def test_half_covered_boxes_have_an_iou_of_a_third() -> None:
    assert iou(Box(0, 0, 10, 10), Box(5, 0, 15, 10)) == pytest.approx(1 / 3)


def test_a_part_inside_the_whole_has_an_ios_of_one() -> None:
    assert ios(Box(0, 0, 100, 100), Box(10, 10, 20, 20)) == 1.0


def test_boxes_that_touch_do_not_overlap() -> None:
    assert iou(Box(0, 0, 10, 10), Box(10, 0, 20, 10)) == 0.0


def test_union_reaches_around_all_boxes() -> None:
    assert union([Box(5, 6, 7, 8), Box(1, 7, 6, 20)]) == Box(1, 6, 7, 20)


def test_pixels_at_300_dpi_become_points() -> None:
    assert Box(300, 600, 900, 1200).to_points(300) == Box(72, 144, 216, 288)


def test_rounding_keeps_a_hairline() -> None:
    assert Box(10.1, 10.1, 10.2, 30.7).rounded() == (10, 10, 11, 31)


def test_a_box_outside_is_clamped_to_the_edge() -> None:
    assert Box(-5, 90, 20, 130).clamp(Box(0, 0, 100, 100)) == Box(0, 90, 20, 100)


@given(boxes(), boxes())
def test_overlap_is_symmetric_and_a_share(a: Box, b: Box) -> None:
    assert iou(a, b) == iou(b, a)
    assert 0 <= iou(a, b) <= ios(a, b) <= 1


@given(boxes(), boxes(), boxes())
def test_union_does_not_depend_on_order_and_contains_all(a: Box, b: Box, c: Box) -> None:
    around = union([a, b, c])

    assert all(around.contains(box) for box in (a, b, c))
    assert all(union(order) == around for order in permutations([a, b, c]))


def test_an_a0_sheet_at_200_dpi_is_9363_by_6623_pixels() -> None:
    assert page_pixels(3370.394, 2383.937, 200) == (9363, 6623)


def test_a_size_that_is_whole_but_for_rounding_gains_no_pixel() -> None:
    assert page_pixels(72.00001, 36.0, 300) == (300, 150)


def test_a_speck_of_a_page_is_one_pixel() -> None:
    assert page_pixels(0.01, 0.01, 72) == (1, 1)


def test_without_regions_every_tile_is_kept() -> None:
    assert len(kept_tiles(TileGrid(100, 0), (300, 300))) == 9


def test_tiles_that_touch_an_included_region_are_kept() -> None:
    kept = kept_tiles(TileGrid(100, 0), (300, 300), include=(region(0, 0, 0.5, 0.2),))

    assert [tile.index for tile in kept] == [0, 1]


def test_only_tiles_wholly_inside_an_excluded_region_are_left_out() -> None:
    kept = kept_tiles(TileGrid(100, 0), (300, 300), exclude=(region(0.5, 0.5, 1, 1),))

    assert [tile.index for tile in kept] == [0, 1, 2, 3, 4, 5, 6, 7]


def test_the_paper_around_a_small_page_does_not_keep_a_tile() -> None:
    kept = kept_tiles(TileGrid(100, 0), (50, 50), exclude=(region(0, 0, 1, 1),))

    assert kept == []
