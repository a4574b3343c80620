"""Tiles cover the page, share one size and balance their stride."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.geometry import Box
from tilescout.tiling.grid import Tile, TileGrid, split_tile

LENGTHS = st.integers(1, 5_000)
TILE = Tile(7, Box(1000, 2000, 2000, 3000))


@st.composite
def grids(draw: st.DrawFn) -> TileGrid:
    size = draw(st.integers(1, 400))
    return TileGrid(size, draw(st.integers(0, size - 1)))


def test_a_page_of_three_tiles_has_its_stride_balanced() -> None:
    assert TileGrid(100, 20).starts(241) == [0, 70, 141]


def test_a_page_smaller_than_a_tile_has_one_tile_at_its_corner() -> None:
    assert TileGrid(100, 20).tiles(30, 40) == [Tile(0, Box(0, 0, 100, 100))]


def test_a_page_of_exactly_one_tile_has_one_tile() -> None:
    assert TileGrid(100, 20).starts(100) == [0]


def test_tiles_are_numbered_row_by_row() -> None:
    tiles = TileGrid(100, 0).tiles(200, 200)

    assert [(tile.index, tile.box.left, tile.box.top) for tile in tiles] == [
        (0, 0, 0),
        (1, 100, 0),
        (2, 0, 100),
        (3, 100, 100),
    ]


@pytest.mark.parametrize("overlap", [100, 101, -1])
def test_an_overlap_that_is_no_part_of_the_tile_is_refused(overlap: int) -> None:
    with pytest.raises(ValueError, match=f"tile size 100 px; received {overlap} px"):
        TileGrid(100, overlap)


@given(grids(), LENGTHS)
def test_every_pixel_of_an_axis_is_in_a_tile(grid: TileGrid, length: int) -> None:
    covered = {pixel for start in grid.starts(length) for pixel in range(start, start + grid.size)}

    assert covered >= set(range(length))


@given(grids(), LENGTHS)
def test_no_tile_leaves_an_axis_that_is_longer_than_a_tile(grid: TileGrid, length: int) -> None:
    starts = grid.starts(max(length, grid.size))

    assert starts[0] == 0
    assert starts[-1] + grid.size == max(length, grid.size)


@given(grids(), LENGTHS)
def test_neighbours_overlap_by_at_least_the_overlap(grid: TileGrid, length: int) -> None:
    strides = [after - before for before, after in pairwise(grid.starts(length))]

    assert all(grid.size - stride >= grid.overlap for stride in strides)


@given(grids(), LENGTHS)
def test_strides_differ_by_at_most_one_pixel(grid: TileGrid, length: int) -> None:
    strides = [after - before for before, after in pairwise(grid.starts(length))]

    assert not strides or max(strides) - min(strides) <= 1


@given(grids(), LENGTHS, LENGTHS)
def test_no_grid_with_fewer_tiles_would_do(grid: TileGrid, width: int, height: int) -> None:
    columns = len(grid.starts(width))

    assert grid.count(width, height) == columns * len(grid.starts(height))
    assert columns == 1 or grid.size + (columns - 2) * (grid.size - grid.overlap) < width


def test_a_tile_is_split_into_four_quarters_that_overlap() -> None:
    quarters = split_tile(TILE, 100)

    assert [quarter.box for quarter in quarters] == [
        Box(1000, 2000, 1550, 2550),
        Box(1450, 2000, 2000, 2550),
        Box(1000, 2450, 1550, 3000),
        Box(1450, 2450, 2000, 3000),
    ]
    assert {quarter.index for quarter in quarters} == {7}


def test_quarters_of_a_coarse_tile_are_whole_pixels_of_its_image() -> None:
    quarters = split_tile(Tile(7, Box(0, 0, 1000, 1000), 2.5), 51)

    # 400 px a side, in quarters of 226 px.
    assert [quarter.box for quarter in quarters] == [
        Box(0, 0, 565, 565),
        Box(435, 0, 1000, 565),
        Box(0, 435, 565, 1000),
        Box(435, 435, 1000, 1000),
    ]
    assert {quarter.scale for quarter in quarters} == {2.5}


def test_a_tile_is_not_split_with_an_overlap_as_large_as_itself() -> None:
    with pytest.raises(ValueError, match="received 1000 px"):
        split_tile(TILE, 1000)
