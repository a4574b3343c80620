"""Made pages as pixels: clean plots, and scans that are grey, soft, grainy and a little askew."""

from __future__ import annotations

import io

import numpy as np
import pymupdf
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from tilescout.geometry import Box
from tilescout_samples.sheet import Sheet

Pixels = NDArray[np.uint8]
SCAN_SHARE = 0.4


def drawn(sheet: Sheet, dpi: int) -> Pixels:
    """Returns the grey pixels (h x w) of a sheet, which is finished by this."""
    document = sheet.finish()
    pixmap = document[0].get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY)
    rows = np.frombuffer(pixmap.samples, dtype=np.uint8).reshape(pixmap.height, pixmap.stride)
    return rows[:, : pixmap.width].copy()


def paste(page: Pixels, ink: Pixels, box: Box, turns: int) -> None:
    """Draws a picture (ink 0 to 255) into a box (px) of the page, by quarter turns clockwise."""
    left, top = round(box.left), round(box.top)
    size = (max(1, round(box.width)), max(1, round(box.height)))
    turned = Image.fromarray(255 - np.rot90(ink, -turns))
    shown = np.asarray(turned.resize(size, Image.Resampling.BICUBIC))
    page[top : top + size[1], left : left + size[0]] = shown


def aged(page: Pixels, chance: np.random.Generator) -> Pixels:
    """Returns a scan of some pages, and the others as they are."""
    if chance.random() > SCAN_SHARE:
        return page
    soft = Image.fromarray(page).filter(ImageFilter.GaussianBlur(chance.uniform(0.2, 1.1)))
    paper, ink = chance.uniform(190, 250), chance.uniform(0, 70)
    values = ink + np.asarray(soft, dtype=np.float32) * (paper - ink) / 255
    values += chance.normal(0, chance.uniform(0, 7), page.shape)
    values += _stain(page.shape, chance)
    return _as_jpeg(np.clip(values, 0, 255).astype(np.uint8), int(chance.integers(45, 92)))


def _stain(shape: tuple[int, ...], chance: np.random.Generator) -> NDArray[np.float32]:
    """Returns uneven light: a plane of up to 15 levels."""
    down, across = chance.uniform(-8, 8, 2)
    rows, columns = np.linspace(-1, 1, shape[0]), np.linspace(-1, 1, shape[1])
    return np.asarray(down * rows[:, None] + across * columns[None], dtype=np.float32)


def _as_jpeg(page: Pixels, quality: int) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(page).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))
