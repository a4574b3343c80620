"""Boxes on a page: page pixels, origin top-left as shown, right and bottom exclusive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

POINTS_PER_INCH = 72
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """Axis-aligned rectangle in pixels; ``right`` and ``bottom`` are exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return max(0.0, self.right - self.left)

    @property
    def height(self) -> float:
        return max(0.0, self.bottom - self.top)

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def shift(self, dx: float, dy: float) -> Box:
        return Box(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def scale(self, factor: float) -> Box:
        return Box(self.left * factor, self.top * factor, self.right * factor, self.bottom * factor)

    def grow(self, dx: float, dy: float) -> Box:
        return Box(self.left - dx, self.top - dy, self.right + dx, self.bottom + dy)

    def intersection(self, other: Box) -> Box:
        """Returns the shared part; its width or height is 0 where there is none."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Box(left, top, max(left, right), max(top, bottom))

    def union(self, other: Box) -> Box:
        """Returns the smallest box that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def transposed(self) -> Box:
        """Returns the box of the same page with rows and columns exchanged."""
        return Box(self.top, self.left, self.bottom, self.right)

    def holds_point(self, x: float, y: float) -> bool:
        """Tells if a point lies within the box or on its sides."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def contains(self, other: Box) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def clamp(self, bounds: Box) -> Box:
        """Returns the box with every side moved into ``bounds``."""
        return Box(
            min(max(self.left, bounds.left), bounds.right),
            min(max(self.top, bounds.top), bounds.bottom),
            min(max(self.right, bounds.left), bounds.right),
            min(max(self.bottom, bounds.top), bounds.bottom),
        )

    def to_points(self, dpi: float) -> Box:
        """Returns the box in points (1/72 inch) from pixels at ``dpi``; the origin stays."""
        return self.scale(POINTS_PER_INCH / dpi)

    def rounded(self) -> tuple[int, int, int, int]:
        """Returns the nearest whole pixels, never empty where the box was not."""
        left, top = round(self.left), round(self.top)
        return (
            left,
            top,
            max(round(self.right), left + (self.right > self.left)),
            max(round(self.bottom), top + (self.bottom > self.top)),
        )


def union(boxes: Iterable[Box]) -> Box:
    """Returns the smallest box around all; raises ValueError for none."""
    every = list(boxes)
    return Box(
        min(box.left for box in every),
        min(box.top for box in every),
        max(box.right for box in every),
        max(box.bottom for box in every),
    )


def bounding_box(points: Iterable[Point]) -> Box:
    """Returns the smallest box around at least one point."""
    across, down = zip(*points, strict=True)
    return Box(min(across), min(down), max(across), max(down))


def iou(a: Box, b: Box) -> float:
    """Returns the intersection over union, 0 to 1."""
    shared = a.intersection(b).area
    return shared / (a.area + b.area - shared) if shared else 0.0


def ios(a: Box, b: Box) -> float:
    """Returns the intersection over the smaller area, 0 to 1; for parts cut by a tile's edge."""
    shared = a.intersection(b).area
    return shared / min(a.area, b.area) if shared else 0.0
