"""Finds solid black rectangles in milliseconds, for tests that need boxes and no symbols."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tilescout_local.engines.detected_labels import DetectedLabel

MIN_SIDE_PX, MAX_SIDE_PX = 6, 200
# Grey levels below this are ink.
DARK = 96
# Share of a rectangle's box that must be ink.
SOLID = 0.97


def find_solid_rectangles(image: bytes, model: Path) -> list[DetectedLabel]:
    """Returns the rectangles of 6 to 200 px per side that are black throughout and touch no other
    ink.

    The result does not depend on ``model``.
    """
    with Image.open(io.BytesIO(image)) as opened:
        dark = (np.asarray(opened.convert("L")) < DARK).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(dark)
    return [
        DetectedLabel(
            "solid-rectangle",
            100.0 * area / (width * height),
            (left, top, left + width, top + height),
        )
        for left, top, width, height, area in stats[1:].tolist()
        if min(width, height) >= MIN_SIDE_PX
        and max(width, height) <= MAX_SIDE_PX
        and area >= SOLID * width * height
    ]
