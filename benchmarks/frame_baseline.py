"""Finds the frame of a sheet as is usual: Canny's edges, then Hough's line segments.

Canny, "A computational approach to edge detection" (1986); Matas, Galambos and Kittler, "Robust
detection of lines using the progressive probabilistic Hough transform" (2000), both by OpenCV, with
the thresholds that its tutorials use. The frame is the largest rectangle of long segments near the
edges of the paper, as `tilescout.sheet_layout.frames` has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from tilescout.geometry import Box
from tilescout.sheet_layout.frames import MAX_BAND, MAX_MARGIN, MIN_SIDE

LOW, HIGH = 50, 150
VOTES = 100
MAX_GAP_PX = 10
MAX_SLOPE = 0.02
NEAR_PX = 3.0
SMALL_PX = 6.0
MAX_PLACES = 8


def canny_hough_frame(grey: NDArray[np.uint8]) -> Box | None:
    """Returns the frame of a page (rows x columns at 72 dpi) in points, or None."""
    height, width = grey.shape
    edges = cv2.Canny(grey, LOW, HIGH)
    shortest = int(MIN_SIDE * min(width, height))
    found = cv2.HoughLinesP(
        edges, 1, np.pi / 1800, VOTES, minLineLength=shortest, maxLineGap=MAX_GAP_PX
    )
    segments = found.reshape(-1, 4).astype(float).tolist() if found is not None else []
    lefts = _places(segments, width, height, is_down=True, at_end=False)
    rights = _places(segments, width, height, is_down=True, at_end=True)
    tops = _places(segments, height, width, is_down=False, at_end=False)
    bottoms = _places(segments, height, width, is_down=False, at_end=True)
    boxes = [Box(a, b, c, d) for a, b, c, d in product(lefts, tops, rights, bottoms)]
    if not boxes:
        return None
    border = max(boxes, key=lambda box: box.area)
    band = MAX_BAND * max(width, height)
    inner = [box for box in boxes if _insets(border, box)[1] <= band and _is_even(border, box)]
    return min(inner, key=lambda box: box.area)


def _places(
    segments: Sequence[Sequence[float]], side: int, other: int, *, is_down: bool, at_end: bool
) -> list[float]:
    """Returns where long segments along one axis lie near the one or the other edge."""
    found: list[float] = []
    for x0, y0, x1, y1 in segments:
        (a, b), (c, d) = ((x0, y0), (x1, y1)) if is_down else ((y0, x0), (y1, x1))
        along, across = abs(d - b), abs(c - a)
        place = (a + c) / 2
        margin = side - place if at_end else place
        near = SMALL_PX < margin <= MAX_MARGIN * side
        long = along >= MIN_SIDE * other and across <= MAX_SLOPE * along
        if long and near and all(abs(place - each) > NEAR_PX for each in found):
            found.append(place)
    return sorted(found)[-MAX_PLACES:] if at_end else sorted(found)[:MAX_PLACES]


def _insets(outer: Box, box: Box) -> tuple[float, float]:
    sides = (
        box.left - outer.left, box.top - outer.top,
        outer.right - box.right, outer.bottom - box.bottom,
    )  # fmt: skip
    return min(sides), max(sides)


def _is_even(outer: Box, box: Box) -> bool:
    least, most = _insets(outer, box)
    return least >= 0 and most <= 3 * least + SMALL_PX
