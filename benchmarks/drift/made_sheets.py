"""Scanned sheets of a plant, and what the sample detector leaves of them for drift."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from unittest.mock import patch

import numpy as np
import pymupdf
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from tilescout.detections import Answer
from tilescout.detectors.onnx.answers import objects_seen
from tilescout.detectors.onnx.model import ServedModel
from tilescout.drift.sheet_figures import SheetFigures, page_histograms
from tilescout.geometry import POINTS_PER_INCH, Box
from tilescout.ledger import PageRow
from tilescout.merging.page import detect_on_page
from tilescout.profiles import Profile
from tilescout.rendering.page_tiles import encode_jpeg
from tilescout.sheet_layout.ruled_lines import inked, skew
from tilescout.tiling import Tile, TileGrid
from tilescout_local.engines.symbol_detector import SAMPLE_MODEL
from tilescout_samples.floor_plan import draw_floor_plan
from tilescout_samples.process import draw_process
from tilescout_samples.sheet import BLACK, WHITE, Sheet
from tilescout_samples.symbols import SYMBOLS, Stroke, Strokes
from tilescout_samples.tags import TagNames

Pixels = NDArray[np.uint8]
DPI = 150
A3_MM = (420.0, 297.0)
MARGIN_MM = 12.0
PLAN_SHARE = 0.3
JPEG_QUALITY = 85
INK_GREY, PAPER = 160, 255
OWN_THRESHOLD = 50.0
PROFILE = Profile(
    name="symbols", detector="onnx", model_project="sample", dpi=DPI, tile_size=1024, overlap=128
)
GRID = TileGrid(PROFILE.tile_size, PROFILE.overlap)
FILLED_VALVE: Strokes = (
    Stroke(((-1, -0.55), (-1, 0.55), (0, 0), (-1, -0.55)), BLACK),
    Stroke(((1, -0.55), (1, 0.55), (0, 0), (1, -0.55)), WHITE),
)
"""A gate valve as another standard has it: one half is filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """How an office draws, and how its scanner sees.

    ``plans`` is the share of floor plans, ``scale`` that of all that is drawn; ``blur_px`` is the
    softness of the scanner, ``skew`` in degrees, ``paper`` its lightness (0 to 255); a scan at
    ``scan_dpi`` is enlarged to 150, as the renderer does, which tells its resolution.
    """

    plans: float = PLAN_SHARE
    scale: float = 0.75
    blur_px: float = 0.5
    skew: float = 0.0
    paper: int = 255
    scan_dpi: int = DPI
    symbols: Mapping[str, Strokes] | None = None


USUAL = Office()
CHANGES: Mapping[str, Office] = {
    "scanner out of focus, blur of 1.5 px": Office(blur_px=1.5),
    "scanner at 75 dpi": Office(scan_dpi=75),
    "scanner at 100 dpi": Office(scan_dpi=100),
    "scanner with grey paper": Office(paper=235),
    "paper askew by 1 degree": Office(skew=1.0),
    "gate valve half filled": Office(symbols={"gate-valve": FILLED_VALVE}),
    "another office, symbols 0.8 of the size": Office(scale=0.6),
    "another office, floor plans 0.9 of the sheets": Office(plans=0.9),
}


def figures(office: Office, seed: int) -> SheetFigures:
    """Draws a sheet, scans it, detects on its tiles, merges, and returns what is kept of it."""
    grey = scanned(office, drawn(office, seed), seed)
    height, width = grey.shape
    tiles = [tile for tile in GRID.tiles(width, height) if _crop(grey, tile.box).min() < INK_GREY]
    answers = [_answer(grey, tile) for tile in tiles]
    found = detect_on_page(answers, 1, width, height, PROFILE)
    skipped = GRID.count(width, height) - len(tiles)
    images = (encode_jpeg(_crop(grey, tile.box)[..., None], 10_000_000) for tile in tiles)
    page = PageRow(
        page=1,
        dpi=DPI,
        tiles=len(tiles),
        skipped=skipped,
        image_bytes=sum(map(len, images)),
        scan_dpi=office.scan_dpi,
        layout="{}",
    )
    return SheetFigures(
        document_id=f"{seed:032x}",
        profile=PROFILE.name,
        key=f"incoming/symbols/{seed}.pdf",
        version="v1",
        at=0,
        pages=1,
        histograms=page_histograms(page, answers, found, _slope(grey)),
    )


def drawn(office: Office, seed: int) -> Pixels:
    """Returns the pixels of a new sheet, a plan or a process."""
    chance = random.Random(seed)
    sheet = Sheet(A3_MM[0] / office.scale, A3_MM[1] / office.scale, chance)
    draw: Callable[[Sheet, Box, TagNames], None] = (
        draw_floor_plan if chance.random() < office.plans else draw_process
    )
    used = chance.uniform(0.6, 1.0)
    field = Box(MARGIN_MM, MARGIN_MM, used * sheet.width - MARGIN_MM, sheet.height - MARGIN_MM)
    with patch.dict(SYMBOLS, office.symbols or {}):
        draw(sheet, field, TagNames(chance))
    pixmap = sheet.finish()[0].get_pixmap(dpi=round(DPI * office.scale), colorspace=pymupdf.csGRAY)
    rows = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.stride)
    return rows[:, : pixmap.width].copy()


def scanned(office: Office, page: Pixels, seed: int) -> Pixels:
    """Returns the page as the office's scanner gives it."""
    chance = np.random.default_rng(seed)
    picture = Image.fromarray(page)
    turn = office.skew + chance.normal(0, 0.1)
    picture = picture.rotate(turn, Image.Resampling.BICUBIC, fillcolor=255)
    picture = picture.filter(ImageFilter.GaussianBlur(office.blur_px * chance.uniform(0.8, 1.2)))
    if office.scan_dpi != DPI:
        size = tuple(round(side * office.scan_dpi / DPI) for side in picture.size)
        small = picture.resize(size, Image.Resampling.BOX)  # type: ignore[arg-type]
        picture = small.resize(picture.size, Image.Resampling.BICUBIC)
    noisy = np.asarray(picture, np.float32) * (office.paper / 255) + chance.normal(0, 4, page.shape)
    file = io.BytesIO()
    whole = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    whole.save(file, "JPEG", quality=JPEG_QUALITY)
    return np.asarray(Image.open(file))


def _slope(grey: Pixels) -> float:
    """Returns the skew as the reader of layouts has it, from a picture of 72 dpi."""
    height, width = grey.shape
    size = (round(width * POINTS_PER_INCH / DPI), round(height * POINTS_PER_INCH / DPI))
    small = Image.fromarray(grey).resize(size, Image.Resampling.BOX)
    return skew(inked(np.asarray(small)))


@cache
def _model() -> ServedModel:
    return ServedModel(SAMPLE_MODEL.read_bytes())


def _answer(grey: Pixels, tile: Tile) -> Answer:
    model = _model()
    found = model.find(_crop(grey, tile.box), OWN_THRESHOLD)
    return Answer(tile=tile.index, tile_box=tile.box, objects=objects_seen(found, model.card, tile))


def _crop(grey: Pixels, box: Box) -> Pixels:
    """Returns the pixels of a tile, with paper where the page ends before it."""
    cut = grey[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
    missing = ((0, PROFILE.tile_size - cut.shape[0]), (0, PROFILE.tile_size - cut.shape[1]))
    return np.pad(cut, missing, constant_values=PAPER)
