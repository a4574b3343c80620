"""The second scale: which coarser tiles a page has, where they lie, and what of them counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tilescout.detections import Answer, Direction, ObjectSeen, Word
from tilescout.detectors.onnx.model import decoded
from tilescout.geometry import Box
from tilescout.merging.page import detect_on_page
from tilescout.merging.second_scale import keep_large_of_coarse_tiles
from tilescout.profiles import Profile, Region, SecondScale
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderedPage, RenderedTile, RenderRequest
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


def rendered(
    folder: Path, boxes: Sequence[tuple[float, float, float, float]], **changes: object
) -> tuple[RenderedPage, list[RenderedTile]]:
    """A page of 900 x 600 px with black boxes (px), tiled at 72 dpi."""
    path = folder / "page.pdf"
    with pymupdf.open() as document:
        page = document.new_page(width=900, height=600)
        for box in boxes:
            page.draw_rect(pymupdf.Rect(*box), fill=0, width=0)
        document.save(path)
    settings = {
        "page": 1,
        "dpi": 72,
        "tile_size": 300,
        "overlap": 30,
        "colour": "grey",
        "text_layer": False,
        "include": (),
        "exclude": (),
        "max_image_bytes": 1_000_000,
    }
    tiles: list[RenderedTile] = []
    made = render_page(path, RenderRequest(**(settings | changes)), tiles.append)  # type: ignore[arg-type]
    return made, tiles


def test_the_renderer_draws_the_second_scale_where_the_page_has_it(tmp_path: Path) -> None:
    _, tiles = rendered(tmp_path, [(300, 150, 600, 450)], second_scale="page")
    last = tiles[-1]
    picture = decoded(last.image)

    assert (last.tile.index, last.tile.box, last.tile.scale) == (12, Box(0, 0, 900, 900), 3)
    assert picture.shape == (300, 300)
    # A third of the box's sides: 100 to 200 and 50 to 150 px.
    assert picture[52:148, 102:198].max() < 30
    assert picture[:46].min() > 225
    assert picture[:, 206:].min() > 225


def test_a_blank_coarse_tile_is_skipped_and_counted(tmp_path: Path) -> None:
    page, tiles = rendered(tmp_path, [(10, 10, 20, 20)], second_scale=0.5)

    # 4 x 3 fine tiles and 2 x 1 coarse ones; ink is in the first of each.
    assert [each.tile.index for each in tiles] == [0, 12]
    assert (page.tiles_sent, page.tiles_skipped) == (2, 12)


def test_regions_hold_at_the_second_scale_too(tmp_path: Path) -> None:
    everywhere = [(x, y, x + 9, y + 9) for x in range(5, 900, 60) for y in range(5, 600, 60)]
    left = (Region(left=0, top=0, right=0.1, bottom=1),)
    _, tiles = rendered(tmp_path, everywhere, second_scale=0.5, include=left, colour="rgb")

    assert all(each.tile.box.left == 0 for each in tiles)
    assert 12 in [each.tile.index for each in tiles]


def test_coarse_tiles_of_a_colour_page_are_in_colour(tmp_path: Path) -> None:
    _, tiles = rendered(tmp_path, [(10, 10, 20, 20)], second_scale="page", colour="rgb")
    path = tmp_path / "tile.jpg"
    path.write_bytes(tiles[-1].image)

    with Image.open(path) as picture:
        assert picture.mode == "RGB"


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
