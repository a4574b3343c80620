"""One page interpreted once by MuPDF and drawn in rows. Runs in the rendering child only.

A display list is made once per page: drawing a part of the page from it is several times cheaper
than interpreting the content again for each part.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
import pymupdf
from pymupdf import mupdf

from tilescout.geometry import POINTS_PER_INCH, Box
from tilescout.profiles import Colour
from tilescout.rendering.layer_words import is_painted
from tilescout.rendering.mupdf.decoded_scan import decoded_scan
from tilescout.rendering.page_tiles import Pixels
from tilescout.rendering.page_work import LARGE_IMAGE_PIXELS, UNKNOWN
from tilescout.tiling.page_geometry import page_pixels

COPIED_BYTES = 16 * 1024 * 1024
MAX_DIFFERENCE_PX = 0.1
"""A scan may end so far from the end of its page, and be that page."""
TEXT_FLAGS = (
    mupdf.FZ_STEXT_PRESERVE_WHITESPACE
    | mupdf.FZ_STEXT_PRESERVE_IMAGES
    | mupdf.FZ_STEXT_ACCURATE_BBOXES
    | pymupdf.TEXT_MEDIABOX_CLIP
)


class MupdfPage:
    """A page as a viewer shows it, at ``dpi``, in grey or rgb.

    ``largest_image`` are the pixels of its largest image, where that is known: to look at its
    images takes time where they are many.
    """

    largest_image = UNKNOWN

    def __init__(
        self,
        page: Any,
        dpi: float,
        colour: Colour = "grey",
        size_pt: tuple[float, float] | None = None,
    ) -> None:
        """Takes ``size_pt``, the size as shown, where it is not that of MuPDF's page."""
        self.colour: Colour = colour
        self._source: Any = page
        self._list = page.get_displaylist()
        self._bounds = self._list.rect
        self._size_pt: tuple[float, float] = size_pt or (self._bounds.width, self._bounds.height)
        self._at(dpi)

    def _at(self, dpi: float) -> None:
        self.dpi = dpi
        self.width, self.height = page_pixels(*self._size_pt, dpi)

    def in_grey(self, dpi: float) -> MupdfPage:
        """Returns the same page in grey at another resolution; it is not interpreted again."""
        return self._drawn("grey", dpi)

    def shrunk(self, ratio: float, size: tuple[int, int]) -> MupdfPage:
        """Returns the same page, shrunk by ``ratio`` to ``size`` (width, height) px."""
        other = self._drawn(self.colour, self.dpi * ratio)
        other.width, other.height = size
        return other

    def _drawn(self, colour: Colour, dpi: float) -> MupdfPage:
        other = object.__new__(MupdfPage)
        other.colour, other._list, other._bounds = colour, self._list, self._bounds
        other._size_pt, other._source = self._size_pt, None
        other._at(dpi)
        return other

    @property
    def channels(self) -> int:
        return 1 if self.colour == "grey" else 3

    @property
    def scale(self) -> float:
        return self.dpi / POINTS_PER_INCH

    def draw(self, target: Pixels, top: int, left: int = 0) -> None:
        """Fills ``target`` (rows x columns x channels) with the page's pixels from (left, top) on.

        They are drawn into its own memory where that is in one piece, else copied; those of a scan
        are decoded and not drawn.
        """
        shown = (slice(top, top + len(target)), slice(left, left + target.shape[1]))
        if self._scan is not None and self._scan[shown].shape == target.shape:
            target[...] = self._scan[shown]
            return
        if target.flags.c_contiguous:
            self._draw_into(target, top, left)
            return
        rows = max(1, COPIED_BYTES // (target.shape[1] * self.channels))
        for first in range(0, len(target), rows):
            part = target[first : first + rows]
            copy = np.empty(part.shape, np.uint8)
            self._draw_into(copy, top + first, left)
            part[...] = copy

    def _draw_into(self, target: Pixels, top: int, left: int) -> None:
        rows, columns, channels = target.shape
        if not target.size:
            return
        space = mupdf.fz_device_gray() if self.colour == "grey" else mupdf.fz_device_rgb()
        pixmap = mupdf.fz_new_pixmap_with_data(
            space, columns, rows, mupdf.FzSeparations(), 0, columns * channels,
            mupdf.python_buffer_data(target),
        )  # fmt: skip
        pixmap.m_internal.x, pixmap.m_internal.y = left, top
        mupdf.fz_clear_pixmap_with_value(pixmap, 0xFF)
        device = mupdf.fz_new_draw_device(mupdf.FzMatrix(), pixmap)
        area = mupdf.FzRect(left, top, left + columns, top + rows)
        mupdf.fz_run_display_list(self._list.this, device, self._matrix(), area, mupdf.FzCookie())
        mupdf.fz_close_device(device)

    def _matrix(self) -> Any:
        across = self.scale * self._size_pt[0] / self._bounds.width
        down = self.scale * self._size_pt[1] / self._bounds.height
        return mupdf.FzMatrix(
            across, 0, 0, down, -self._bounds.x0 * across, -self._bounds.y0 * down
        )

    @cached_property
    def _scan(self) -> Pixels | None:
        """The page's pixels where it is one image at this very resolution."""
        if self._source is None or not (self.has_large_image and self._is_one_image()):
            return None
        return decoded_scan(self._source, self.colour)

    def _is_one_image(self) -> bool:
        """Tells if there is one image, whose pixels are those of the page."""
        sizes = [(image["width"], image["height"]) for image in self.images]
        if sizes != [(self.width, self.height)]:
            return False
        box = self.to_pixels(Box(*self.images[0]["bbox"]))
        sides = (box.left, box.top, box.right - self.width, box.bottom - self.height)
        return max(map(abs, sides)) <= MAX_DIFFERENCE_PX

    @contextmanager
    def whole_lines(self) -> Iterator[None]:
        """Draws no line finer than a pixel while the context lasts."""
        pymupdf.TOOLS.set_graphics_min_line_width(1)
        try:
            yield
        finally:
            pymupdf.TOOLS.set_graphics_min_line_width(0)

    @cached_property
    def _text(self) -> Any:
        return pymupdf.TextPage(self._list.get_textpage(TEXT_FLAGS))

    def lines(self) -> list[dict[str, Any]]:
        """Returns lines of text as MuPDF's rawdict has them, in points as shown."""
        blocks = self._text.extractRAWDICT()["blocks"]
        return [line for block in blocks for line in block.get("lines", ())]

    def words(self) -> list[tuple[str, Box]]:
        """Returns words and their boxes, in points as MuPDF has them; cheaper than ``lines``."""
        return [(str(text), Box(*sides)) for *sides, text, _, _, _ in self._text.extractWORDS()]

    @cached_property
    def images(self) -> list[dict[str, Any]]:
        """Size (px), channels, bits and box (points as shown) of each image on the page.

        They are a part of PyMuPDF's extractIMGINFO, which takes three times as long.
        """
        blocks = ((block, block.m_internal) for block in self._text.this)
        return [
            _image(block.i_image(), raw.bbox)
            for block, raw in blocks
            if raw.type != mupdf.FZ_STEXT_BLOCK_TEXT
        ]

    @property
    def has_large_image(self) -> bool:
        """True where an image takes longer to decode than the rest of a page to draw."""
        if not self.may_have_image_of(LARGE_IMAGE_PIXELS):
            return False
        pixels = (image["width"] * image["height"] for image in self.images)
        return max(pixels, default=0) >= LARGE_IMAGE_PIXELS

    def may_have_image_of(self, pixels: int) -> bool:
        """Tells, at no cost, if an image of so many pixels may be on the page."""
        return self.largest_image >= pixels

    def declares_content(self) -> bool:
        """Tells if there is an image or painted text on the page."""
        return bool(self.images) or any(
            is_painted(span) and any(not glyph["c"].isspace() for glyph in span["chars"])
            for line in self.lines()
            for span in line["spans"]
        )

    def to_pixels(self, box: Box) -> Box:
        """Returns a box, in points as MuPDF gives it, in page pixels."""
        left, top = self._bounds.x0, self._bounds.y0
        return box.shift(-left, -top).scale(self.scale)


def _image(image: Any, box: Any) -> dict[str, Any]:
    return {
        "width": image.w(),
        "height": image.h(),
        "colorspace": image.n(),
        "bpc": image.bpc(),
        "bbox": (box.x0, box.y0, box.x1, box.y1),
    }
