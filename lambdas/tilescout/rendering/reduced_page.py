"""A small grey picture of a page, taken while the page is drawn. Runs in the rendering child only.

To draw the page once more for it would cost a third of what all tiles cost.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tilescout.rendering.page_tiles import DrawnPage, Pixels

Places = npt.NDArray[np.intp]

BLOCK_ROWS = 64
"""Rows of the picture that are made at once: their pixels on the page fit into a core's cache."""
PAPER_STEP = 8
DARK_PAPER = 128
GREY_WEIGHTS = (77, 150, 29)
"""Shares of red, green and blue in grey, of 256."""


class ReducedPage:
    """A page that is drawn as ever, and of which a picture of ``size`` (width, height) px is kept.

    Each pixel is the one of its place on the page that differs the most from the paper, so that
    the finest line is seen; with ``is_scan`` it is the mean of those and of the next ones, as grain
    differs the most there.
    """

    def __init__(self, page: DrawnPage, size: tuple[int, int], *, is_scan: bool = False) -> None:
        self._page = page
        self.width, self.height = page.width, page.height
        self._columns = _edges(page.width, size[0])
        self._rows = _edges(page.height, size[1])
        self._picture: Pixels = np.empty(size[::-1], np.uint8)
        self._combine: np.ufunc | None = np.add if is_scan else None
        self._missing = page.height

    @property
    def channels(self) -> int:
        return self._page.channels

    @property
    def picture(self) -> Pixels | None:
        """The picture (rows x columns), None unless all of the page was drawn."""
        return None if self._missing else self._picture

    def draw(self, target: Pixels, top: int) -> None:
        """Fills ``target`` (rows x width x channels) with the page's rows from ``top``."""
        self._page.draw(target, top)
        self._missing -= len(target)
        if self._combine is None:
            self._combine = _away_from_paper(target)
        for first, last in self._blocks(top, top + len(target)):
            rows = self._window(self._rows[first : last + 1], top + len(target)) - top
            self._picture[first:last] = self._reduced(target, rows)

    def _blocks(self, top: int, bottom: int) -> Iterator[tuple[int, int]]:
        """Yields first and last row of the picture for what begins between two rows of the page."""
        first, end = np.searchsorted(self._rows[:-1], (top, bottom)).tolist()
        for start in range(first, end, BLOCK_ROWS):
            yield start, min(start + BLOCK_ROWS, end)

    def _reduced(self, target: Pixels, rows: Places) -> Pixels:
        assert self._combine is not None
        grey = _combined(self._combine, target, rows, 0)
        columns = self._window(self._columns, self.width)
        return _in_grey(_combined(self._combine, grey, columns, 1))

    def _window(self, edges: Places, end: int) -> Places:
        """Returns the pixels of each part, a row for the first of each, for the second and so on.

        They end before ``end``.
        """
        longest = int(np.diff(edges).max()) + (self._combine is np.add)
        last = end - 1 if self._combine is np.add else np.minimum(edges[1:], end) - 1
        places: Places = np.minimum(edges[:-1] + np.arange(longest)[:, None], last)
        return places


def _edges(length: int, parts: int) -> Places:
    """Returns where each of the ``parts`` of ``length`` px begins, and the end."""
    return np.arange(parts + 1) * length // parts


def _combined(combine: np.ufunc, pixels: Pixels, places: Places, axis: int) -> Pixels:
    if combine is np.add:
        total = np.take(pixels, places[0], axis).astype(np.uint16)
        for row in places[1:]:
            total += np.take(pixels, row, axis)
        mean: Pixels = (total // len(places)).astype(np.uint8)
        return mean
    result: Pixels = np.take(pixels, places[0], axis)
    for row in places[1:]:
        combine(result, np.take(pixels, row, axis), out=result)
    return result


def _away_from_paper(pixels: Pixels) -> np.ufunc:
    counts = np.bincount(pixels[::PAPER_STEP, ::PAPER_STEP].ravel(), minlength=256)
    return np.maximum if int(counts.argmax()) < DARK_PAPER else np.minimum


def _in_grey(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 1:
        return pixels[..., 0]
    grey: Pixels = (pixels @ np.array(GREY_WEIGHTS, np.uint16) >> 8).astype(np.uint8)
    return grey
