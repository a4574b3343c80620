from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tilescout.rendering.page_tiles import Pixels
from tilescout.rendering.reduced_page import ReducedPage


@dataclass
class Picture:
    pixels: Pixels

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return len(self.pixels)

    @property
    def channels(self) -> int:
        return int(self.pixels.shape[2])

    def draw(self, target: Pixels, top: int) -> None:
        target[...] = self.pixels[top : top + len(target)]


def page(paper: int, channels: int = 1) -> Pixels:
    return np.full((100, 75, channels), paper, np.uint8)


def reduced(pixels: Pixels, *, is_scan: bool = False, rows: int = 100) -> Pixels | None:
    """The picture of 27 x 36 px that is kept where so many rows are drawn at once."""
    kept = ReducedPage(Picture(pixels), (27, 36), is_scan=is_scan)
    for top in range(0, 100, rows):
        kept.draw(np.empty((min(rows, 100 - top), *pixels.shape[1:]), np.uint8), top)
    return kept.picture


def test_a_line_of_one_pixel_is_as_dark_as_it_is_drawn() -> None:
    pixels = page(255)
    pixels[50] = 90
    picture = reduced(pixels)
    assert picture is not None
    assert picture.min(axis=1).tolist() == [255] * 18 + [90] + [255] * 17


def test_on_dark_paper_the_light_line_is_kept() -> None:
    pixels = page(20)
    pixels[:, 50] = 200
    picture = reduced(pixels)
    assert picture is not None
    assert picture[0].tolist() == [20] * 18 + [200] + [20] * 8


def test_the_grain_of_a_scan_is_levelled() -> None:
    pixels = page(220)
    pixels[::2] = 240
    picture = reduced(pixels, is_scan=True)
    assert picture is not None
    # The last row has no pixels below it to be levelled with.
    assert set(np.unique(picture[:-1])) == {230}


def test_colours_become_grey() -> None:
    pixels = page(255, channels=3)
    pixels[40:60] = (255, 0, 0)
    picture = reduced(pixels)
    assert picture is not None
    assert picture[18].tolist() == [76] * 27


@pytest.mark.parametrize("rows", [7, 33, 64])
def test_it_is_the_same_however_many_rows_are_drawn_at_once(rows: int) -> None:
    # Rows of a fifth of a page each: no part of the picture lies in two bands.
    pixels = np.repeat(np.random.default_rng(1).integers(0, 256, (5, 75, 1), np.uint8), 20, axis=0)
    whole, parts = reduced(pixels), reduced(pixels, rows=rows)
    assert whole is not None
    assert parts is not None
    assert set(map(bytes, parts)) == set(map(bytes, whole))


def test_there_is_no_picture_of_a_page_that_was_drawn_in_part() -> None:
    kept = ReducedPage(Picture(page(255)), (27, 36))
    kept.draw(np.empty((50, 75, 1), np.uint8), 0)
    assert kept.picture is None
