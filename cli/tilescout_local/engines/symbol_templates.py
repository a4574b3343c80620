"""Pictures of the sample's symbols, and of what only resembles them, in every turn and size."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import pymupdf
from numpy.typing import NDArray

from tilescout_local.samples.sheet import Sheet
from tilescout_local.samples.symbols import NEAR_MISSES, SYMBOLS, draw

Ink = NDArray[np.float32]
# Millimetres as the sample sheets draw them; a symbol is 15 % larger or smaller.
SIZES = {"gate-valve": 8.7, "control-valve": 9.0, "pump": 13.0, "light": 7.0,
         "socket-outlet": 6.0, "fire-alarm": 6.5, "switch": 5.0}  # fmt: skip
# Lines have one width whatever a symbol's size, so pictures are drawn for the middle of the
# densities that are looked for: 150 to 200 dpi.
DPI = 175
LEAST_SCALE, MOST_SCALE = 0.85 * 150 / DPI, 1.15 * 200 / DPI
# White around a symbol, over its size.
MARGIN = 0.08
HALF = 0.5
BLUR = 1.0


@dataclass(frozen=True, slots=True)
class Template:
    """``ink`` (0 to 255, blurred) of a symbol whose own box is ``margin`` px inside of it."""

    label: str
    resembles_only: bool
    turn: int
    scale: float
    ink: Ink
    margin: float

    @property
    def kind(self) -> tuple[str, int]:
        return self.label, self.turn


def blurred(ink: Ink) -> Ink:
    return cv2.GaussianBlur(ink, (0, 0), BLUR)  # type: ignore[return-value]


def halved(ink: Ink) -> Ink:
    return cv2.resize(ink, None, fx=HALF, fy=HALF, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


@cache
def template(label: str, turn: int, scale: float, *, near_miss: bool = False) -> Template:
    """The picture at full resolution."""
    size = SIZES[label] * scale
    strokes = (NEAR_MISSES if near_miss else SYMBOLS)[label]
    sheet = Sheet(4 * size, 4 * size, random.Random(0))
    box = draw(sheet, strokes, (2 * size, 2 * size), size, turn)
    margin = MARGIN * size
    around = box.grow(margin, margin)
    pixels = DPI / 25.4
    ink = _rendered(sheet.finish()[0])
    left, top, right, bottom = (
        round(side * pixels) for side in (around.left, around.top, around.right, around.bottom)
    )
    return Template(label, near_miss, turn, scale, blurred(ink[top:bottom, left:right]),
                    margin * pixels)  # fmt: skip


def _rendered(page: Any) -> Ink:
    drawn = page.get_pixmap(dpi=DPI, colorspace=pymupdf.csGRAY)
    grey = np.frombuffer(drawn.samples, np.uint8).reshape(drawn.height, drawn.width)
    return 255 - grey.astype(np.float32)
