"""Finds solid black rectangles in milliseconds, where a test needs boxes more than symbols."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tilescout_local.engines.detected_labels import FoundLabel

LEAST_SIDE, MOST_SIDE = 6, 200
DARK = 96
# Share of a blot's box that is ink.
SOLID = 0.97


def find_blots(image: bytes, model: Path) -> list[FoundLabel]:
    """Rectangles of 6 to 200 px a side that are black throughout and touch no other ink.

    Whatever the ``model``.
    """
    with Image.open(io.BytesIO(image)) as opened:
        dark = (np.asarray(opened.convert("L")) < DARK).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(dark)
    return [
        FoundLabel("blot", 100.0 * area / (width * height), (left, top, left + width, top + height))
        for left, top, width, height, area in stats[1:].tolist()
        if min(width, height) >= LEAST_SIDE
        and max(width, height) <= MOST_SIDE
        and area >= SOLID * width * height
    ]
