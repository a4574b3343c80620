"""The pyramid of a page: each level twice as large as the one before, cut into square tiles.

Level ``levels - 1`` is the sharpest. Its width is that of the page at the detection's resolution
times a power of two, so a box of a detection is exact at every level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tilescout.geometry import POINTS_PER_INCH

TILE_PX = 512
SHARP_DPI = 600
"""A letter of 1 mm is 24 px high at this resolution: nothing printed needs more."""
MAX_LEVEL_PX = 150_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePyramid:
    """The levels of one page of ``width`` x ``height`` px at ``dpi``."""

    width: int
    height: int
    dpi: int
    tile_px: int = TILE_PX
    sharp_dpi: int = SHARP_DPI

    @property
    def magnification(self) -> int:
        """Pixels of the sharpest level per pixel of the page at ``dpi``; a power of two."""
        wanted = max(0, math.ceil(math.log2(self.sharp_dpi / self.dpi)))
        longest = max(self.width, self.height)
        while wanted and longest << wanted > MAX_LEVEL_PX:
            wanted -= 1
        return 1 << wanted

    @property
    def levels(self) -> int:
        """The number of levels; level 0 is a single pixel, as Deep Zoom has it."""
        longest = max(self.width, self.height) * self.magnification
        return math.ceil(math.log2(longest)) + 1

    def scale(self, level: int) -> float:
        """Pixels of the level per pixel of the page at ``dpi``."""
        return self.magnification / (1 << (self.levels - 1 - level))

    def size(self, level: int) -> tuple[int, int]:
        """Returns width and height of the level in whole pixels, at least 1 x 1."""
        scale = self.scale(level)
        return max(1, math.ceil(self.width * scale)), max(1, math.ceil(self.height * scale))

    def level_dpi(self, level: int) -> float:
        """Returns the resolution of the level in pixels per inch."""
        return self.dpi * self.scale(level)

    def columns_and_rows(self, level: int) -> tuple[int, int]:
        """The number of tiles across and down."""
        width, height = self.size(level)
        return math.ceil(width / self.tile_px), math.ceil(height / self.tile_px)

    def has(self, level: int, column: int, row: int) -> bool:
        """Tells whether there is such a tile."""
        if not 0 <= level < self.levels:
            return False
        columns, rows = self.columns_and_rows(level)
        return 0 <= column < columns and 0 <= row < rows

    def area(self, level: int, column: int, row: int, count: int = 1) -> PixelArea:
        """The pixels of ``count`` x ``count`` tiles from this one, as far as the level goes."""
        width, height = self.size(level)
        left, top = column * self.tile_px, row * self.tile_px
        side = count * self.tile_px
        return PixelArea(left, top, min(width, left + side), min(height, top + side))


@dataclass(frozen=True, slots=True)
class PixelArea:
    """Whole pixels of one level; ``right`` and ``bottom`` are exclusive."""

    left: int
    top: int
    right: int
    bottom: int


def dpi_of_scale(scale: float) -> float:
    """Pixels per inch of ``scale`` pixels per point."""
    return scale * POINTS_PER_INCH
