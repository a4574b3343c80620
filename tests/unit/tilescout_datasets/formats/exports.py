"""Small exports of every format, with the pictures that they name, and one of each with a fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image

from tilescout_datasets.formats import detect_format
from tilescout_datasets.formats.import_pages import Imported

SIZE = (400, 300)
GOOD = [40, 60, 20, 30]
"""Left, top, width, height of the one good box, of label pump."""


def pictures(folder: Path, *names: str) -> None:
    for name in names or ("p1.png", "p2.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", SIZE, 255).save(folder / name)


def coco(**changes: Any) -> dict[str, Any]:
    """Two images with a box each; ``changes`` are of the first annotation."""
    objects = [{"id": n, "image_id": n, "category_id": 1, "bbox": GOOD} for n in (1, 2)]
    objects[0] |= changes
    images = [
        {"id": n, "file_name": f"p{n}.png", "width": SIZE[0], "height": SIZE[1]} for n in (1, 2)
    ]
    return {"images": images, "annotations": objects, "categories": [{"id": 1, "name": "pump"}]}


def result(kind: str = "rectanglelabels", **value: Any) -> dict[str, Any]:
    """A result of Label Studio, the good box in percent."""
    return {
        "id": "r1", "type": kind, "original_width": 400, "original_height": 300,
        "value": {"x": 10, "y": 20, "width": 5, "height": 10, kind: ["pump"]} | value,
    }  # fmt: skip


def task(*results: Any, image: Any = "p1.png", **more: Any) -> dict[str, Any]:
    return {"id": 1, "data": {"image": image}, "annotations": [{"result": list(results)}]} | more


def manifest_line(name: str = "p1.png", **more: Any) -> dict[str, Any]:
    box = dict(zip(("left", "top", "width", "height"), GOOD, strict=True)) | {"class_id": 0}
    size = [{"width": 400, "height": 300, "depth": 3}]
    return {
        "source-ref": f"s3://bucket/plant-7/{name}",
        "job": {"image_size": size, "annotations": [box]},
        "job-metadata": {"class-map": {"0": "pump"}, "type": "groundtruth/object-detection"},
    } | more


def azure_line(name: str = "p1.png") -> dict[str, Any]:
    label = {"label": "pump", "topX": 0.1, "topY": 0.2, "bottomX": 0.15, "bottomY": 0.3}
    details = {"format": "png", "width": "400px", "height": "300px"}
    return {"image_url": f"azureml://store/{name}", "image_details": details, "label": [label]}


def google_line(name: str = "p1.png") -> dict[str, Any]:
    box = {"displayName": "pump", "xMin": "0.1", "yMin": 0.2, "xMax": 0.15, "yMax": 0.3}
    return {"imageGcsUri": f"gs://bucket/{name}", "boundingBoxAnnotations": [box]}


def labelme(**changes: Any) -> dict[str, Any]:
    shape = {"label": "pump", "shape_type": "rectangle", "points": [[40, 60], [60, 90]]} | changes
    return {"version": "5.4", "imagePath": "p1.png", "imageWidth": 400, "imageHeight": 300,
            "shapes": [shape], "imageData": None}  # fmt: skip


def voc(inside: str = "", name: str = "p1.png") -> str:
    box = inside or (
        "<bndbox><xmin>40</xmin><ymin>60</ymin><xmax>60</xmax><ymax>90</ymax></bndbox>"
    )
    return (
        f"<annotation><filename>{name}</filename><size><width>400</width><height>300</height>"
        f"</size><object><name>pump</name>{box}</object></annotation>"
    )


def cvat(shapes: str, name: str = "p1.png") -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><annotations>'
        f'<image id="0" name="{name}" width="400" height="300">{shapes}</image></annotations>'
    )


CVAT_BOX = '<box label="pump" xtl="40" ytl="60" xbr="60" ybr="90"/>'


def lines(*values: Any) -> str:
    return "".join(f"{json.dumps(value)}\n" for value in values)


def read(folder: Path, name: str, content: Any, encoding: str = "utf-8") -> Imported:
    """Writes an annotation file into ``folder`` and reads it; checks that every record counts."""
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / name).write_text(text, encoding=encoding)
    imported = detect_format.read([folder / name])
    assert_counted(imported)
    return imported


def assert_counted(imported: Imported) -> None:
    """Kept and left out are what was read, and kept is what the pages have."""
    table = imported.table
    for kind in ("page", "box"):
        assert table.kept[kind] + table.left_out(kind) == table.read[kind]
    assert table.kept["page"] == len(imported.pages)
    boxes = [len(page.annotations) + len(page.ignored) for page in imported.pages]
    assert table.kept["box"] == sum(boxes)


def boxes(imported: Imported) -> list[tuple[str, str, list[int]]]:
    """Name of the file, label and rounded sides of each box."""
    return [
        (page.path.name, each.label, list(each.box.rounded()))
        for page in imported.pages
        for each in page.annotations
    ]


def reasons(imported: Imported) -> dict[str, int]:
    return {row.reason: row.count for row in imported.table.rows}


PUMP = ("p1.png", "pump", [40, 60, 60, 90])
