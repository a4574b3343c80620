"""Rotates boxes of text of every direction so that the text runs right, and back."""

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
"""The sides of the page at a line's start, top, end and bottom, by direction of the text."""


def rotate_to_reading(box: Box, direction: Direction) -> Box:
    """Returns the box as a reader sees it: text runs right, the next line is below."""
    if direction == "right":
        return box
    if direction == "down":
        return Box(box.top, -box.right, box.bottom, -box.left)
    if direction == "up":
        return Box(-box.bottom, box.left, -box.top, box.right)
    return Box(-box.right, -box.bottom, -box.left, -box.top)


def rotate_from_reading(box: Box, direction: Direction) -> Box:
    """Returns the box on the page; the inverse of ``rotate_to_reading``."""
    return rotate_to_reading(box, _OPPOSITE[direction])
