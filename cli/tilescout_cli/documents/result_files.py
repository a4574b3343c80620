"""The files that `detect` leaves for each document."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilescout import keys
from tilescout.aws import objects
from tilescout.documents import Document
from tilescout_cli.console.failures import CommandFailed
from tilescout_cli.documents import drawing
from tilescout_cli.documents.drawing import DrawingFailed
from tilescout_cli.stack.target import Stack
from tilescout_exports import comma_separated


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The result as in detections.json, the written files, and warnings about the others."""

    result: dict[str, Any]
    files: tuple[Path, ...]
    warnings: tuple[str, ...]


def fetch(stack: Stack, document: Document) -> bytes:
    """Returns detections.json as it lies in the results bucket.

    Raises CommandFailed where it is gone.
    """
    key = keys.document_result(document.result_id)
    body = objects.read(stack.clients.s3, stack.results_bucket, key)
    if body is None:
        raise CommandFailed(
            f"s3://{stack.results_bucket}/{key} is gone; the rows are in the detections table, "
            f"see `tilescout results {document.id[:8]}`"
        )
    return body


def write(body: bytes, pdf: Path, folder: Path) -> Delivery:
    """Writes detections.json, detections.csv, annotated.pdf and preview.png to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = json.loads(body)
    written = folder / "detections.json"
    written.write_bytes(body)
    table = folder / "detections.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        comma_separated.write_results(file, [result])
    files, warnings = [written, table], []
    try:
        files += draw([result], pdf, folder)
    except DrawingFailed as reason:
        warnings.append(str(reason))
    return Delivery(result=result, files=tuple(files), warnings=tuple(warnings))


DRAWING = "drawing.pdf"
"""The name of the copy of the file beside its results, for `tilescout view`."""


def keep_drawing(pdf: Path, folder: Path) -> None:
    """Copies the file to ``folder``, so that the results can be viewed wherever they are taken.

    Raises CommandFailed where it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(pdf, folder / DRAWING)
    except OSError as error:
        raise CommandFailed(
            f"{folder} cannot be written ({error.strerror}); give another folder with --out"
        ) from error


def draw(results: Sequence[Mapping[str, Any]], pdf: Path, folder: Path) -> list[Path]:
    """Writes annotated.pdf and preview.png of one file, with all detections of ``results``.

    Raises DrawingFailed where MuPDF cannot write on it.
    """
    annotated, preview = folder / "annotated.pdf", folder / "preview.png"
    detections = [detection for result in results for detection in result["detections"]]
    sizes_pt = {
        page["page"]: (page["width_pt"], page["height_pt"])
        for result in results
        for page in result["document"].get("pages", ())
    }
    drawing.draw(pdf, detections, annotated=annotated, preview=preview, sizes_pt=sizes_pt)
    return [annotated, preview]


def folders(out: Path, stems: list[str]) -> list[Path]:
    """Returns one folder per document; equal names are numbered from 2 in the order given."""
    taken: set[str] = set()
    chosen = []
    for stem in stems:
        name = stem
        number = 2
        while name in taken:
            name = f"{stem}-{number}"
            number += 1
        taken.add(name)
        chosen.append(out / name)
    return chosen
