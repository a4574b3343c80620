"""Upright boxes around turned rectangles, ellipses and polygons."""

from __future__ import annotations

import math

from tilescout.geometry import Box, Point, bounding_box


def rotated(box: Box, degrees: float, pivot: Point) -> Box:
    """Returns the box around the rectangle, turned clockwise (y runs down) about ``pivot``."""
    corners = ((box.left, box.top), (box.right, box.top), (box.right, box.bottom),
               (box.left, box.bottom))  # fmt: skip
    return bounding_box(_moved(corner, degrees, pivot) for corner in corners)


def ellipse(centre: Point, radii: Point, degrees: float = 0.0) -> Box:
    """Returns the box around an ellipse that was turned clockwise about its centre."""
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    across = math.hypot(radii[0] * cos, radii[1] * sin)
    down = math.hypot(radii[0] * sin, radii[1] * cos)
    return Box(centre[0] - across, centre[1] - down, centre[0] + across, centre[1] + down)


def _moved(point: Point, degrees: float, pivot: Point) -> Point:
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    x, y = point[0] - pivot[0], point[1] - pivot[1]
    return pivot[0] + x * cos - y * sin, pivot[1] + x * sin + y * cos
