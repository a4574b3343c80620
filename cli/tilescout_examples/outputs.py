"""Writes what a search found: JSON, CSV, annotated PDFs and a contact sheet."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pymupdf
from PIL import Image, ImageDraw

from tilescout.geometry import Box
from tilescout_examples.search import PlacedFinding, SearchResult
from tilescout_exports.comma_separated import safe
from tilescout_exports.pdf import annotate

COLUMNS = (
    "file", "page", "label", "score", "left_pt", "top_pt", "right_pt", "bottom_pt", "turn",
    "mirrored", "withheld",
)  # fmt: skip
CROP_PX = 150
CAPTION_PX = 16
SHEET_COLUMNS = 8
MAX_CROPS = 200
SURROUNDINGS = 0.35
"""Share of a symbol's longer side that is shown round it."""


def as_json(result: SearchResult) -> dict[str, Any]:
    """Returns the one object that ``--json`` prints."""
    return {
        "finds": [_row(each) for each in result.finds],
        "withheld": [{**_row(each), "reason": each.finding.withheld} for each in result.withheld],
        "skipped": [
            {"file": str(file), "page": page, "reason": reason}
            for file, page, reason in result.skipped
        ],
        "notes": [
            {"file": str(file), "page": page, "note": note} for file, page, note in result.notes
        ],
        "searched_pages": result.searched_pages,
        "legend_ratio": round(result.legend_ratio, 3),
    }


def _row(placed: PlacedFinding) -> dict[str, Any]:
    finding = placed.finding
    box = finding.box
    return {
        "file": str(placed.file),
        "page": placed.page,
        "label": finding.label,
        "box_pt": [round(side, 2) for side in (box.left, box.top, box.right, box.bottom)],
        "score": round(finding.score, 4),
        "turn": finding.turn,
        "mirrored": finding.mirrored,
    }


def counts(result: SearchResult) -> list[tuple[str, int, str, int]]:
    """Returns file, page, label and number of finds, in that order."""
    found = Counter((str(each.file), each.page, each.finding.label) for each in result.finds)
    return [(*key, number) for key, number in sorted(found.items())]


def write_csv(result: SearchResult, path: Path) -> None:
    """Writes a row per find and per withheld find; no cell is ever a formula."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for placed in (*result.finds, *result.withheld):
            row = _row(placed)
            rows.writerow(
                [safe(row["file"]), row["page"], safe(row["label"]), row["score"], *row["box_pt"],
                 row["turn"], row["mirrored"], safe(placed.finding.withheld)]
            )  # fmt: skip


def write_annotated(result: SearchResult, folder: Path) -> list[Path]:
    """Writes a copy of each file that has finds, with a PDF annotation per find."""
    written = []
    for file in sorted({each.file for each in result.finds}):
        rows = [_annotation(at, each) for at, each in enumerate(result.finds) if each.file == file]
        target = folder / f"{file.stem}_finds.pdf"
        with _as_pdf(file) as document:
            annotate(document, sorted(rows, key=lambda row: row["page"]))
            document.save(target, encryption=pymupdf.PDF_ENCRYPT_NONE)
        written.append(target)
    return written


def _as_pdf(file: Path) -> Any:
    """Returns the document, or a PDF of the picture that it is."""
    document = pymupdf.open(file)
    if document.is_pdf:
        return document
    with document:
        return pymupdf.open("pdf", document.convert_to_pdf())


def _annotation(at: int, placed: PlacedFinding) -> Mapping[str, Any]:
    confidence = round(100 * placed.finding.score, 1)
    return {**_row(placed), "id": str(at), "confidence": confidence, "text": None}


def write_contact_sheet(result: SearchResult, path: Path, least: float) -> int:
    """Writes a picture of the finds and withheld finds; returns how many did not fit.

    Border cases come first: those whose score is nearest to ``least``.
    """
    placed = sorted(
        (*result.finds, *result.withheld), key=lambda each: abs(each.finding.score - least)
    )
    shown = placed[:MAX_CROPS]
    rows = -(-len(shown) // SHEET_COLUMNS) or 1
    sheet = Image.new("RGB", (SHEET_COLUMNS * CROP_PX, rows * (CROP_PX + CAPTION_PX)), "white")
    for at, (each, crop) in enumerate(zip(shown, _crops(shown), strict=True)):
        row, column = divmod(at, SHEET_COLUMNS)
        corner = (column * CROP_PX, row * (CROP_PX + CAPTION_PX))
        sheet.paste(crop, corner)
        _caption(sheet, corner, each)
    sheet.save(path)
    return len(placed) - len(shown)


def _caption(sheet: Image.Image, corner: tuple[int, int], placed: PlacedFinding) -> None:
    mark = "withheld" if placed.finding.withheld else placed.finding.label
    text = f"{placed.finding.score:.2f} {mark} p{placed.page}"
    colour = "#b00020" if placed.finding.withheld else "black"
    ImageDraw.Draw(sheet).text((corner[0] + 4, corner[1] + CROP_PX + 1), text[:24], fill=colour)


def _crops(placed: Sequence[PlacedFinding]) -> Iterable[Image.Image]:
    documents: dict[Path, Any] = {}
    try:
        for each in placed:
            document = documents.setdefault(each.file, None) or pymupdf.open(each.file)
            documents[each.file] = document
            yield _crop(document[each.page - 1], each.finding.box)
    finally:
        for document in documents.values():
            document.close()


def _crop(page: Any, box: Box) -> Image.Image:
    side = max(box.width, box.height) * (1 + 2 * SURROUNDINGS)
    x, y = box.centre
    area = pymupdf.Rect(x - side / 2, y - side / 2, x + side / 2, y + side / 2)
    scale = (CROP_PX - 4) / side
    drawn = page.get_pixmap(clip=area, matrix=pymupdf.Matrix(scale, scale), colorspace="rgb")
    picture = Image.frombytes("RGB", (drawn.width, drawn.height), drawn.samples)
    crop = Image.new("RGB", (CROP_PX, CROP_PX), "white")
    visible = area & page.rect
    left, top = int((visible.x0 - area.x0) * scale), int((visible.y0 - area.y0) * scale)
    crop.paste(picture, (left + 2, top + 2))
    half_x, half_y = box.width / 2 * scale, box.height / 2 * scale
    middle = CROP_PX / 2
    outline = (middle - half_x, middle - half_y, middle + half_x, middle + half_y)
    ImageDraw.Draw(crop).rectangle(outline, outline="#1f6feb")
    return crop
