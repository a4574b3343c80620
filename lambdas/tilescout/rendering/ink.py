"""Tells if boxes hold ink of the expected lightness. Runs in the rendering child only."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tilescout.geometry import Box
from tilescout.rendering.page_tiles import DrawnPage, Pixels

STRIP_ROWS = 1024
FRAME_OUTWARDS = (-2, -2, 2, 2)
MIN_CONTRAST = 12
INK_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Ink:
    """Ink of lightness ``grey`` (0-255) that should be inside ``box`` (pixels)."""

    box: Box
    grey: int


class InkProbe:
    """Looks for many inks in one pass over the page.

    The paper is the commonest lightness in a frame of 2 px around the box. Ink is seen where
    it would differ from the paper by 12 of 255 and a pixel inside goes at least a fifth of
    that way: a line of another colour that crosses white text on white is not its ink.
    """

    def __init__(self, inks: list[Ink]) -> None:
        self._grey = np.array([ink.grey for ink in inks])
        self._inner = np.array([_whole_pixels(ink.box) for ink in inks]).reshape(-1, 4)
        self._outer = np.add(self._inner, FRAME_OUTWARDS)
        self._paper: npt.NDArray[np.int64] = np.zeros((len(inks), 256), np.int64)
        self._darkest = np.full(len(inks), 255)
        self._lightest = np.zeros(len(inks), int)
        self._seen = np.zeros(len(inks), bool)

    def look_at(self, page: DrawnPage) -> None:
        """Draws the strips of the page that hold a box, and looks for the ink in them."""
        strip: Pixels = np.empty((STRIP_ROWS, page.width, 1), np.uint8)
        for top in range(0, page.height, STRIP_ROWS):
            bottom = min(top + STRIP_ROWS, page.height)
            here = (self._outer[:, 1] < bottom) & (self._outer[:, 3] > top)
            if here.any():
                rows = strip[: bottom - top]
                page.draw(rows, top)
                for number in np.flatnonzero(here):
                    self._look(int(number), rows[..., 0], top)

    def _look(self, number: int, rows: Pixels, top: int) -> None:
        inner = _crop(rows, self._inner[number], top)
        outer = _crop(rows, self._outer[number], top)
        frame = np.bincount(outer.ravel(), minlength=256)
        if inner.size:
            frame -= np.bincount(inner.ravel(), minlength=256)
            self._darkest[number] = min(self._darkest[number], int(inner.min()))
            self._lightest[number] = max(self._lightest[number], int(inner.max()))
            self._seen[number] = True
        self._paper[number] += frame

    def visible(self) -> list[bool]:
        """Returns, for each ink, True if it was seen; False for a box outside of the page."""
        paper = self._paper.argmax(axis=1)
        contrast = self._grey - paper
        reached = np.where(contrast < 0, paper - self._darkest, self._lightest - paper)
        enough = np.maximum(1, INK_SHARE * np.abs(contrast))
        seen = self._seen & (np.abs(contrast) >= MIN_CONTRAST) & (reached >= enough)
        return [bool(one) for one in seen]


def _whole_pixels(box: Box) -> tuple[int, int, int, int]:
    left, top = math.floor(box.left), math.floor(box.top)
    right, bottom = math.ceil(box.right), math.ceil(box.bottom)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _crop(rows: Pixels, sides: npt.NDArray[np.int64], top: int) -> Pixels:
    left, first, right, last = (int(side) for side in sides)
    return rows[max(0, first - top) : max(0, last - top), max(0, left) : max(0, right)]
