"""Files of ground truth: COCO JSON, PDF annotations or text, rows as JSON or CSV."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tilescout.geometry import Box
from tilescout_datasets.annotations import AnnotatedPage, UnusableAnnotations
from tilescout_datasets.formats import coco, detect_format
from tilescout_datasets.formats.detect_format import Format
from tilescout_evaluate.truth import pdf
from tilescout_evaluate.truth.pages import TrueItem, TruePage, Truth, UnusableTruth

ROWS = "rows of page, box (left, top, right, bottom in points), text and label"
FORMULA_GUARD = "'"
"""What a spreadsheet is kept from running a cell with; our own CSV writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    page: int
    box: tuple[float, float, float, float]
    text: str = ""
    label: str = ""
    file: str = ""


_ROWS = TypeAdapter(list[_Row])


def read(path: Path, pages: Iterable[int] = (), *, text_layer: bool = False) -> Truth:
    """The file by its ending and content; ``pages`` are read of a PDF, all where none are named.

    Raises UnusableTruth.
    """
    if not path.is_file():
        raise UnusableTruth(f"there is no file {path}; give COCO JSON, a PDF, JSON or CSV of rows")
    ending = path.suffix.lower()
    if ending == ".pdf":
        return pdf.text_layer(path, pages) if text_layer else pdf.drawn_boxes(path)
    if text_layer:
        raise UnusableTruth(f"--text-layer reads the text of a PDF; {path} is none; give the PDF")
    if ending == ".xml":
        return _of_tool(path, "cvat")
    if ending == ".csv":
        return _of_rows(_csv_rows(path), path)
    return _of_json(path)


def _of_json(path: Path) -> Truth:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnusableTruth(f"{path} must be JSON or CSV or a PDF ({error}); correct it") from error
    if isinstance(value, dict) and "images" in value:
        return _of_coco(path)
    if isinstance(value, dict) and "pages" in value:
        return _of_sample(value["pages"], path)
    if isinstance(value, list) and value and isinstance(value[0], dict) and "data" in value[0]:
        return _of_tool(path, "label-studio")
    return _of_rows(value, path)


def _of_coco(path: Path) -> Truth:
    try:
        return _of_pages(coco.read_pages(path, needs_files=False))
    except UnusableAnnotations as error:
        raise UnusableTruth(str(error)) from error


def _of_tool(path: Path, form: Format) -> Truth:
    """An export of an annotation tool, as `tilescout dataset build` reads it."""
    try:
        return _of_pages(detect_format.read([path], form).pages)
    except UnusableAnnotations as error:
        raise UnusableTruth(str(error)) from error


def _of_pages(pages: Iterable[AnnotatedPage]) -> Truth:
    return Truth(
        kind="objects",
        pages=tuple(
            TruePage(
                file=page.path,
                page=page.page,
                width=page.width,
                height=page.height,
                items=tuple(TrueItem(box=each.box, label=each.label) for each in page.annotations),
                ignored=page.ignored,
            )
            for page in pages
        ),
    )


def _of_sample(pages: Any, path: Path) -> Truth:
    """What `tilescout sample` writes beside a drawing: tags, and symbols as objects."""
    rows = [
        {"page": page["page"], "box": tag["box_pt"], "text": tag["text"]}
        for page in pages
        for tag in page["tags"]
    ]
    symbols = [
        {"page": page["page"], "box": each["box_pt"], "label": each["label"]}
        for page in pages
        for each in page["symbols"]
    ]
    return _of_rows([*rows, *symbols], path.with_suffix(".pdf"), of=[p["page"] for p in pages])


def _csv_rows(path: Path) -> list[dict[str, Any]]:
    """Columns page, left, top, right, bottom (or left_pt and so on), text, label, file."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return [_csv_row(row) for row in csv.DictReader(file)]
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise UnusableTruth(
            f"{path} must have the columns page, left, top, right, bottom (points), and text or "
            f"label; it lacks {error}; add it"
        ) from error


def _csv_row(row: Mapping[str, str | None]) -> dict[str, Any]:
    sides = ("left", "top", "right", "bottom")
    box = [row[f"{side}_pt"] if f"{side}_pt" in row else row[side] for side in sides]
    texts = {name: (row.get(name) or "").removeprefix(FORMULA_GUARD) for name in ("text", "label")}
    return {"page": row["page"], "box": box, "file": row.get("file") or "", **texts}


def _of_rows(rows: Any, path: Path, of: Iterable[int] = ()) -> Truth:
    """Snippets where rows have a text and a label, text where only that, else objects.

    ``of`` are pages that were looked at, with or without a row.
    """
    try:
        known = _ROWS.validate_python(rows)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise UnusableTruth(
            f"{path} must be a list of {ROWS}; {place}: {first['msg']}; docs/evaluate.md has "
            "an example"
        ) from error
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
        kind="snippets" if has_both or (has_text and is_sample) else "text" if has_text
        else "objects",
        pages=tuple(
            TruePage(file=path.parent / file, page=page, items=tuple(found))
            for (file, page), found in sorted(items.items())
        ),
    )  # fmt: skip
