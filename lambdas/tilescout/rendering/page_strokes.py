"""The strokes of a page: every path that is painted, as straight segments; and its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tilescout.geometry import Box

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Style:
    """How a path is painted; colours are 0 to 1, ``width`` is in points and 0 for fills."""

    kind: Literal["stroke", "fill"]
    colour: tuple[float, ...]
    width: float

    def is_like(self, other: Style) -> bool:
        """Returns whether both look the same on paper; widths may differ by 30 %."""
        same_paint = self.kind == other.kind and self.colour == other.colour
        return same_paint and abs(self.width - other.width) <= 0.3 * max(other.width, 0.1) + 0.01


@dataclass(frozen=True, slots=True)
class PageWord:
    """A word of text set in a font; its box is in points of the page as it is shown."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStrokes:
    """Straight segments of a page of ``width`` x ``height`` points.

    ``segments`` is n x 4 (x0, y0, x1, y1); ``style_ids`` has an index into ``styles`` per segment;
    ``corners`` is n x 2 and tells which ends are ends of a drawn line or curve, and not just
    points in between that a curve was divided at. ``image_share`` is the share of the page that
    its largest image covers, from 0 to 1.
    """

    segments: Floats
    style_ids: Integers
    styles: tuple[Style, ...]
    corners: Flags
    width: float
    height: float
    words: tuple[PageWord, ...] = ()
    image_share: float = 0.0
