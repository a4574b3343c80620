"""Cuts the tiles of one page from full-width bands. Runs in the rendering child only."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import groupby
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from tilescout.errors import UnsupportedPage
from tilescout.tiling.grid import Tile

Pixels = npt.NDArray[np.uint8]

PAPER = 255
STRIP_BYTES = 32 * 1024 * 1024
JPEG_QUALITY = 85
FALLING_QUALITIES = (JPEG_QUALITY, 70, 55, 40, 25, 10, 1)


class DrawnPage(Protocol):
    """A page that draws any of its rows: what tiles need of a renderer."""

    width: int
    height: int

    @property
    def channels(self) -> int: ...

    def draw(self, target: Pixels, top: int) -> None:
        """Fills ``target`` (rows x width x channels) with the page's rows from ``top``."""


class TallStrips:
    """A page that is drawn in strips as tall as memory allows, from the top down.

    MuPDF decodes a large image anew for each part of the page that is drawn, down to its last row:
    a scan that is drawn in ten parts is decoded five times.
    """

    def __init__(self, page: DrawnPage) -> None:
        self._page = page
        self.width, self.height = page.width, page.height
        self._rows = max(1, STRIP_BYTES // (page.width * page.channels))
        self._top = 0
        self._strip: Pixels = np.empty((0, page.width, page.channels), np.uint8)

    @property
    def channels(self) -> int:
        return self._page.channels

    def draw(self, target: Pixels, top: int) -> None:
        """Fills ``target`` (rows x width x channels) with the page's rows from ``top``."""
        filled = 0
        while filled < len(target):
            part = self._rows_from(top + filled)[: len(target) - filled]
            target[filled : filled + len(part)] = part
            filled += len(part)

    def _rows_from(self, top: int) -> Pixels:
        """Returns the rows from ``top`` to the end of a strip, which is drawn if need be."""
        if not self._top <= top < self._top + len(self._strip):
            rows = min(self._rows, self.height - top)
            self._strip = np.empty((rows, self.width, self.channels), np.uint8)
            self._page.draw(self._strip, top)
            self._top = top
        return self._strip[top - self._top :]


class Band:
    """The rows of the page that one row of tiles needs, padded with paper.

    Rows shared with the band before are kept, not drawn again: pixels drawn twice may differ
    in their antialiasing, and pixels that two tiles share must be the same.
    """

    def __init__(self, page: DrawnPage, tile_size: int) -> None:
        self._page = page
        self._size = tile_size
        shape = (tile_size, max(page.width, tile_size), page.channels)
        self._pixels: Pixels = np.full(shape, PAPER, np.uint8)
        self._top = self._bottom = 0

    def move_to(self, top: int) -> None:
        """Loads the rows from ``top``; bands are read from the top of the page down."""
        bottom = min(top + self._size, self._page.height)
        kept = max(0, self._bottom - top)
        first_kept = top - self._top
        self._pixels[:kept] = self._pixels[first_kept : first_kept + kept]
        new_rows = self._pixels[kept : bottom - top, : self._page.width]
        self._page.draw(new_rows, top + kept)
        self._top, self._bottom = top, bottom

    def tile(self, left: int) -> Pixels:
        """Returns a view of the tile that begins at column ``left``."""
        return self._pixels[:, left : left + self._size]

    def is_blank(self, left: int) -> bool:
        """Tells if all of the tile that lies on the page has exactly one colour."""
        shown = self.tile(left)[: self._bottom - self._top, : self._page.width - left]
        channels = range(shown.shape[2])
        return all(shown[..., one].min() == shown[..., one].max() for one in channels)


def cut_tiles(
    page: DrawnPage, tiles: list[Tile], tile_size: int, max_image_bytes: int
) -> Iterator[tuple[Tile, bytes]]:
    """Yields those of ``tiles`` (in order of index) that are not blank, as JPEG files."""
    if not tiles:
        return
    band = Band(page, tile_size)
    for top, row in groupby(tiles, key=lambda tile: int(tile.box.top)):
        band.move_to(top)
        for tile in row:
            left = int(tile.box.left)
            if not band.is_blank(left):
                yield tile, encode_jpeg(band.tile(left), max_image_bytes)


def encode_jpeg(pixels: Pixels, max_bytes: int) -> bytes:
    """Returns a JPEG of at most ``max_bytes``: quality falls until it fits, the size stays.

    Raises UnsupportedPage where even the lowest quality does not fit.
    """
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    for quality in FALLING_QUALITIES:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality)
        if file.tell() <= max_bytes:
            return file.getvalue()
    raise UnsupportedPage(
        f"a tile must fit in {max_bytes} bytes; a tile of {image.width} x {image.height} px takes "
        f"{file.tell()} bytes at the lowest quality; choose a smaller tile_size"
    )
