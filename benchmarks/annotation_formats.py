"""Prints the table of docs/annotation_formats.md: what becomes of each fault in each format.

A file with one good box and one fault is written and read for every pair; nothing is assumed.

    python -m benchmarks.annotation_formats
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from tilescout_datasets.annotations import UnusableAnnotations
from tilescout_datasets.formats import detect_format

SIZE = (400, 300)
GOOD = (40.0, 60.0, 60.0, 90.0)
NAN = float("nan")
Sides = tuple[float, float, float, float]
Write = Callable[[Path, list[tuple[str | None, Sides]]], Path]
"""Writes a file of the page page.png with labelled boxes (left, top, right, bottom px)."""


def _coco(folder: Path, boxes: list[tuple[str | None, Sides]]) -> Path:
    objects = [
        {"id": at, "image_id": 1, "category_id": 1 if label == "pump" else 9 if label else None,
         "bbox": [left, top, right - left, bottom - top]}
        for at, (label, (left, top, right, bottom)) in enumerate(boxes)
    ]  # fmt: skip
    image = {"id": 1, "file_name": "page.png", "width": SIZE[0], "height": SIZE[1]}
    categories = [{"id": 1, "name": "pump"}]
    value = {"images": [image], "annotations": objects, "categories": categories}
    return _json(folder / "coco.json", value)


def _label_studio(folder: Path, boxes: list[tuple[str | None, Sides]]) -> Path:
    results = [
        {"id": f"r{at}", "type": "rectanglelabels", "original_width": SIZE[0],
         "original_height": SIZE[1],
         "value": {"x": box[0] / 4, "y": box[1] / 3, "width": (box[2] - box[0]) / 4,
                   "height": (box[3] - box[1]) / 3, "rectanglelabels": [label] if label else []}}
        for at, (label, box) in enumerate(boxes)
    ]  # fmt: skip
    task = {"id": 1, "data": {"image": "page.png"}, "annotations": [{"result": results}]}
    return _json(folder / "tasks.json", [task])


def _cvat(folder: Path, boxes: list[tuple[str | None, Sides]]) -> Path:
    names = [f'label="{label}" ' if label else "" for label, _ in boxes]
    shapes = "".join(
        f'<box {name}xtl="{b[0]}" ytl="{b[1]}" xbr="{b[2]}" ybr="{b[3]}"/>'
        for name, (_, b) in zip(names, boxes, strict=True)
    )
    image = f'<image id="0" name="page.png" width="{SIZE[0]}" height="{SIZE[1]}">'
    return _text(folder / "cvat.xml", f"<annotations>{image}{shapes}</image></annotations>")


def _manifest(folder: Path, boxes: list[tuple[str | None, Sides]]) -> Path:
    annotations = [
        {"class_id": 0 if label == "pump" else 9, "left": b[0], "top": b[1], "width": b[2] - b[0],
         "height": b[3] - b[1]}
        for label, b in boxes
    ]  # fmt: skip
    size = [{"width": SIZE[0], "height": SIZE[1], "depth": 1}]
    line = {"source-ref": "s3://bucket/page.png",
            "job": {"image_size": size, "annotations": annotations},
            "job-metadata": {"class-map": {"0": "pump"}}}  # fmt: skip
    return _json(folder / "out.manifest", line)


def _yolo(folder: Path, boxes: list[tuple[str | None, Sides]]) -> Path:
    width, height = SIZE
    lines = [
        f"{0 if label == 'pump' else 9} {(b[0] + b[2]) / 2 / width} {(b[1] + b[3]) / 2 / height} "
        f"{(b[2] - b[0]) / width} {(b[3] - b[1]) / height}\n"
        for label, b in boxes
    ]
    _text(folder / "page.txt", "".join(lines))
    return _text(folder / "classes.txt", "pump\n")


def _voc(folder: Path, boxes: list[tuple[str | None, Sides]]) -> Path:
    objects = "".join(
        f"<object>{f'<name>{label}</name>' if label else ''}<bndbox><xmin>{b[0]}</xmin>"
        f"<ymin>{b[1]}</ymin><xmax>{b[2]}</xmax><ymax>{b[3]}</ymax></bndbox></object>"
        for label, b in boxes
    )
    return _text(folder / "page.xml", f"<annotation><filename>page.png</filename>{objects}"
                 "</annotation>")  # fmt: skip


def _labelme(folder: Path, boxes: list[tuple[str | None, Sides]]) -> Path:
    shapes = [{"label": label, "shape_type": "rectangle", "points": [[b[0], b[1]], [b[2], b[3]]]}
              for label, b in boxes]  # fmt: skip
    return _json(folder / "page.json", {"imagePath": "page.png", "shapes": shapes})


def _azure(folder: Path, boxes: list[tuple[str | None, Sides]]) -> Path:
    labels = [
        {"label": label, "topX": b[0] / SIZE[0], "topY": b[1] / SIZE[1], "bottomX": b[2] / SIZE[0],
         "bottomY": b[3] / SIZE[1]}
        for label, b in boxes
    ]  # fmt: skip
    return _json(folder / "azure.jsonl", {"image_url": "azureml://x/page.png", "label": labels})


def _google(folder: Path, boxes: list[tuple[str | None, Sides]]) -> Path:
    annotations = [
        {"displayName": label, "xMin": b[0] / SIZE[0], "yMin": b[1] / SIZE[1],
         "xMax": b[2] / SIZE[0], "yMax": b[3] / SIZE[1]}
        for label, b in boxes
    ]  # fmt: skip
    line = {"imageGcsUri": "gs://x/page.png", "boundingBoxAnnotations": annotations}
    return _json(folder / "google.jsonl", line)


FORMATS: dict[str, Write] = {
    "coco": _coco, "label-studio": _label_studio, "cvat": _cvat, "manifest": _manifest,
    "yolo": _yolo, "voc": _voc, "labelme": _labelme, "azure": _azure, "google": _google,
}  # fmt: skip
WITHOUT_OTHER_LABELS = ("label-studio", "cvat", "voc", "labelme", "azure", "google")
"""Formats whose boxes name their label themselves, so that none is unknown."""
FAULTS: dict[str, tuple[str | None, Sides]] = {
    "a side is negative": ("pump", (200, 200, 180, 170)),
    "a side is zero": ("pump", (200, 200, 200, 230)),
    "a side is no number": ("pump", (NAN, 200, 220, 230)),
    "outside the page": ("pump", (500, 200, 520, 230)),
    "over the page's edge": ("pump", (390, 200, 420, 230)),
    "there twice": ("pump", GOOD),
    "without a label": (None, (200, 200, 220, 230)),
    "of an unknown category": ("motor", (200, 200, 220, 230)),
}


def _json(path: Path, value: Any) -> Path:
    return _text(path, json.dumps(value) + "\n")


def _text(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def outcome(write: Write, fault: tuple[str | None, Sides], encoding: str = "utf-8") -> str:
    """Returns what becomes of one faulty box beside a good one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Image.new("L", SIZE, 255).save(folder / "page.png")
        path = write(folder, [("pump", GOOD), fault])
        path.write_text(path.read_text(encoding="utf-8"), encoding=encoding)
        try:
            table = detect_format.read([path]).table
        except UnusableAnnotations:
            return "refused"
    if table.left_out("box"):
        return "counted"
    return "kept, told" if table.rows else "read"


def cell(form: str, fault: str) -> str:
    """Returns the cell of the table for a format and a fault."""
    if fault == "without a label" and form in ("manifest", "yolo"):
        return ""
    if fault == "of an unknown category" and form in WITHOUT_OTHER_LABELS:
        return ""
    return outcome(FORMATS[form], FAULTS[fault])


def table() -> str:
    """Returns the table as Markdown."""
    head = ["fault", *(f"`{form}`" for form in FORMATS)]
    rows = [[fault, *(cell(form, fault) for form in FORMATS)] for fault in FAULTS]
    other: tuple[str, Sides] = ("pump", (200, 200, 220, 230))
    for encoding, named in (("utf-8-sig", "UTF-8 with a mark"), ("utf-16", "UTF-16")):
        rows.append([named, *(outcome(write, other, encoding) for write in FORMATS.values())])
    lines = [head, ["---"] * len(head), *rows]
    return (
        "".join(f"| {' | '.join(line)} |\n" for line in lines)
        .replace("|  |", "| |")
        .replace("|  |", "| |")
    )


def main() -> None:
    print(table(), end="")


if __name__ == "__main__":
    main()
