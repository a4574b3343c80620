"""Writes the sample drawings and their ground truth."""

from __future__ import annotations

import io
import json
import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
from PIL import Image, ImageFilter

from tilescout.geometry import Box
from tilescout_samples.border import draw_border
from tilescout_samples.floor_plan import draw_floor_plan
from tilescout_samples.process import draw_process
from tilescout_samples.seams import draw_tags_across_edges
from tilescout_samples.sheet import Sheet
from tilescout_samples.tags import TagNames

A0 = (1189.0, 841.0)
A1 = (841.0, 594.0)
A3 = (420.0, 297.0)
TRIM_PT = 36.0
SCAN_DPI = 200
SCAN_QUALITY = 80
WRITTEN = "D:20261101000000Z"


def write_samples(folder: Path, *, seed: int = 7) -> list[Path]:
    """Writes ``sample_a0.pdf`` and ``sample_set.pdf``, each with its ground truth as JSON.

    Returns the paths of the PDFs; the truth is beside each, with the suffix ``.json``. The same
    seed writes the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _write(folder / "sample_a0.pdf", _large_sheet(random.Random(seed))),
        _write(folder / "sample_set.pdf", _drawing_set(random.Random(seed + 1), seed)),
    ]


Pages = tuple[Any, list[Sheet]]


def _large_sheet(chance: random.Random) -> Pages:
    sheet = Sheet(*A0, chance)
    names = TagNames(chance)
    field = draw_border(sheet, "GENERAL ARRANGEMENT", "A0")
    middle = field.left + 0.58 * field.width
    draw_process(sheet, Box(field.left, field.top, middle, field.bottom), names)
    draw_floor_plan(sheet, Box(middle, field.top, field.right, field.bottom), names)
    draw_tags_across_edges(sheet, field, names, count=4)
    return sheet.finish(), [sheet]


def _drawing_set(chance: random.Random, seed: int) -> Pages:
    names = TagNames(chance)
    sheets = [
        _floor_plan(Sheet(*A1, chance), names, "A1"),
        _process(Sheet(*A1, chance), names, "A1"),
        _process(Sheet(*A3, chance), names, "A3"),
        _floor_plan(Sheet(*A3, chance), names, "A3"),
    ]
    document = pymupdf.open()
    straight, turned, trimmed, scanned = (sheet.finish() for sheet in sheets)
    document.insert_pdf(straight)
    _add_turned(document, turned)
    _add_trimmed(document, trimmed)
    _add_scanned(document, scanned, seed)
    return document, sheets


def _floor_plan(sheet: Sheet, names: TagNames, paper: str) -> Sheet:
    field = draw_border(sheet, "POWER AND LIGHTING", paper)
    draw_floor_plan(sheet, field, names)
    draw_tags_across_edges(sheet, field, names, count=2)
    return sheet


def _process(sheet: Sheet, names: TagNames, paper: str) -> Sheet:
    field = draw_border(sheet, "COOLING WATER, P AND I D", paper)
    draw_process(sheet, field, names)
    draw_tags_across_edges(sheet, field, names, count=2)
    return sheet


def _add_turned(document: Any, source: Any) -> None:
    """Adds a page that lies on its side in the file and is shown upright by /Rotate 90."""
    shown = source[0].rect
    page = document.new_page(width=shown.height, height=shown.width)
    page.show_pdf_page(page.rect, source, 0, rotate=90)
    page.set_rotation(90)


def _add_trimmed(document: Any, source: Any) -> None:
    """Adds a page with printer's marks outside of its CropBox."""
    shown = source[0].rect
    page = document.new_page(width=shown.width + 2 * TRIM_PT, height=shown.height + 2 * TRIM_PT)
    inside = pymupdf.Rect(TRIM_PT, TRIM_PT, TRIM_PT + shown.width, TRIM_PT + shown.height)
    page.show_pdf_page(inside, source, 0)
    page.insert_text((4, 20), "TRIM FV-0000", fontsize=9)
    page.draw_line((0, TRIM_PT), (TRIM_PT - 6, TRIM_PT))
    page.draw_line((TRIM_PT, 0), (TRIM_PT, TRIM_PT - 6))
    page.set_cropbox(inside)


def _add_scanned(document: Any, source: Any, seed: int) -> None:
    """Adds a page that is a picture only: soft, grainy, on paper that is not quite white."""
    shown = source[0].rect
    drawn = source[0].get_pixmap(dpi=SCAN_DPI, colorspace=pymupdf.csGRAY)
    soft = Image.frombytes("L", (drawn.width, drawn.height), drawn.samples).filter(
        ImageFilter.GaussianBlur(0.6)
    )
    grain = np.random.default_rng(seed).normal(0, 4, (drawn.height, drawn.width))
    paper = np.clip(np.asarray(soft) * 0.93 + 8 + grain, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(paper).save(file, "JPEG", quality=SCAN_QUALITY)
    page = document.new_page(width=shown.width, height=shown.height)
    page.insert_image(page.rect, stream=file.getvalue())


def _write(path: Path, pages: Pages) -> Path:
    document, sheets = pages
    dates = {"creationDate": WRITTEN, "modDate": WRITTEN}
    document.set_metadata({"title": path.stem, "producer": "tilescout", **dates})
    # Only the identifier holds the time of writing, and would differ each time.
    document.save(path, deflate=True, garbage=3, no_new_id=True)
    path.with_suffix(".json").write_text(json.dumps(_truth(document, sheets), indent=1) + "\n")
    return path


def _truth(document: Any, sheets: list[Sheet]) -> dict[str, Any]:
    return {
        "pages": [
            {
                "page": number,
                "width_pt": round(page.rect.width, 3),
                "height_pt": round(page.rect.height, 3),
                **asdict(sheet.truth),
            }
            for number, (page, sheet) in enumerate(zip(document, sheets, strict=True), start=1)
        ]
    }
