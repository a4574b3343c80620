"""A grid of equal tiles over a page, with a balanced stride."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from tilescout.geometry import Box


@dataclass(frozen=True, slots=True)
class Tile:
    """One square region of a page image; ``index`` counts row by row from 0.

    ``scale`` is the number of page pixels to one pixel of the tile's image.
    """

    index: int
    box: Box
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class TileGrid:
    """Tile size and smallest overlap, both in pixels."""

    size: int
    overlap: int

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < self.size:
            raise ValueError(
                f"overlap must be at least 0 and smaller than the tile size {self.size} px; "
                f"received {self.overlap} px"
            )

    def starts(self, length: int) -> list[int]:
        """Returns the first pixel of each tile on an axis of ``length`` px.

        Neighbours overlap by at least ``overlap``; the strides differ by at most one pixel.
        A page shorter than a tile has one tile at 0, which the renderer pads with paper.
        """
        reach = length - self.size
        if reach <= 0:
            return [0]
        steps = math.ceil(reach / (self.size - self.overlap))
        return [reach * step // steps for step in range(steps + 1)]

    def tiles(self, width: int, height: int) -> list[Tile]:
        """Returns equal tiles that cover every pixel of a ``width`` x ``height`` px page."""
        boxes = (
            Box(left, top, left + self.size, top + self.size)
            for top in self.starts(height)
            for left in self.starts(width)
        )
        return [Tile(index, box) for index, box in enumerate(boxes)]

    def count(self, width: int, height: int) -> int:
        return len(self.starts(width)) * len(self.starts(height))


def split_tile(tile: Tile, overlap: int) -> tuple[Tile, ...]:
    """Returns four equal quarters that cover the tile and keep its index.

    They overlap by at least ``overlap`` px of the tile's image. Raises ValueError for an overlap
    not smaller than the tile.
    """
    box = tile.box
    across, down = round(box.width / tile.scale), round(box.height / tile.scale)
    if not 0 <= overlap < min(across, down):
        raise ValueError(
            f"overlap must be at least 0 and smaller than the tile {across} x {down} px; "
            f"received {overlap} px"
        )
    width, height = (tile.scale * math.ceil((side + overlap) / 2) for side in (across, down))
    return tuple(
        replace(tile, box=Box(left, top, left + width, top + height))
        for top in (box.top, box.bottom - height)
        for left in (box.left, box.right - width)
    )
