"""Reads a page for a search: its strokes, or its pixels where it is a scan."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tilescout.detections import Word
from tilescout.example_search import PageStrokes, ScannedPage
from tilescout.rendering.render import read_strokes, render_page
from tilescout.rendering.requests import RenderedTile, RenderRequest

SCAN_DPI = 200
TILE_PX = 2048
MAX_TILE_BYTES = 10_000_000
POINTS_PER_INCH = 72


def strokes_of(file: Path, page: int) -> PageStrokes | None:
    """Returns the strokes of a page, or None where it is a scan or empty."""
    strokes = read_strokes(file, page)
    return None if strokes.is_scan else strokes


@dataclass(frozen=True, slots=True)
class SheetPage:
    """A page in grey at 200 dpi with its words in these pixels, and the layout of its sheet."""

    scan: ScannedPage
    words: tuple[Word, ...]
    layout: dict[str, Any]


def pixels_of(file: Path, page: int) -> ScannedPage:
    """Returns a page in grey at 200 dpi."""
    return _rendered(file, page, text_layer=False).scan


def sheet_of(file: Path, page: int) -> SheetPage:
    """Returns a page in grey at 200 dpi, its words, and the layout of its sheet."""
    return _rendered(file, page, text_layer=True)


def _rendered(file: Path, page: int, *, text_layer: bool) -> SheetPage:
    tiles: list[RenderedTile] = []
    request = RenderRequest(
        page=page,
        dpi=SCAN_DPI,
        tile_size=TILE_PX,
        overlap=0,
        colour="grey",
        text_layer=text_layer,
        include=(),
        exclude=(),
        max_image_bytes=MAX_TILE_BYTES,
    )
    rendered = render_page(file, request, tiles.append)
    grey = np.full((rendered.height_px, rendered.width_px), 255, np.uint8)
    for tile in tiles:
        left, top = round(tile.tile.box.left), round(tile.tile.box.top)
        part = np.asarray(Image.open(io.BytesIO(tile.image)).convert("L"))
        room = grey[top : top + part.shape[0], left : left + part.shape[1]]
        room[...] = part[: room.shape[0], : room.shape[1]]
    scan = ScannedPage(grey=grey, pixel=POINTS_PER_INCH / SCAN_DPI)
    return SheetPage(scan, rendered.words, rendered.layout)
