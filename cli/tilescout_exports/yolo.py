"""YOLO as Ultralytics reads it: data.yaml, images/ and labels/.

https://docs.ultralytics.com/datasets/detect/: a line is class, centre x, centre y, width, height,
the latter four as shares of the picture. Classes are numbered from 0 in the order of data.yaml.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tilescout_exports.model import (
    ExportedDocument,
    ExportedPage,
    ExportFormat,
    ExportOptions,
    Row,
    labels_of,
    write_page_images,
)


def write(documents: Sequence[ExportedDocument], path: Path, options: ExportOptions) -> None:
    """Writes the folder."""
    folder = path / "labels"
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {label: number for number, label in enumerate(labels_of(documents))}
    for document in documents:
        for page in document.pages():
            lines = [_line(numbers[row["label"]], row, page) for row in page.detections]
            (folder / f"{page.name}.txt").write_text("".join(lines), encoding="ascii")
    # JSON strings are YAML strings, with every special character escaped.
    names = "".join(f"  {number}: {json.dumps(label)}\n" for label, number in numbers.items())
    data = f"path: .\ntrain: images\nval: images\nnames:{' {}' if not names else ''}\n{names}"
    (path / "data.yaml").write_text(data, encoding="utf-8")
    write_page_images(documents, path / "images", options)


def _line(number: int, row: Row, page: ExportedPage) -> str:
    left, top, right, bottom = row["box_px"]
    shares = (
        (left + right) / 2 / page.width,
        (top + bottom) / 2 / page.height,
        (right - left) / page.width,
        (bottom - top) / page.height,
    )
    return f"{number} " + " ".join(f"{min(1.0, max(0.0, share)):.8f}" for share in shares) + "\n"


FORMAT = ExportFormat(name="yolo", suffix="", write=write)
