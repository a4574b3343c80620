"""A picture at falling sizes on the disk: decoded once, and a part of it costs what it shows.

A renderer decodes all of a PNG or JPEG for any part of it. Here each level is half as large as the
one before, as raw pixels in a file without a name, which the system removes with the process.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tilescout.errors import UnreadableDocument
from tilescout.rendering import picture_files
from tilescout.rendering.page_tiles import Pixels
from tilescout_drawings.pyramid import PixelArea

SMALLEST_SIDE = 256
"""A level whose longer side is at most this has no smaller one."""
STRIP_BYTES = 32 * 1024 * 1024
MAX_BYTES = 900_000_000
"""A picture that takes more bytes is drawn from its file each time, to bound memory and disk."""
MODES_OF_8_BITS = ("1", "L", "LA", "P", "RGB", "RGBA")
"""The renderer turns what Pillow calls by another name into colours in a way of its own."""
MARGIN = 2
"""Pixels around a part that its filter looks at."""


class PictureLevels:
    """A picture, and that picture at smaller sizes."""

    def __init__(self, picture: Image.Image) -> None:
        """Writes all levels. Raises OSError where the disk is full."""
        self._levels = [_written(each) for each in _halves(picture)]

    @property
    def bytes_on_disk(self) -> int:
        """The size of all levels."""
        return sum(each.nbytes for each in self._levels)

    def area(self, area: PixelArea, size: tuple[int, int]) -> Pixels:
        """Returns a part of the picture, in pixels of the picture scaled to ``size``."""
        height, width = self._levels[0].shape[:2]
        across, down = width / size[0], height / size[1]
        number = self._number(min(across, down))
        across, down = across / (1 << number), down / (1 << number)
        sides = area.left * across, area.top * down, area.right * across, area.bottom * down
        shown = area.right - area.left, area.bottom - area.top
        return _scaled(self._levels[number], sides, shown)

    def _number(self, shrinking: float) -> int:
        """Returns the number of the smallest level that has all of the wanted pixels."""
        return min(len(self._levels) - 1, max(0, math.floor(math.log2(shrinking) + 1e-9)))


def levels_of(path: str, page: int) -> PictureLevels | None:
    """Returns the levels of a page of a picture; None where it is to be drawn from its file."""
    # The renderer decodes a JPEG at a fraction of its size, which is quick.
    if picture_files.picture_kind(path) == "jpeg" or not _is_suited(path, page):
        return None
    try:
        return PictureLevels(picture_files.decoded(path, page))
    except (MemoryError, OSError, UnreadableDocument):
        return None


def _is_suited(path: str, page: int) -> bool:
    frame = picture_files.frame(path, page)
    channels = 1 if frame.mode in ("1", "L") else 3
    return frame.mode in MODES_OF_8_BITS and channels * frame.width * frame.height <= MAX_BYTES


def _halves(picture: Image.Image) -> Iterator[Image.Image]:
    while max(picture.size) > SMALLEST_SIDE:
        yield picture
        picture = picture.reduce(2)
    yield picture


def _written(picture: Image.Image) -> Pixels:
    """Returns rows x columns (x 3 in RGB), mapped to a file."""
    channels = len(picture.getbands())
    rows = max(1, STRIP_BYTES // (picture.width * channels))
    with tempfile.TemporaryFile(prefix="tilescout-") as file:
        for first in range(0, picture.height, rows):
            last = min(picture.height, first + rows)
            file.write(picture.crop((0, first, picture.width, last)).tobytes())
        file.flush()
        shape = picture.height, picture.width, channels
        return np.memmap(file, np.uint8, "r", shape=shape[: 2 if channels == 1 else 3])


def _scaled(
    level: Pixels, sides: tuple[float, float, float, float], size: tuple[int, int]
) -> Pixels:
    left, top, right, bottom = sides
    reach = MARGIN * max(
        1, math.ceil((right - left) / size[0]), math.ceil((bottom - top) / size[1])
    )
    x, y = max(0, math.floor(left) - reach), max(0, math.floor(top) - reach)
    cut = level[y : math.ceil(bottom) + reach, x : math.ceil(right) + reach]
    around = Image.fromarray(np.ascontiguousarray(cut))
    box = (left - x, top - y, min(around.width, right - x), min(around.height, bottom - y))
    return np.asarray(around.resize(size, Image.Resampling.BILINEAR, box=box))
