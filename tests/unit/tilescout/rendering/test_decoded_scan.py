from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pymupdf
import pytest
from PIL import Image

from tests.unit.tilescout.rendering.pdf_files import blank_page, save
from tilescout.profiles import Colour
from tilescout.rendering.mupdf.page import MupdfPage

DPI = 144
SIZE = (1600, 1300)
Grey = npt.NDArray[np.uint8]


def jpeg(mode: str = "L", quality: int = 85) -> bytes:
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    grey = ((rows * columns) % 251).astype(np.uint8) // 2 + 100
    file = io.BytesIO()
    Image.fromarray(grey).convert(mode).save(file, "JPEG", quality=quality)
    return file.getvalue()


def scan(image: bytes, width: float = SIZE[0] / 2) -> tuple[Any, Any]:
    """A document and its page, which is the image at 144 dpi where its width is 800 pt."""
    document, page = blank_page(SIZE[0] / 2, SIZE[1] / 2)
    page.insert_image(pymupdf.Rect(0, 0, width, SIZE[1] / 2), stream=image, keep_proportion=False)
    return document, page


def pixels_of(folder: Path, document: Any, colour: Colour = "grey") -> tuple[Grey | None, Grey]:
    """The decoded pixels of the first page, if any, and the drawn ones."""
    with pymupdf.open(save(document, folder)) as opened:
        page = MupdfPage(opened[0], DPI, colour)
        drawn = np.empty((page.height, page.width, page.channels), np.uint8)
        page.shrunk(1, (page.width, page.height)).draw(drawn, 0)
        if page._scan is None:
            return None, drawn
        decoded = np.empty_like(drawn)
        page.draw(decoded, 0)
        return decoded, drawn


@pytest.mark.parametrize(("mode", "colour"), [("L", "grey"), ("L", "rgb"), ("RGB", "rgb")])
def test_a_scan_at_the_resolution_of_its_page_has_the_pixels_that_are_drawn(
    tmp_path: Path, mode: str, colour: Colour
) -> None:
    decoded, drawn = pixels_of(tmp_path, scan(jpeg(mode))[0], colour)
    assert decoded is not None
    assert np.array_equal(decoded, drawn)


def test_a_coloured_scan_is_its_luminance_in_grey(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("RGB", SIZE, (200, 80, 40)).save(file, "JPEG", quality=95)
    decoded, drawn = pixels_of(tmp_path, scan(file.getvalue())[0])
    assert decoded is not None
    assert np.abs(decoded.astype(int) - drawn).max() <= 10


def test_what_is_drawn_over_a_scan_is_not_lost(tmp_path: Path) -> None:
    document, page = scan(jpeg())
    page.draw_line((10, 10), (700, 600))
    assert pixels_of(tmp_path, document)[0] is None


def test_an_annotation_on_a_scan_is_not_lost(tmp_path: Path) -> None:
    document, page = scan(jpeg())
    page.add_rect_annot((10, 10, 700, 600))
    assert pixels_of(tmp_path, document)[0] is None


def test_a_scan_that_is_turned_is_drawn(tmp_path: Path) -> None:
    document, page = scan(jpeg())
    page.set_rotation(180)
    assert pixels_of(tmp_path, document)[0] is None


def test_an_image_that_leaves_a_part_of_the_page_free_is_drawn(tmp_path: Path) -> None:
    assert pixels_of(tmp_path, scan(jpeg(), width=700)[0])[0] is None


def test_a_damaged_scan_is_drawn(tmp_path: Path) -> None:
    whole = jpeg()
    document, page = scan(whole)
    (image,) = page.get_images()
    document.update_stream(image[0], whole[: len(whole) // 2], compress=False)
    document.xref_set_key(image[0], "Filter", "/DCTDecode")
    assert pixels_of(tmp_path, document)[0] is None


def test_a_scan_with_a_mask_is_drawn(tmp_path: Path) -> None:
    document, page = scan(jpeg())
    (image,) = page.get_images()
    document.xref_set_key(image[0], "Mask", "[0 10]")
    assert pixels_of(tmp_path, document)[0] is None
