"""Reads files of ground truth: COCO JSON, PDF annotations or text, rows as JSON or CSV."""

from __future__ import annotations

import csv
import io
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tilescout.geometry import Box
from tilescout_datasets.annotations import UnusableAnnotations
from tilescout_datasets.formats import detect_format, text_files
from tilescout_datasets.formats.import_pages import Imported
from tilescout_datasets.formats.records import (
    MALFORMED,
    LeftOut,
    RecordCounter,
    RecordTable,
)
from tilescout_evaluate.truth import pdf
from tilescout_evaluate.truth.pages import TrueItem, TruePage, Truth, UnusableTruth

ROWS = "rows of page, box (left, top, right, bottom in points), text and label"
FORMULA_GUARD = "'"
"""The prefix that keeps a spreadsheet from running a cell, as in the CSV of `tilescout export`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    page: int
    box: tuple[float, float, float, float]
    text: str = ""
    label: str = ""
    file: str = ""


_ROW = TypeAdapter(_Row)


def read(path: Path, pages: Iterable[int] = (), *, text_layer: bool = False) -> Truth:
    """Reads a file by its ending and content; ``pages`` are read of a PDF, or all if none are
    named.

    Raises UnusableTruth.
    """
    if not path.exists():
        raise UnusableTruth(f"there is no file {path}; give COCO JSON, a PDF, JSON or CSV of rows")
    ending = path.suffix.lower()
    if ending == ".pdf":
        return pdf.text_layer(path, pages) if text_layer else pdf.drawn_boxes(path)
    if text_layer:
        raise UnusableTruth(f"--text-layer reads a PDF; {path} is not a PDF; give the PDF")
    if ending == ".csv":
        return _of_rows(_csv_rows(path), path)
    if ending == ".json":
        return _of_json(path)
    return _of_tool(path)


def _of_json(path: Path) -> Truth:
    """Reads rows, or what `tilescout sample` writes, else an export of an annotation tool."""
    try:
        value = text_files.parsed_json(text_files.text_of(path).lstrip("\ufeff"))
    except (UnusableAnnotations, ValueError) as error:
        raise UnusableTruth(f"{path} must be JSON or CSV or a PDF ({error}); correct it") from error
    if isinstance(value, dict) and isinstance(value.get("pages"), list) and "images" not in value:
        return _of_sample(value["pages"], path)
    is_export = isinstance(value, dict) or (
        isinstance(value, list)
        and any(isinstance(row, dict) for row in value)
        and not any(isinstance(row, dict) and "box" in row for row in value)
    )
    return _of_tool(path) if is_export else _of_rows(value, path)


def _of_tool(path: Path) -> Truth:
    """Reads an export of an annotation tool as `tilescout dataset build` reads it."""
    try:
        imported = detect_format.read([path], needs_files=False)
    except UnusableAnnotations as error:
        raise UnusableTruth(str(error)) from error
    return _of_pages(imported)


def _of_pages(imported: Imported) -> Truth:
    return Truth(
        kind="objects",
        table=imported.table,
        pages=tuple(
            TruePage(
                file=page.path,
                page=page.page,
                width=page.width,
                height=page.height,
                items=tuple(
                    TrueItem(box=annotation.box, label=annotation.label)
                    for annotation in page.annotations
                ),
                ignored=page.ignored,
                shown=page.shown,
            )
            for page in imported.pages
        ),
    )


def _of_sample(pages: Any, path: Path) -> Truth:
    """Reads what `tilescout sample` writes beside a drawing: tags, and symbols as objects."""
    try:
        rows = [
            {"page": page["page"], "box": tag["box_pt"], "text": tag["text"]}
            for page in pages
            for tag in page["tags"]
        ]
        symbols = [
            {"page": page["page"], "box": symbol["box_pt"], "label": symbol["label"]}
            for page in pages
            for symbol in page["symbols"]
        ]
        numbers = [page["page"] for page in pages]
    except MALFORMED as error:
        raise UnusableTruth(
            f"{path} must be what tilescout sample wrote ({error!r}); make the sample again"
        ) from error
    return _of_rows([*rows, *symbols], path.with_suffix(".pdf"), of=numbers)


def _csv_rows(path: Path) -> list[dict[str, Any]]:
    """Reads the columns page, left, top, right, bottom (or left_pt and so on), text, label,
    file."""
    try:
        text = text_files.text_of(path).lstrip("\ufeff")
        return [_csv_row(row) for row in csv.DictReader(io.StringIO(text, newline=""))]
    except UnusableAnnotations as error:
        raise UnusableTruth(str(error)) from error
    except csv.Error as error:
        raise UnusableTruth(f"{path} must be CSV ({error}); save it again as CSV") from error
    except KeyError as error:
        raise UnusableTruth(
            f"{path} must have the columns page, left, top, right, bottom (points), and text or "
            f"label; it lacks {error}; add it"
        ) from error


def _csv_row(row: Mapping[str, str | None]) -> dict[str, Any]:
    sides = ("left", "top", "right", "bottom")
    box = [row[f"{side}_pt"] if f"{side}_pt" in row else row[side] for side in sides]
    texts = {name: (row.get(name) or "").removeprefix(FORMULA_GUARD) for name in ("text", "label")}
    return {"page": row["page"], "box": box, "file": row.get("file") or "", **texts}


def _good_rows(rows: Any, path: Path) -> tuple[list[_Row], RecordTable]:
    """Returns the usable rows. Raises UnusableTruth if there are rows and none is usable."""
    if not isinstance(rows, list):
        raise UnusableTruth(f"{path} must be a list of {ROWS}; docs/evaluate.md has an example")
    counter, known = RecordCounter(), []
    for at, row in enumerate(rows):
        try:
            known.append(_good_row(row))
            counter.keep("box", f"row {at}")
        except LeftOut as reason:
            counter.leave_out("box", f"row {at}", reason)
    table = counter.table()
    if rows and not known:
        raise UnusableTruth(
            f"{path} must be a list of {ROWS}; {'; '.join(table.lines())}; docs/evaluate.md has an "
            "example"
        )
    return known, table


def _good_row(value: Any) -> _Row:
    """Returns the checked row. Raises LeftOut."""
    try:
        row = _ROW.validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the row"
        raise LeftOut(
            "a member is missing or of another type", f"{place}: {first['msg']}"
        ) from error
    left, top, right, bottom = row.box
    if not all(map(math.isfinite, row.box)):
        raise LeftOut("a side is no number")
    if right <= left or bottom <= top:
        raise LeftOut("a side is zero or negative", f"{left:g}, {top:g}, {right:g}, {bottom:g}")
    return row


def _of_rows(rows: Any, path: Path, of: Iterable[int] = ()) -> Truth:
    """Reads snippets from rows with text and label, text from rows with text alone, else objects.

    ``of`` are pages that were annotated, with or without a row.
    """
    known, table = _good_rows(rows, path)
    items: dict[tuple[str, int], list[TrueItem]] = defaultdict(list)
    for page in of:
        items[path.name, page] = []
    for row in known:
        item = TrueItem(box=Box(*row.box), label=row.label, text=row.text)
        items[row.file or path.name, row.page].append(item)
    has_text = any(row.text for row in known)
    has_both = any(row.text and row.label for row in known)
    is_sample = bool(of)
    return Truth(
        table=table,
        kind="snippets" if has_both or (has_text and is_sample) else "text" if has_text
        else "objects",
        pages=tuple(
            TruePage(file=path.parent / file, page=page, items=tuple(found))
            for (file, page), found in sorted(items.items())
        ),
    )  # fmt: skip
