"""The scales at which a page is tiled: its own, and a coarser one for large things."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, replace

from tilescout.geometry import Box
from tilescout.profiles import Region, SecondScale
from tilescout.tiling.grid import Tile, TileGrid
from tilescout.tiling.page_geometry import kept_tiles

# Divided by a ratio, whole pixels are whole again but for the last digits.
ROUNDING_TOLERANCE = 1e-9
DECIMALS = 6
"""Decimals of a box that the ledger keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageScale:
    """The page at ``ratio`` image pixels to one page pixel.

    ``size`` is its width and height in image pixels, ``first`` the index of its first tile.
    """

    ratio: float
    size: tuple[int, int]
    first: int = 0

    def tiles(
        self,
        grid: TileGrid,
        include: tuple[Region, ...] = (),
        exclude: tuple[Region, ...] = (),
    ) -> list[Tile]:
        """Returns the tiles (image pixels) that the regions keep, by the rule of ``kept_tiles``."""
        kept = kept_tiles(grid, self.size, include, exclude)
        return [replace(tile, index=self.first + tile.index) for tile in kept]

    def on_page(self, tile: Tile) -> Tile:
        """Returns a tile, given in image pixels, in page pixels."""
        if self.ratio == 1:
            return tile
        box = Box(*(round(side / self.ratio, DECIMALS) for side in astuple(tile.box)))
        return Tile(tile.index, box, round(1 / self.ratio, DECIMALS))


def page_scales(
    size: tuple[int, int], grid: TileGrid, second_scale: SecondScale = 0.0
) -> tuple[PageScale, ...]:
    """Returns the page's own scale and the second one, where the page is larger than a tile.

    ``size`` is the page's width and height in page pixels. ``second_scale`` is a ratio below 1,
    "page" for the whole page in one tile, or 0. Tiles of the second follow those of the first.
    """
    own = PageScale(ratio=1.0, size=size)
    longest = max(size)
    if second_scale == 0 or longest <= grid.size:
        return (own,)
    ratio = grid.size / longest if second_scale == "page" else float(second_scale)
    return own, PageScale(ratio=ratio, size=_at(size, ratio), first=grid.count(*size))


def _at(size: tuple[int, int], ratio: float) -> tuple[int, int]:
    """Returns the size, rounded up: a tile at the end must not seem to end inside the page."""
    across, down = (max(1, math.ceil(side * ratio - ROUNDING_TOLERANCE)) for side in size)
    return across, down
