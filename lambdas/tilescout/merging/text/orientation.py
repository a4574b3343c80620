"""Text of every direction turned so that it runs right, and back."""

from __future__ import annotations

from tilescout.detections import Direction, Side
from tilescout.geometry import Box

_OPPOSITE: dict[Direction, Direction] = {
    "right": "right",
    "left": "left",
    "up": "down",
    "down": "up",
}

SIDES: dict[Direction, tuple[Side, Side, Side, Side]] = {
    "right": ("left", "top", "right", "bottom"),
    "down": ("top", "right", "bottom", "left"),
    "left": ("right", "bottom", "left", "top"),
    "up": ("bottom", "left", "top", "right"),
}
"""The page's sides at which a line of a direction starts, has its top, ends, has its bottom."""


def turned(box: Box, direction: Direction) -> Box:
    """The box as a reader of ``direction`` sees it: text runs right, the next line is below."""
    if direction == "right":
        return box
    if direction == "down":
        return Box(box.top, -box.right, box.bottom, -box.left)
    if direction == "up":
        return Box(-box.bottom, box.left, -box.top, box.right)
    return Box(-box.right, -box.bottom, -box.left, -box.top)


def turned_back(box: Box, direction: Direction) -> Box:
    """The inverse of ``turned``."""
    return turned(box, _OPPOSITE[direction])
