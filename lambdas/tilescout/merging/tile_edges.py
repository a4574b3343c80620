"""Tells which sides of a box are only the edge of the tile that showed it."""

from __future__ import annotations

import math

from tilescout.geometry import Box

EDGE_TOLERANCE_PX = 4.0
"""A side of a box within this many pixels of a tile's inner side is cut there by the tile.

Simulated merges are equally good from 2 to 20 px and worse below: detectors inset their boxes.
"""


def cut_sides(box: Box, tile: Box, page: Box, scale: float = 1.0) -> tuple[bool, bool, bool, bool]:
    """Returns which sides (left, top, right, bottom) of ``box`` a tile cuts inside the page.

    Boxes are in page pixels; ``scale`` is the number of them to one pixel of the tile's image.
    """
    near = EDGE_TOLERANCE_PX * math.sqrt(scale)
    return (
        tile.left > page.left and box.left <= tile.left + near,
        tile.top > page.top and box.top <= tile.top + near,
        tile.right < page.right and box.right >= tile.right - near,
        tile.bottom < page.bottom and box.bottom >= tile.bottom - near,
    )
