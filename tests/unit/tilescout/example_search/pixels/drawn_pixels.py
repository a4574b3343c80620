"""Scanned pages for the tests of the search by example: symbols drawn in grey, with noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tests.unit.tilescout.example_search.drawn_strokes import VALVE_BOX
from tilescout.example_search import ScannedPage
from tilescout.geometry import Box
from tilescout.rendering.page_strokes import Floats

PIXEL = 0.5
"""Points per pixel: a valve of 20 points has 40 pixels."""


def scan_of(parts: Sequence[Floats], size: tuple[int, int] = (300, 200)) -> ScannedPage:
    """Returns a page of ``size`` points with the segments, blurred, on grey and noisy paper."""
    picture = Image.new("L", (int(size[0] / PIXEL), int(size[1] / PIXEL)), 228)
    pen = ImageDraw.Draw(picture)
    for part in parts:
        for line in (part / PIXEL).tolist():
            pen.line(line, fill=20, width=2)
    grey = np.asarray(picture.filter(ImageFilter.GaussianBlur(0.8))).astype(float)
    noise = np.random.default_rng(1).normal(0, 9, grey.shape)
    return ScannedPage(grey=np.clip(grey + noise, 0, 255).astype(np.uint8), pixel=PIXEL)


def valve_box(x: float, y: float) -> Box:
    """Returns the box that a person would draw round an upright valve."""
    return VALVE_BOX.shift(x, y)
