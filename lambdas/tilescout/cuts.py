"""Which sides of a box are only the side of the tile it was seen in."""

from __future__ import annotations

from tilescout.geometry import Box

CUT_PX = 4.0
"""A side this near to an inner tile side is the tile's edge, not the object's.

Simulated merges are equally good from 2 to 20 px and worse below: detectors inset their boxes.
"""


def cut_sides(box: Box, tile: Box, page: Box) -> tuple[bool, bool, bool, bool]:
    """Which sides (left, top, right, bottom) of ``box`` are those of the tile inside the page."""
    return (
        tile.left > page.left and box.left <= tile.left + CUT_PX,
        tile.top > page.top and box.top <= tile.top + CUT_PX,
        tile.right < page.right and box.right >= tile.right - CUT_PX,
        tile.bottom < page.bottom and box.bottom >= tile.bottom - CUT_PX,
    )
