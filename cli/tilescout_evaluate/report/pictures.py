"""Draws cut-outs of drawings with true and detected boxes."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pymupdf
from PIL import Image, ImageDraw
from pymupdf import mupdf

from tilescout.geometry import POINTS_PER_INCH, Box
from tilescout_evaluate.metrics.misses import Miss
from tilescout_evaluate.pairing import Pair
from tilescout_evaluate.truth.pages import Kind

WIDTH = 520
"""The width of a picture in px; a report shows it at half of that, and that of a long line in
full."""
CONTEXT = 1.2
"""The room on each side of a box, as a share of the box's shorter side; to this is added"""
CONTEXT_ALONG = 0.15
"""this share of its longer side."""
MIN_ROOM_PT = 12.0
MAX_ASPECT = 4.0
TRUE, FOUND, MARGIN = (0, 140, 60), (217, 0, 178), (240, 240, 240)


def cut_outs(
    misses: Sequence[Miss], pairs: Sequence[Pair], kind: Kind, pdf: Path | None
) -> Iterator[tuple[Miss, bytes]]:
    """Yields PNG files of misses whose page can be drawn: of ``pdf``, else of the truth's file."""
    opened: dict[Path, Any] = {}
    for miss in misses:
        pair = pairs[miss.page]
        path = pdf or pair.truth.file
        if path not in opened:
            opened[path] = _open(path)
        document = opened[path]
        number = pair.found.page
        if document is not None and number <= document.page_count:
            yield miss, _png(document[number - 1], miss, pair, kind)


def _open(path: Path) -> Any:
    """Returns None for a file that cannot be drawn: the figures are complete without a picture."""
    if not path.is_file():
        return None
    try:
        return pymupdf.open(path)
    except (RuntimeError, ValueError, mupdf.FzErrorBase):
        return None


def _png(page: Any, miss: Miss, pair: Pair, kind: Kind) -> bytes:
    to_points = POINTS_PER_INCH / pair.found.dpi
    shown = _around(miss.box.scale(to_points))
    scale = WIDTH / shown.width
    picture = Image.new("RGB", (WIDTH, round(shown.height * scale)), MARGIN)
    # If the page is a picture it has its own size; boxes refer to the page as it was rendered.
    own = page.rect.width / pair.found.width_pt if pair.found.width_pt else 1.0
    sides = (shown.left, shown.top, shown.right, shown.bottom)
    clip = pymupdf.Rect(*(side * own for side in sides)) & page.rect
    matrix = pymupdf.Matrix(scale / own, scale / own)
    pixels = page.get_pixmap(matrix=matrix, clip=clip, alpha=False, annots=False)
    at = (round((clip.x0 / own - shown.left) * scale), round((clip.y0 / own - shown.top) * scale))
    picture.paste(Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples), at)
    pen = ImageDraw.Draw(picture)
    for box, colour in _boxes(pair, kind):
        inside = box.scale(to_points).shift(-shown.left, -shown.top).scale(scale)
        if inside.intersection(Box(0, 0, *picture.size)).area:
            pen.rectangle(_outline(inside, colour), outline=colour, width=3)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def _around(box: Box) -> Box:
    """Returns the box with room around it, at most four times as wide as high, and never higher
    than wide."""
    short, long = sorted((box.width, box.height))
    room = max(MIN_ROOM_PT, CONTEXT * short + CONTEXT_ALONG * long)
    width, height = box.width + 2 * room, box.height + 2 * room
    width, height = max(width, height), max(height, width / MAX_ASPECT)
    x, y = box.centre
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _boxes(pair: Pair, kind: Kind) -> Iterator[tuple[Box, tuple[int, int, int]]]:
    for item in pair.truth.items:
        if item.label if kind == "objects" else item.text:
            yield pair.box_px(item.box), TRUE
    for detection in pair.detections:
        yield Box(*detection.box_px), FOUND


def _outline(box: Box, colour: tuple[int, int, int]) -> tuple[float, float, float, float]:
    """Returns the outline; detected boxes are drawn a little outside, so that both can be seen."""
    margin = 4 if colour == FOUND else 0
    grown = box.grow(margin, margin)
    return grown.left, grown.top, grown.right, grown.bottom
