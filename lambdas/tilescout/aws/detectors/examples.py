"""Symbols like a person's examples, behind the detector port."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, UnidentifiedImageError

from tilescout.aws.detectors.onnx import WarmModels
from tilescout.detections import Answer, ObjectSeen, WithheldSeen
from tilescout.errors import TileRefused
from tilescout.example_search import (
    Finding,
    PageStrokes,
    ScannedPage,
    best_of,
    find_pixels,
    find_symbols,
    is_told,
    reason_withheld,
)
from tilescout.example_search.symbol_files import SymbolFile
from tilescout.geometry import Box
from tilescout.rendering.file_kinds import is_archive
from tilescout.rendering.page_strokes import from_archive
from tilescout.tiling.grid import Tile

POINTS_PER_INCH = 72
MIN_CONFIDENCE = 50.0
"""The confidence of profiles that set none: what is as likely right as wrong."""
PAPER, PEN_PX = 255, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleDetector:
    """One version of examples; ``min_confidence`` is 0 to 100, ``dpi`` that of the page's pixels.

    Finds that a counter-example, other lettering or a low score withholds are no objects of the
    answer, and are in it with the reason.
    """

    warm: WarmModels[SymbolFile]
    model_version: str
    dpi: int
    min_confidence: float | None = None

    def detect(self, image: bytes, tile: Tile) -> Answer:
        """Searches a tile, or the page's strokes. Raises TileRefused and DetectorUnavailable."""
        symbols = self.warm.get(self.model_version)
        pixel = POINTS_PER_INCH / self.dpi
        findings = _found(symbols, image, pixel * tile.scale)
        least = (MIN_CONFIDENCE if self.min_confidence is None else self.min_confidence) / 100
        told = [
            (find, reason_withheld(find, least), _on_page(find.box, tile, pixel))
            for find in findings
            if is_told(find, least)
        ]
        return Answer(
            tile=tile.index,
            tile_box=tile.box,
            objects=tuple(
                ObjectSeen(label=find.label, confidence=100 * find.score, box=box)
                for find, reason, box in told
                if not reason
            ),
            withheld=tuple(
                WithheldSeen(label=find.label, confidence=100 * find.score, box=box, reason=reason)
                for find, reason, box in told
                if reason
            ),
            model_version=self.model_version,
            scale=tile.scale,
        )


def _on_page(box: Box, tile: Tile, pixel: float) -> Box:
    """Returns a box in points of the tile as one in pixels of the page."""
    left, top = tile.box.left, tile.box.top
    return Box(
        left + box.left / pixel,
        top + box.top / pixel,
        left + box.right / pixel,
        top + box.bottom / pixel,
    )


def _found(symbols: SymbolFile, image: bytes, pixel: float) -> list[Finding]:
    if not is_archive(image):
        return _in_pixels(symbols, ScannedPage(grey=_grey(image), pixel=pixel))
    strokes = from_archive(image)
    if not symbols.strokes:
        return _in_pixels(symbols, drawn(strokes, pixel))
    results = [find_symbols(strokes, symbol) for symbol in symbols.strokes]
    return best_of([find for result in results for find in result.findings])


def _in_pixels(symbols: SymbolFile, page: ScannedPage) -> list[Finding]:
    results = [find_pixels(page, symbol) for symbol in symbols.pixels]
    return best_of([find for result in results for find in result.findings])


def _grey(image: bytes) -> np.ndarray:
    try:
        return np.asarray(Image.open(io.BytesIO(image)).convert("L"))
    except (UnidentifiedImageError, OSError) as error:
        raise TileRefused(f"the tile's image cannot be decoded: {error}") from error


def drawn(strokes: PageStrokes, pixel: float) -> ScannedPage:
    """Returns a vector page as pixels, for examples that lie on a scan; its words are left out."""
    size = round(strokes.width / pixel), round(strokes.height / pixel)
    picture = Image.new("L", size, PAPER)
    pen = ImageDraw.Draw(picture)
    for segment in (strokes.segments / pixel).tolist():
        pen.line(segment, fill=0, width=PEN_PX)
    return ScannedPage(grey=np.asarray(picture), pixel=pixel)
