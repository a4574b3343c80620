"""Parts of drawings at any scale, with the layers that are wanted."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.unit.tilescout_viewer.result_folders import DPI, write_drawing
from tilescout.errors import RenderLimitExceeded, UnreadableDocument, UnsupportedPage
from tilescout.rendering.process import RenderLimits
from tilescout.tiling.page_geometry import page_pixels
from tilescout_drawings.drawing import Drawing, Layer
from tilescout_drawings.pyramid import PagePyramid, PixelArea
from tilescout_drawings.tile_cache import TileCache, TileRequest

WIDTH, HEIGHT = page_pixels(842, 595, DPI)
PYRAMID = PagePyramid(width=WIDTH, height=HEIGHT, dpi=DPI)


@pytest.fixture
def drawing(tmp_path: Path) -> Drawing:
    write_drawing(tmp_path / "plan.pdf")
    return Drawing(tmp_path / "plan.pdf")


def pixels(body: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(Image.open(io.BytesIO(body)).convert("L"))


def test_the_sharpest_level_has_600_dpi_and_a_power_of_two_of_the_pixels_of_the_boxes() -> None:
    assert PYRAMID.magnification == 4
    assert PYRAMID.size(PYRAMID.levels - 1) == (4 * WIDTH, 4 * HEIGHT)
    assert PYRAMID.size(0) == (1, 1)
    assert PYRAMID.level_dpi(PYRAMID.levels - 1) == 800


def test_a_page_of_36_000_px_is_not_magnified_beyond_what_a_browser_can_address() -> None:
    large = PagePyramid(width=36_000, height=24_000, dpi=72)
    assert large.magnification == 4
    assert large.size(large.levels - 1) == (144_000, 96_000)


@given(width=st.integers(1, 40_000), height=st.integers(1, 40_000), dpi=st.integers(20, 1200))
def test_the_tiles_of_each_level_cover_it_without_overlap(
    width: int, height: int, dpi: int
) -> None:
    pyramid = PagePyramid(width=width, height=height, dpi=dpi)
    for level in range(pyramid.levels):
        columns, rows = pyramid.columns_and_rows(level)
        last = pyramid.area(level, columns - 1, rows - 1)
        assert (last.right, last.bottom) == pyramid.size(level)
        assert not pyramid.has(level, columns, 0)


def test_a_part_shows_the_same_pixels_as_the_whole(drawing: Drawing) -> None:
    with drawing:
        whole = drawing.area(1, dpi=DPI, size=(WIDTH, HEIGHT), area=PixelArea(0, 0, 800, 600))
        part = drawing.area(1, dpi=DPI, size=(WIDTH, HEIGHT), area=PixelArea(300, 200, 800, 600))
    assert np.array_equal(pixels(whole.body)[200:, 300:], pixels(part.body))


def test_a_crop_holds_the_symbol(drawing: Drawing) -> None:
    with drawing:
        crop = drawing.crop(1, (40, 60, 64, 84), dpi=DPI)
    assert crop.size == (67, 68)
    assert np.asarray(crop.convert("L")).min() < 60


def test_layers_are_listed_and_shown_where_wanted(drawing: Drawing) -> None:
    note = PixelArea(820, 50, 1100, 100)
    with drawing:
        layers = drawing.layers
        own = drawing.area(1, dpi=DPI, size=(WIDTH, HEIGHT), area=note)
        every = [layer.number for layer in layers]
        all_on = drawing.area(1, dpi=DPI, size=(WIDTH, HEIGHT), area=note, shown_layers=every)
        again = drawing.area(1, dpi=DPI, size=(WIDTH, HEIGHT), area=note)
    assert {(layer.name, layer.is_shown) for layer in layers} == {
        ("setting out", False),
        ("piping", True),
    }
    assert isinstance(layers[0], Layer)
    assert pixels(own.body).min() == 255
    assert pixels(all_on.body).min() < 60
    assert pixels(again.body).min() == 255


def test_tiles_are_kept_and_drawn_once(drawing: Drawing, tmp_path: Path) -> None:
    cache = TileCache(tmp_path / "cache")
    wanted = TileRequest(page=1, level=PYRAMID.levels - 1, column=1, row=1)
    with drawing:
        first = cache.tile(drawing, PYRAMID, wanted)
    drawing._running = lambda: pytest.fail("drawn again")  # type: ignore[method-assign,assignment]
    assert cache.tile(drawing, PYRAMID, wanted) == first
    assert first.media_type == "image/png"


def test_a_tile_that_is_not_there_is_a_key_error(drawing: Drawing, tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        TileCache(tmp_path).tile(drawing, PYRAMID, TileRequest(page=1, level=99, column=0, row=0))


def test_trimming_removes_the_drawings_that_were_looked_at_longest_ago(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "old")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0_0").write_bytes(b"x" * 100)
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    TileCache(tmp_path).trim(150)
    assert [each.name for each in tmp_path.iterdir()] == ["new"]


def test_a_child_that_died_is_replaced(drawing: Drawing) -> None:
    area = PixelArea(0, 0, 50, 50)
    with drawing:
        first = drawing.area(1, dpi=DPI, size=(WIDTH, HEIGHT), area=area)
        assert drawing._child is not None
        drawing._child._process.kill()
        assert drawing.area(1, dpi=DPI, size=(WIDTH, HEIGHT), area=area) == first


def test_a_child_outlives_the_thread_that_first_asked(drawing: Drawing) -> None:
    def draw() -> None:
        drawing.area(1, dpi=DPI, size=(WIDTH, HEIGHT), area=PixelArea(0, 0, 50, 50))

    with drawing:
        first = threading.Thread(target=draw)
        first.start()
        first.join()
        child = drawing._child
        draw()
        assert child is not None
        assert drawing._child is child


def test_a_page_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    write_drawing(tmp_path / "plan.pdf")
    slow = Drawing(tmp_path / "plan.pdf", RenderLimits(wall_seconds=0.001))
    with slow, pytest.raises(RenderLimitExceeded, match="longer than the limit"):
        _ = slow.pages


def test_a_page_that_is_not_there_and_a_picture_too_large_are_told(drawing: Drawing) -> None:
    with drawing:
        with pytest.raises((UnreadableDocument, UnsupportedPage), match="page 9"):
            drawing.area(9, dpi=DPI, size=(WIDTH, HEIGHT), area=PixelArea(0, 0, 9, 9))
        with pytest.raises(RenderLimitExceeded, match="may have 64,000,000 pixels"):
            drawing.area(1, dpi=DPI, size=(99_999, 99_999), area=PixelArea(0, 0, 9_999, 9_999))


def test_a_file_that_is_no_pdf_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.pdf").write_text("<html>")
    with pytest.raises(UnreadableDocument, match="%PDF-"):
        Drawing(tmp_path / "page.pdf")
