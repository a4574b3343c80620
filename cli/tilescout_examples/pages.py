"""Reads a page for a search: its strokes, or its pixels where it is a scan."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from tilescout.detections import Word
from tilescout.example_search import PageStrokes, ScannedPage
from tilescout.rendering.render import read_strokes, render_page
from tilescout.rendering.requests import RenderedTile, RenderRequest
from tilescout.sheet_layout.layout import SheetLayout, layout_from_json

SCAN_DPI = 200
TILE_PX = 2048
MAX_TILE_BYTES = 10_000_000
POINTS_PER_INCH = 72
REQUEST = RenderRequest(
    page=1,
    dpi=SCAN_DPI,
    tile_size=TILE_PX,
    overlap=0,
    colour="grey",
    text_layer=False,
    include=(),
    exclude=(),
    max_image_bytes=MAX_TILE_BYTES,
    layout=False,
)
"""A page in grey, whole."""


def strokes_of(file: Path, page: int) -> PageStrokes | None:
    """Returns the strokes of a page, or None where it is a scan or empty."""
    strokes = read_strokes(file, page)
    return None if strokes.is_scan else strokes


@dataclass(frozen=True, slots=True)
class SheetPage:
    """A page in grey at 200 dpi, and its words in these pixels."""

    scan: ScannedPage
    words: tuple[Word, ...]


def pixels_of(file: Path, page: int) -> ScannedPage:
    """Returns a page in grey at 200 dpi."""
    return _drawn(file, replace(REQUEST, page=page)).scan


def sheet_of(file: Path, page: int) -> SheetPage:
    """Returns a page in grey at 200 dpi, and its words."""
    return _drawn(file, replace(REQUEST, page=page, text_layer=True))


def layout_of(file: Path, page: int) -> SheetLayout:
    """Returns the layout of a page's sheet, without drawing the page at 200 dpi."""
    request = replace(REQUEST, page=page, tiles="never", layout=True)
    return layout_from_json(render_page(file, request, lambda _: None).layout)


def _drawn(file: Path, request: RenderRequest) -> SheetPage:
    tiles: list[RenderedTile] = []
    rendered = render_page(file, request, tiles.append)
    grey = np.full((rendered.height_px, rendered.width_px), 255, np.uint8)
    for tile in tiles:
        left, top = round(tile.tile.box.left), round(tile.tile.box.top)
        part = np.asarray(Image.open(io.BytesIO(tile.image)).convert("L"))
        room = grey[top : top + part.shape[0], left : left + part.shape[1]]
        room[...] = part[: room.shape[0], : room.shape[1]]
    scan = ScannedPage(grey=grey, pixel=POINTS_PER_INCH / SCAN_DPI)
    return SheetPage(scan, rendered.words)
