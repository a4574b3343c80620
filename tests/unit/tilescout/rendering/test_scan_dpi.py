"""The resolution that a scanned page was scanned at, whatever it is drawn at."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from PIL import Image

from tests.unit.tilescout.rendering.pdf_files import blank_page, save
from tilescout.profiles import Profile
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderRequest

PROFILE = Profile(name="symbols", detector="onnx", model_project="p", dpi=100, tile_size=1024,
                  overlap=64)  # fmt: skip
WIDTH_IN, HEIGHT_IN = 8, 6


def scan_dpi(path: Path) -> float:
    return render_page(path, RenderRequest.for_page(1, PROFILE), lambda tile: None).scan_dpi


def jpeg(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (width, height), 200).save(file, "JPEG")
    return file.getvalue()


def page_with(*boxes_in: tuple[float, float, float, float], dpi: int) -> Any:
    """Draws an image of ``dpi`` into each box, in inches."""
    document, page = blank_page(72 * WIDTH_IN, 72 * HEIGHT_IN)
    for left, top, right, bottom in boxes_in:
        image = jpeg(round(dpi * (right - left)), round(dpi * (bottom - top)))
        page.insert_image(pymupdf.Rect(left, top, right, bottom) * 72, stream=image)
    return document


@pytest.mark.parametrize("dpi", [75, 150, 300])
def test_a_scan_has_the_resolution_of_its_image(tmp_path: Path, dpi: int) -> None:
    path = save(page_with((0, 0, WIDTH_IN, HEIGHT_IN), dpi=dpi), tmp_path)
    assert scan_dpi(path) == pytest.approx(dpi, abs=0.5)


def test_the_strips_of_a_scan_count_together(tmp_path: Path) -> None:
    strips = [(0, top, WIDTH_IN, top + 1) for top in range(HEIGHT_IN)]
    assert scan_dpi(save(page_with(*strips, dpi=150), tmp_path)) == pytest.approx(150, abs=0.5)


def test_a_scan_that_is_shown_turned_has_its_own_resolution(tmp_path: Path) -> None:
    document = page_with((0, 0, WIDTH_IN, HEIGHT_IN), dpi=120)
    document[0].set_rotation(90)
    assert scan_dpi(save(document, tmp_path)) == pytest.approx(120, abs=0.5)


def test_a_page_with_a_stamp_is_no_scan(tmp_path: Path) -> None:
    assert scan_dpi(save(page_with((5, 1, 7, 3), dpi=300), tmp_path)) == 0


def test_a_page_of_strokes_is_no_scan(tmp_path: Path) -> None:
    document, page = blank_page()
    page.draw_line((10, 10), (300, 200))
    assert scan_dpi(save(document, tmp_path)) == 0


def test_a_picture_has_its_own_resolution(tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    Image.new("L", (800, 600), 128).save(path, dpi=(150, 150))
    assert scan_dpi(path) == pytest.approx(150, abs=0.5)
