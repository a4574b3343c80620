"""The second scale: the coarser tiles that a page has, and where they lie."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.geometry import Box
from tilescout.profiles import Region, SecondScale
from tilescout.tiling.grid import TileGrid
from tilescout.tiling.page_scales import PageScale, page_scales

GRID = TileGrid(400, 50)
LENGTHS = st.integers(1, 9_000)
SECOND_SCALES = st.one_of(st.just("page"), st.floats(0.02, 0.75))


def coarse(size: tuple[int, int], second_scale: SecondScale) -> PageScale:
    return page_scales(size, GRID, second_scale)[1]


def test_a_quarter_of_the_dpi_needs_a_sixteenth_of_the_tiles() -> None:
    own, quarter = page_scales((3_600, 2_400), GRID, 0.25)

    assert (len(own.tiles(GRID)), len(quarter.tiles(GRID))) == (77, 6)
    assert quarter.size == (900, 600)


def test_coarse_tiles_are_numbered_after_the_fine_ones() -> None:
    assert [tile.index for tile in coarse((3_600, 2_400), 0.25).tiles(GRID)] == [*range(77, 83)]


def test_regions_leave_the_numbers_of_coarse_tiles_as_they_are() -> None:
    right = (Region(left=0.9, top=0, right=1, bottom=1),)

    assert [tile.index for tile in coarse((3_600, 2_400), 0.25).tiles(GRID, right)] == [79, 82]


def test_the_whole_page_is_one_tile_in_page_pixels() -> None:
    page = coarse((3_600, 2_400), "page")

    assert [page.on_page(tile) for tile in page.tiles(GRID)] == [page.on_page(page.tiles(GRID)[0])]
    assert page.on_page(page.tiles(GRID)[0]).box == Box(0, 0, 3_600, 3_600)
    assert page.on_page(page.tiles(GRID)[0]).scale == 9


def test_a_page_of_one_tile_has_no_second_scale() -> None:
    assert page_scales((400, 300), GRID, "page") == page_scales((400, 300), GRID)


def test_without_a_second_scale_the_page_has_its_own_alone() -> None:
    assert page_scales((3_600, 2_400), GRID) == (PageScale(ratio=1.0, size=(3_600, 2_400)),)


@given(LENGTHS, LENGTHS, SECOND_SCALES)
def test_coarse_tiles_cover_the_page_and_begin_on_it(
    width: int, height: int, second_scale: SecondScale
) -> None:
    for scale in page_scales((width, height), GRID, second_scale)[1:]:
        boxes = [scale.on_page(tile).box for tile in scale.tiles(GRID)]

        assert all(0 <= box.left < width and 0 <= box.top < height for box in boxes)
        assert max(box.right for box in boxes) >= width
        assert max(box.bottom for box in boxes) >= height


@given(LENGTHS, LENGTHS, SECOND_SCALES)
def test_pixels_of_a_coarse_tile_go_to_the_page_and_back(
    width: int, height: int, second_scale: SecondScale
) -> None:
    for scale in page_scales((width, height), GRID, second_scale)[1:]:
        for tile in scale.tiles(GRID):
            there = scale.on_page(tile)
            back = [side / there.scale for side in astuple(there.box)]
            assert back == pytest.approx(list(astuple(tile.box)), abs=0.01)
            assert there.box.width == pytest.approx(GRID.size * there.scale, abs=1e-3)


@given(LENGTHS, LENGTHS)
def test_the_whole_page_is_never_cut_in_two(width: int, height: int) -> None:
    scales = page_scales((width, height), GRID, "page")

    assert [len(scale.tiles(GRID)) for scale in scales[1:]] in ([], [1])
