"""Which sides of a box are only the side of the tile it was seen in."""

from __future__ import annotations

import math

from tilescout.geometry import Box

CUT_PX = 4.0
"""A side this near to an inner tile side is the tile's edge, not the object's.

Simulated merges are equally good from 2 to 20 px and worse below: detectors inset their boxes.
"""


def cut_sides(box: Box, tile: Box, page: Box, scale: float = 1.0) -> tuple[bool, bool, bool, bool]:
    """Which sides (left, top, right, bottom) of ``box`` are those of the tile inside the page.

    ``scale`` is the page pixels to one pixel of the tile's image.
    """
    near = CUT_PX * math.sqrt(scale)
    return (
        tile.left > page.left and box.left <= tile.left + near,
        tile.top > page.top and box.top <= tile.top + near,
        tile.right < page.right and box.right >= tile.right - near,
        tile.bottom < page.bottom and box.bottom >= tile.bottom - near,
    )
