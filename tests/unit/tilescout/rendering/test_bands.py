from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from tilescout.rendering.page_tiles import Pixels, cut_tiles
from tilescout.tiling.grid import TileGrid

PAGE: Pixels = np.random.default_rng(1).integers(0, 255, (1000, 700, 1), np.uint8)


@dataclass
class Picture:
    """A page of pixels that notes which rows are drawn."""

    width: int = 700
    height: int = 1000
    channels: int = 1
    drawn: list[tuple[int, int]] = field(default_factory=list)

    def draw(self, target: Pixels, top: int) -> None:
        self.drawn.append((top, top + len(target)))
        target[...] = PAGE[top : top + len(target)]


@pytest.mark.parametrize("rows", [0, 300, 512, 1000, 5000])
def test_tiles_are_the_same_however_tall_the_bands_are(rows: int) -> None:
    tiles = TileGrid(256, 32).tiles(700, 1000)
    plain = list(cut_tiles(Picture(), tiles, 256, 1_000_000))
    assert list(cut_tiles(Picture(), tiles, 256, 1_000_000, rows)) == plain


def test_each_row_is_drawn_once_in_as_few_bands_as_memory_allows() -> None:
    picture = Picture()
    list(cut_tiles(picture, TileGrid(256, 32).tiles(700, 1000), 256, 1_000_000, 600))
    assert picture.drawn == [(0, 442), (442, 814), (814, 1000)]
