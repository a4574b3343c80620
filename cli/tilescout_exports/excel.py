"""An Excel workbook: counts by label and sheet, and the list with a link to each place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from tilescout_exports.model import (
    ExportedDocument,
    ExportedPage,
    ExportFormat,
    ExportOptions,
    labels_of,
    printable,
    size_mm,
)

COLUMNS = {
    "drawing": 28, "page": 6, "label": 18, "text": 30, "confidence": 11, "review": 12, "by": 14,
    "left px": 9, "top px": 9, "right px": 9, "bottom px": 9, "open sides": 12, "id": 16,
    "place": 9, "angle": 8, "zone": 7, "region": 14,
    "width mm": 10, "height mm": 10, "drawing number": 18, "revision": 9,
}  # fmt: skip
MAX_ROWS = 1_048_000
MAX_TEXT = 32_000
BOLD, LINK = Font(bold=True), Font(color="0563C1", underline="single")


def write(documents: Sequence[ExportedDocument], path: Path, options: ExportOptions) -> None:
    """Writes the workbook. Texts are always text: none becomes a formula."""
    book = Workbook(write_only=True)
    _write_counts(book, documents)
    _write_list(book, documents, options)
    book.save(path)


def _write_counts(book: Any, documents: Sequence[ExportedDocument]) -> None:
    sheet = book.create_sheet("Counts")
    labels = labels_of(documents)
    sheet.freeze_panes = "C2"
    sheet.column_dimensions["A"].width = 28
    for column in range(3, len(labels) + 4):
        sheet.column_dimensions[get_column_letter(column)].width = 14
    heads = ("drawing", "page", *labels, "together", "drawing number")
    sheet.append([_cell(sheet, each, BOLD) for each in heads])
    together: Counter[str] = Counter()
    for document in documents:
        for page in document.pages():
            counts = Counter(row["label"] for row in page.detections)
            together += counts
            numbers = [counts[label] for label in labels]
            name = _cell(sheet, _drawing_number(page))
            sheet.append([_cell(sheet, document.name), page.page, *numbers, counts.total(), name])
    numbers = [together[label] for label in labels]
    row = ["together", "", *numbers, together.total()]
    sheet.append([_cell(sheet, each, BOLD) for each in row])


def _drawing_number(page: ExportedPage) -> str:
    """Returns the drawing number of a page's sheet, empty where none is told."""
    return next((row.get("drawing_number", "") for row in page.detections), "")


def _write_list(book: Any, documents: Sequence[ExportedDocument], options: ExportOptions) -> None:
    rows = [(document, row) for document in documents for row in document.detections]
    for part in range(0, max(1, len(rows)), MAX_ROWS):
        number = part // MAX_ROWS + 1
        sheet = book.create_sheet("Detections" if number == 1 else f"Detections {number}")
        sheet.freeze_panes = "A2"
        shown = rows[part : part + MAX_ROWS]
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{len(shown) + 1}"
        for column, width in enumerate(COLUMNS.values(), 1):
            sheet.column_dimensions[get_column_letter(column)].width = width
        sheet.append([_cell(sheet, each, BOLD) for each in COLUMNS])
        for document, row in shown:
            sheet.append(_cells(sheet, document, row, options))


def _cells(sheet: Any, document: ExportedDocument, row: Any, options: ExportOptions) -> list[Any]:
    review = row.get("review", {})
    link = options.link(document, row)
    values = [
        document.name, row["page"], row["label"], row["text"], row["confidence"],
        review.get("state", "unreviewed"), review.get("by", ""), *row["box_px"],
        " ".join(row["open_sides"]), row["id"],
    ]  # fmt: skip
    place = _cell(sheet, "open" if link else "", LINK if link else None)
    if link:
        place.hyperlink = link
    places, sheets = ("angle", "zone", "region"), ("drawing_number", "revision")
    later = [
        *(row.get(name, "") for name in places),
        *size_mm(row),
        *(row.get(name, "") for name in sheets),
    ]
    return [
        *(_cell(sheet, value) for value in values),
        place,
        *(_cell(sheet, value) for value in later),
    ]


def _cell(sheet: Any, value: Any, font: Font | None = None) -> Any:
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", printable(value))[:MAX_TEXT]
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        # A text that begins with "=" would be taken as a formula.
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(("=", "+", "-", "@"))
    if font:
        cell.font = font
    return cell


FORMAT = ExportFormat(name="xlsx", suffix=".xlsx", write=write)
