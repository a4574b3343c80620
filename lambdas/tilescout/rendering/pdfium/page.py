"""One page interpreted once by PDFium and drawn in rows. Runs in the rendering child only."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from tilescout.geometry import POINTS_PER_INCH, Box
from tilescout.profiles import Colour
from tilescout.rendering.layer_words import is_painted
from tilescout.rendering.page_tiles import PAPER, Pixels
from tilescout.rendering.page_work import LARGE_IMAGE_PIXELS
from tilescout.rendering.pdfium.text import Placement, text_lines, words_of
from tilescout.tiling.page_geometry import page_pixels

MAX_BITS = 32
MAX_DEPTH = 20
"""Forms nested deeper are not searched for images."""
IDENTITY = pdfium.FS_MATRIX(1, 0, 0, 1, 0, 0)


@dataclass(frozen=True)
class LoadedPage:
    """A page that PDFium has interpreted; its text and images are read once."""

    page: pypdfium2.PdfPage
    placement: Placement
    size_pt: tuple[float, float]
    has_images: bool
    hidden: frozenset[str] = frozenset()
    """The names of the layers that are not shown."""

    @cached_property
    def lines(self) -> list[dict[str, Any]]:
        """Returns the lines of text, as the port has them."""
        text = self.page.get_textpage()
        return text_lines(text.raw, self.placement, self.size_pt, self.hidden)

    @cached_property
    def images(self) -> list[dict[str, Any]]:
        """Returns the images drawn, as the port has them; only pages that have any are searched."""
        if not self.has_images:
            return []
        objects = _objects(self.page.raw, IDENTITY, MAX_DEPTH)
        return [self._image(image, matrix) for image, matrix in objects]

    def _image(self, image: Any, matrix: Any) -> dict[str, Any]:
        width, height = ctypes.c_uint(), ctypes.c_uint()
        pdfium.FPDFImageObj_GetImagePixelSize(image, width, height)
        box = self.placement.shown(*_unit_square(_times(_matrix(image), matrix)))
        return {
            "width": width.value,
            "height": height.value,
            "colorspace": 1,
            "bpc": self._bits_per_pixel(image, width.value * height.value),
            "bbox": (box.left, box.top, box.right, box.bottom),
        }

    def _bits_per_pixel(self, image: Any, pixels: int) -> int:
        """Returns the most that a pixel may take for a small image: to be told means to decode."""
        if pixels < LARGE_IMAGE_PIXELS:
            return MAX_BITS
        told = pdfium.FPDF_IMAGEOBJ_METADATA()
        pdfium.FPDFImageObj_GetImageMetadata(image, self.page.raw, told)
        return int(told.bits_per_pixel) or MAX_BITS


class PdfiumPage:
    """A page as a viewer shows it, at ``dpi``, in grey or rgb."""

    def __init__(self, loaded: LoadedPage, dpi: float, colour: Colour = "grey") -> None:
        self._loaded = loaded
        self.colour: Colour = colour
        self.dpi = dpi
        self.width, self.height = page_pixels(*loaded.size_pt, dpi)

    def in_grey(self, dpi: float) -> PdfiumPage:
        """Returns the same page in grey at another resolution; it is not interpreted again."""
        return PdfiumPage(self._loaded, dpi)

    def shrunk(self, ratio: float, size: tuple[int, int]) -> PdfiumPage:
        """Returns the same page, shrunk by ``ratio`` to ``size`` (width, height) px."""
        other = PdfiumPage(self._loaded, self.dpi * ratio, self.colour)
        other.width, other.height = size
        return other

    @property
    def channels(self) -> int:
        return 1 if self.colour == "grey" else 3

    @property
    def scale(self) -> float:
        return self.dpi / POINTS_PER_INCH

    @contextmanager
    def whole_lines(self) -> Iterator[None]:
        """Draws as ever: PDFium draws no line finer than a pixel."""
        yield

    def draw(self, target: Pixels, top: int, left: int = 0) -> None:
        """Fills ``target`` (rows x columns x channels) with the page's pixels from (left, top) on.

        PDFium draws into it, whose pixels of a row lie side by side; its rows need not.
        """
        rows, columns, _ = target.shape
        target[...] = PAPER
        if not rows:
            return
        layout = pdfium.FPDFBitmap_Gray if self.colour == "grey" else pdfium.FPDFBitmap_BGR
        bitmap = pdfium.FPDFBitmap_CreateEx(
            columns, rows, layout, target.ctypes.data, target.strides[0]
        )
        scale = self.scale * self._loaded.placement.unit
        matrix = pdfium.FS_MATRIX(scale, 0, 0, scale, -left, -top)
        area = pdfium.FS_RECTF(0, 0, columns, rows)
        flags = pdfium.FPDF_REVERSE_BYTE_ORDER if self.colour == "rgb" else 0
        pdfium.FPDF_RenderPageBitmapWithMatrix(bitmap, self._loaded.page.raw, matrix, area, flags)
        pdfium.FPDFBitmap_Destroy(bitmap)

    def lines(self) -> list[dict[str, Any]]:
        """Returns lines of text as the port has them, in points as shown."""
        return self._loaded.lines

    def words(self) -> list[tuple[str, Box]]:
        """Returns words and their boxes, in points as shown."""
        return list(words_of(self._loaded.lines))

    @property
    def images(self) -> list[dict[str, Any]]:
        """Returns size (px), bits and box (points as shown) of each image on the page."""
        return self._loaded.images

    @property
    def has_large_image(self) -> bool:
        """Returns True where an image takes longer to decode than the rest of a page to draw."""
        pixels = (image["width"] * image["height"] for image in self.images)
        return max(pixels, default=0) >= LARGE_IMAGE_PIXELS

    def may_have_image_of(self, pixels: int) -> bool:
        """Tells, at no cost, if an image of so many ``pixels`` may be on the page."""
        return self._loaded.has_images

    def declares_content(self) -> bool:
        """Tells if there is an image or painted text on the page."""
        return bool(self.images) or any(
            is_painted(span) and any(not glyph["c"].isspace() for glyph in span["chars"])
            for line in self.lines()
            for span in line["spans"]
        )

    def to_pixels(self, box: Box) -> Box:
        """Returns a box, in points as shown, in page pixels."""
        return box.scale(self.scale)


def flatten_annotations(page: pypdfium2.PdfPage, shown: list[bool]) -> None:
    """Makes the annotations that are ``shown`` content of a page, and removes the others.

    So they are drawn with the page, fields of forms too, and their words are read with its own.
    The page has to be loaded again.
    """
    _draw_once(page)
    for at in reversed(range(len(shown))):
        if not shown[at]:
            pdfium.FPDFPage_RemoveAnnot(page.raw, at)
    pdfium.FPDFPage_Flatten(page.raw, pdfium.FLAT_NORMALDISPLAY)


def _draw_once(page: pypdfium2.PdfPage) -> None:
    """Draws one pixel: only then PDFium makes an appearance for annotations that have none."""
    bitmap = pdfium.FPDFBitmap_Create(1, 1, 0)
    pdfium.FPDF_RenderPageBitmap(bitmap, page.raw, 0, 0, 1, 1, 0, pdfium.FPDF_ANNOT)
    pdfium.FPDFBitmap_Destroy(bitmap)


def _objects(page: Any, matrix: Any, depth: int) -> Iterator[tuple[Any, Any]]:
    """Yields the images of a page, and of the forms that it draws, with their forms' matrix."""
    for at in range(pdfium.FPDFPage_CountObjects(page)):
        yield from _images(pdfium.FPDFPage_GetObject(page, at), matrix, depth)


def _images(drawn: Any, matrix: Any, depth: int) -> Iterator[tuple[Any, Any]]:
    kind = pdfium.FPDFPageObj_GetType(drawn)
    if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
        yield drawn, matrix
    if kind == pdfium.FPDF_PAGEOBJ_FORM and depth:
        inner = _times(_matrix(drawn), matrix)
        for at in range(pdfium.FPDFFormObj_CountObjects(drawn)):
            yield from _images(pdfium.FPDFFormObj_GetObject(drawn, at), inner, depth - 1)


def _matrix(drawn: Any) -> Any:
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(drawn, matrix)
    return matrix


def _times(first: Any, then: Any) -> Any:
    """Returns the matrix that places a point by ``first``, and the result by ``then``."""
    return pdfium.FS_MATRIX(
        first.a * then.a + first.b * then.c,
        first.a * then.b + first.b * then.d,
        first.c * then.a + first.d * then.c,
        first.c * then.b + first.d * then.d,
        first.e * then.a + first.f * then.c + then.e,
        first.e * then.b + first.f * then.d + then.f,
    )


def _unit_square(matrix: Any) -> tuple[float, float, float, float]:
    """Returns left, bottom, right and top of the place of an image, which is a unit square."""
    across = [matrix.e + dx for dx in (0, matrix.a, matrix.c, matrix.a + matrix.c)]
    up = [matrix.f + dy for dy in (0, matrix.b, matrix.d, matrix.b + matrix.d)]
    return min(across), min(up), max(across), max(up)
