"""Makes scans of drawings: 200 dpi, a little askew, blurred, on grey and noisy paper, as JPEG."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import pymupdf
from PIL import Image, ImageFilter

from tilescout.example_search import ScannedPage
from tilescout.geometry import Box

DPI = 200
SKEW_DEGREES = 0.3
BLUR_PX = 0.8
NOISE = 9.0
PAPER = 228
JPEG_QUALITY = 75
STRIP_ROWS = 512
PIXEL_PT = 72 / DPI


def rendered(file: Path, page: int) -> ScannedPage:
    """Returns the page of a PDF as it is drawn, clean, at 200 dpi."""
    return ScannedPage(grey=np.asarray(_drawn(file, page)), pixel=PIXEL_PT)


def _drawn(file: Path, page: int) -> Image.Image:
    with pymupdf.open(file) as document:
        drawn = document[page - 1].get_pixmap(dpi=DPI, colorspace="gray")
    return Image.frombytes("L", (drawn.width, drawn.height), drawn.samples)


def scanned(file: Path, page: int) -> ScannedPage:
    """Returns the page of a PDF as a scanner would give it."""
    picture = _drawn(file, page)
    picture = picture.rotate(SKEW_DEGREES, Image.Resampling.BICUBIC, fillcolor=255)
    noisy = _with_noise(np.asarray(picture.filter(ImageFilter.GaussianBlur(BLUR_PX))))
    encoded = io.BytesIO()
    Image.fromarray(noisy).save(encoded, "JPEG", quality=JPEG_QUALITY)
    return ScannedPage(grey=np.asarray(Image.open(encoded)), pixel=PIXEL_PT)


def _with_noise(grey: np.ndarray) -> np.ndarray:
    chance = np.random.default_rng(0)
    noisy = np.empty_like(grey)
    for top in range(0, len(grey), STRIP_ROWS):
        part = grey[top : top + STRIP_ROWS]
        ink = part * (PAPER / 255) + chance.normal(0, NOISE, part.shape)
        noisy[top : top + STRIP_ROWS] = np.clip(ink, 0, 255)
    return noisy


def on_scan(box: Box, page: ScannedPage) -> Box:
    """Returns where a box of the drawing lies on its scan, of the same size."""
    rows, columns = page.grey.shape
    middle_x, middle_y = columns * PIXEL_PT / 2, rows * PIXEL_PT / 2
    turn = math.radians(SKEW_DEGREES)
    x, y = box.centre[0] - middle_x, box.centre[1] - middle_y
    shift_x = math.cos(turn) * x + math.sin(turn) * y - x
    shift_y = math.cos(turn) * y - math.sin(turn) * x - y
    return box.shift(shift_x, shift_y)
