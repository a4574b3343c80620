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


class Band:
    """The rows of the page that some rows of tiles need, padded with paper.

    Rows shared with the band before are kept, not drawn again: pixels drawn twice may differ
    in their antialiasing, and pixels that two tiles share must be the same.
    """

    def __init__(self, page: DrawnPage, tile_size: int, rows: int = 0) -> None:
        """Makes room for bands of a tile's height, or of ``rows`` where one is taller."""
        self._page = page
        self._size = tile_size
        shape = (max(tile_size, rows), max(page.width, tile_size), page.channels)
        self._pixels: Pixels = np.full(shape, PAPER, np.uint8)
        self._top = self._bottom = 0

    def move_to(self, top: int, rows: int = 0) -> None:
        """Loads so many rows from ``top``, one tile's if 0; bands are read from the top down."""
        bottom = min(top + (rows or self._size), self._page.height)
        kept = max(0, self._bottom - top)
        first_kept = top - self._top
        self._pixels[:kept] = self._pixels[first_kept : first_kept + kept]
        new_rows = self._pixels[kept : bottom - top, : self._page.width]
        self._page.draw(new_rows, top + kept)
        self._top, self._bottom = top, bottom

    def tile(self, left: int, top: int | None = None) -> Pixels:
        """Returns a view of the tile that begins at column ``left`` and row ``top`` of the page,
        that of the band if None."""
        first = 0 if top is None else top - self._top
        return self._pixels[first : first + self._size, left : left + self._size]

    def is_blank(self, left: int, top: int) -> bool:
        """Tells if all of the tile that lies on the page has exactly one colour."""
        shown = self.tile(left, top)[: self._bottom - top, : self._page.width - left]
        channels = range(shown.shape[2])
        return all(shown[..., one].min() == shown[..., one].max() for one in channels)


def cut_tiles(
    page: DrawnPage, tiles: list[Tile], tile_size: int, max_image_bytes: int, max_rows: int = 0
) -> Iterator[tuple[Tile, bytes]]:
    """Yields those of ``tiles`` (in order of index) that are not blank, as JPEG files.

    A band has at most ``max_rows`` rows, or those of a row of tiles where that is more.
    """
    if not tiles:
        return
    rows = {top: list(row) for top, row in groupby(tiles, key=lambda tile: int(tile.box.top))}
    bands = [
        (tops, tops[-1] - tops[0] + tile_size) for tops in _bands(list(rows), tile_size, max_rows)
    ]
    band = Band(page, tile_size, max(height for _, height in bands))
    for tops, height in bands:
        band.move_to(tops[0], height)
        for top in tops:
            yield from _row_of_tiles(band, rows[top], max_image_bytes)


def _bands(tops: list[int], tile_size: int, max_rows: int) -> Iterator[list[int]]:
    """Yields the rows of tiles that are drawn at once, as many as touch."""
    band = tops[:1]
    for top in tops[1:]:
        if top > band[-1] + tile_size or top + tile_size - band[0] > max_rows:
            yield band
            band = []
        band.append(top)
    yield band


def _row_of_tiles(
    band: Band, tiles: list[Tile], max_image_bytes: int
) -> Iterator[tuple[Tile, bytes]]:
    for tile in tiles:
        left, top = int(tile.box.left), int(tile.box.top)
        if not band.is_blank(left, top):
            yield tile, encode_jpeg(band.tile(left, top), max_image_bytes)


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
