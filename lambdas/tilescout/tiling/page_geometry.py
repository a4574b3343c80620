"""The size of a page in pixels, and the tiles that regions keep."""

from __future__ import annotations

import math

from tilescout.geometry import POINTS_PER_INCH, Box
from tilescout.profiles import Region
from tilescout.tiling.grid import Tile, TileGrid

# A side such as 841.89 pt is stored as a 32-bit float: without this an exact size gains a pixel.
PIXEL_TOLERANCE = 1e-4


def page_pixels(width_pt: float, height_pt: float, dpi: float) -> tuple[int, int]:
    """Returns the width and height of a page, given in points, in whole pixels; at least 1 x 1."""
    return _pixels(width_pt, dpi), _pixels(height_pt, dpi)


def _pixels(points: float, dpi: float) -> int:
    return max(1, math.ceil(points * dpi / POINTS_PER_INCH - PIXEL_TOLERANCE))


def kept_tiles(
    grid: TileGrid,
    size: tuple[int, int],
    include: tuple[Region, ...] = (),
    exclude: tuple[Region, ...] = (),
) -> list[Tile]:
    """Returns the tiles of a page of ``size`` (width, height in pixels) that the regions keep.

    A tile is kept if it intersects any ``include`` (where one is given) and no ``exclude``
    holds all of it; of a padded tile only the part on the page counts.
    """
    page = Box(0, 0, *size)
    wanted = [_on_page(region, page) for region in include]
    unwanted = [_on_page(region, page) for region in exclude]

    def is_kept(tile: Tile) -> bool:
        shown = tile.box.intersection(page)
        return (not wanted or any(shown.intersection(part).area for part in wanted)) and not any(
            part.contains(shown) for part in unwanted
        )

    return [tile for tile in grid.tiles(*size) if is_kept(tile)]


def _on_page(region: Region, page: Box) -> Box:
    return Box(
        region.left * page.right,
        region.top * page.bottom,
        region.right * page.right,
        region.bottom * page.bottom,
    )
