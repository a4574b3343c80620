"""The drawing child: ``python -m tilescout_drawings.child JOB`` draws what it is asked on stdin.

It lives as long as its parent wants areas of one file, so a page is interpreted once and drawn
many times. Each line on stdin is a JSON request, each answer one frame on stdout.
"""

from __future__ import annotations

import io
import json
import sys
from collections import OrderedDict
from typing import Any

import numpy as np
import pymupdf
from PIL import Image
from pymupdf import mupdf

from tilescout.errors import TilescoutError
from tilescout.rendering.child import apply_limits, redirect_stdout
from tilescout.rendering.child_frames import Frame, write_frame
from tilescout.rendering.mupdf.document import error_text, load_page, open_document, size_in_points
from tilescout.rendering.mupdf.page import MupdfPage
from tilescout.rendering.page_tiles import PAPER, Pixels
from tilescout_drawings.picture_levels import PictureLevels, levels_of
from tilescout_drawings.pyramid import PixelArea

KEPT_PAGES = 6
KEPT_PICTURES = 2
"""Each takes up to 1.2 GB on the disk."""
PICTURE_DPI = 200
"""A picture without a resolution has this one until its detections tell its size."""
PNG_COMPRESSION = 3
MAX_PNG_BYTES_PER_PIXEL = 0.75
"""Above it a tile is a photograph or a scan, which a JPEG shows as well in a tenth of the bytes."""
JPEG_QUALITY = 90
SAMPLED_ROWS = 48


class OpenDrawing:
    """One opened PDF or picture, its layers, and the pages that were drawn last."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._document = open_document(path)
        self._pages: OrderedDict[tuple[int, frozenset[int]], MupdfPage] = OrderedDict()
        self._layers = _layers(self._document) if self._document.is_pdf else []
        self._pictures: OrderedDict[int, PictureLevels | None] = OrderedDict()

    def facts(self) -> dict[str, Any]:
        """Returns sizes in points of all pages as shown, and the layers."""
        sizes = [self._size(number + 1) for number in range(self._document.page_count)]
        return {
            "pages": [{"width_pt": width, "height_pt": height} for width, height in sizes],
            "layers": self._layers,
        }

    def _size(self, number: int) -> tuple[float, float]:
        shown = load_page(self._document, number).rect
        as_picture = size_in_points(self._path, self._document, number, PICTURE_DPI)
        return as_picture or (shown.width, shown.height)

    def area(self, request: dict[str, Any]) -> tuple[str, bytes]:
        """Returns the media type and the encoded picture of a part of a page."""
        levels = None if self._document.is_pdf else self._picture(request["page"])
        if levels is None:
            return encode(self._drawn(request))
        return encode(levels.area(PixelArea(*request["area"]), request["size"]))

    def _drawn(self, request: dict[str, Any]) -> Pixels:
        left, top, right, bottom = request["area"]
        page = self._page(request["page"], frozenset(request["shown_layers"] or ()), request)
        pixels: Pixels = np.full((bottom - top, right - left, 3), PAPER, np.uint8)
        page.shrunk(request["dpi"] / page.dpi, tuple(request["size"])).draw(pixels, top, left)
        return pixels

    def _picture(self, number: int) -> PictureLevels | None:
        """Returns the levels of a page of a picture; those used last are kept."""
        if number not in self._pictures:
            load_page(self._document, number)
            if len(self._pictures) >= KEPT_PICTURES:
                self._pictures.popitem(last=False)
            self._pictures[number] = levels_of(self._path, number)
        self._pictures.move_to_end(number)
        return self._pictures[number]

    def _page(self, number: int, shown: frozenset[int], request: dict[str, Any]) -> MupdfPage:
        layers = shown if request["shown_layers"] is not None else frozenset((-1,))
        key = number, layers
        if key not in self._pages:
            self._show_layers(request["shown_layers"])
            # A picture is as large as its detections say, whose dpi it may have taken.
            size_pt = None if self._document.is_pdf else (
                request["size"][0] * 72 / request["dpi"], request["size"][1] * 72 / request["dpi"]
            )  # fmt: skip
            page = load_page(self._document, number)
            self._pages[key] = MupdfPage(page, 72, "rgb", size_pt)
            if len(self._pages) > KEPT_PAGES:
                self._pages.popitem(last=False)
        self._pages.move_to_end(key)
        return self._pages[key]

    def _show_layers(self, shown: list[int] | None) -> None:
        """Shows these layers; None shows each layer as the file itself does."""
        for layer in self._layers:
            is_shown = layer["is_shown"] if shown is None else layer["number"] in shown
            pdf = mupdf.pdf_document_from_fz_document(self._document.this)
            mupdf.pdf_enable_layer(pdf, layer["number"], 1 if is_shown else 0)


def _layers(document: Any) -> list[dict[str, Any]]:
    """The optional content groups of a PDF, in the file's order."""
    pdf = mupdf.pdf_document_from_fz_document(document.this)
    return [
        {
            "number": number,
            "name": str(mupdf.pdf_layer_name(pdf, number)),
            "is_shown": bool(mupdf.pdf_layer_is_enabled(pdf, number)),
        }
        for number in range(mupdf.pdf_count_layers(pdf))
    ]


def encode(pixels: Pixels) -> tuple[str, bytes]:
    """Returns a PNG, in grey where there is no colour; a JPEG where that is much smaller."""
    image = Image.fromarray(_in_grey(pixels))
    if not _has_grain(image):
        body = _encoded(image, "PNG", compress_level=PNG_COMPRESSION)
        if len(body) <= image.width * image.height * MAX_PNG_BYTES_PER_PIXEL:
            return "image/png", body
    return "image/jpeg", _encoded(image, "JPEG", quality=JPEG_QUALITY)


def _has_grain(image: Image.Image) -> bool:
    """Tells from some rows that a PNG, which takes the most time, would be far too large."""
    if image.height < 8 * SAMPLED_ROWS:
        return False
    for part in (1, 2, 3):
        top = image.height * part // 4
        rows = image.crop((0, top, image.width, top + SAMPLED_ROWS))
        size = len(_encoded(rows, "PNG", compress_level=PNG_COMPRESSION))
        if size < 1.2 * rows.width * rows.height * MAX_PNG_BYTES_PER_PIXEL:
            return False
    return True


def _encoded(image: Image.Image, kind: str, **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _in_grey(pixels: Pixels) -> Pixels:
    """Returns one channel where all are the same, else the pixels as they are."""
    if pixels.ndim == 2:
        return pixels
    red, green, blue = (pixels[..., channel] for channel in range(3))
    return (
        np.ascontiguousarray(red)
        if np.array_equal(red, green) and np.array_equal(green, blue)
        else pixels
    )


def main(job: str) -> None:
    """Answers requests until stdin ends."""
    task = json.loads(job)
    with redirect_stdout() as stream:
        apply_limits(task["limits"])
        try:
            drawing = OpenDrawing(task["path"])
        except TilescoutError as error:
            write_frame(stream, _error(type(error).__name__, str(error)))
            return
        write_frame(stream, Frame("result", drawing.facts()))
        for line in sys.stdin:
            write_frame(stream, _answer(drawing, json.loads(line)))


def _answer(drawing: OpenDrawing, request: dict[str, Any]) -> Frame:
    try:
        media_type, body = drawing.area(request)
    except TilescoutError as error:
        return _error(type(error).__name__, str(error))
    except (MemoryError, RuntimeError, pymupdf.mupdf.FzErrorBase) as error:
        return _error(
            "UnsupportedPage",
            f"a page must be drawable; page {request['page']} is not ({error_text(error)}); "
            "export the PDF again",
        )
    return Frame("result", {"media_type": media_type}, body)


def _error(name: str, message: str) -> Frame:
    return Frame("error", {"name": name, "message": message})


if __name__ == "__main__":
    main(sys.argv[1])
