"""Label Studio's JSON and JSON-MIN: a list of tasks, boxes in percent of the image.

https://labelstud.io/guide/export and the reference of its tag RectangleLabels. Rotations are in
degrees, clockwise about the rectangle's own top left corner. Of several annotations of one task the
last that was not cancelled counts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from PIL import Image

from tilescout.geometry import Box
from tilescout_datasets.annotations import AnnotatedPage, Annotation, UnusableAnnotations
from tilescout_datasets.formats.imported import Imported, found_file, left_out
from tilescout_datasets.formats.outlines import around, ellipse, turned

RECTANGLES = ("rectanglelabels", "rectangle")
POLYGONS = ("polygonlabels", "polygon")
ELLIPSES = ("ellipselabels", "ellipse")
SHAPES = RECTANGLES + POLYGONS + ELLIPSES
Row = dict[str, Any]


def read(path: Path) -> Imported:
    """Raises UnusableAnnotations."""
    skipped: Counter[str] = Counter()
    try:
        tasks = json.loads(path.read_text())
        pages = tuple(_page(task, path, skipped) for task in tasks)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnusableAnnotations(
            f"{path} must be a JSON list of Label Studio's tasks, each with its image and results "
            f"({error!r}); export it again as JSON"
        ) from error
    return Imported(pages=pages, notes=left_out(skipped, "rectangles, polygons, ellipses are read"))


def _page(task: Row, path: Path, skipped: Counter[str]) -> AnnotatedPage:
    data = task.get("data", task)
    file = found_file(path, _name(data))
    results = list(_results(task))
    width, height = _size(results, file)
    annotations = []
    for result in results:
        label = _label(result, results)
        if result["type"] in SHAPES and label:
            annotations.append(Annotation(label, _box(result, width, height)))
        elif result["type"] not in ("labels", "choices", "textarea"):
            skipped[result["type"] if label else f"{result['type']} without a label"] += 1
    return AnnotatedPage(
        path=file,
        page=int(data.get("page", 1)),
        width=width,
        height=height,
        annotations=tuple(annotations),
    )


def _name(data: Row) -> str:
    """The file's, from a URL, an upload or local storage (/data/local-files/?d=folder/a.png)."""
    texts = [value for name, value in data.items() if isinstance(value, str) and name != "id"]
    named = data.get("image") or next(text for text in texts if "." in text)
    url = urlsplit(str(named))
    return unquote(parse_qs(url.query).get("d", [url.path])[0])


def _results(task: Row) -> Iterator[Row]:
    if "annotations" in task:
        valid = [each for each in task["annotations"] if not each.get("was_cancelled")]
        yield from valid[-1]["result"] if valid else ()
        return
    for values in task.values():
        for value in values if isinstance(values, list) else ():
            kind = next((shape for shape in SHAPES if isinstance(value, dict) and shape in value),
                        None)  # fmt: skip
            if kind:
                yield {"type": kind, "value": value, **value}


def _size(results: list[Row], file: Path) -> tuple[float, float]:
    """Of the picture that was annotated; only ratios count after it."""
    for result in results:
        if "original_width" in result:
            return float(result["original_width"]), float(result["original_height"])
    with Image.open(file) as image:
        return float(image.width), float(image.height)


def _label(result: Row, results: list[Row]) -> str:
    """Its own, or that of the result that labels the same region."""
    same = [each for each in results if each.get("id") == result.get("id")]
    for each in [result, *same]:
        value = each.get("value", {})
        named = value.get(each["type"]) if each["type"].endswith("labels") else None
        for names in (named, value.get("labels")):
            if isinstance(names, list) and names:
                return str(names[0])
    return ""


def _box(result: Row, width: float, height: float) -> Box:
    value, kind = result["value"], result["type"]
    if kind in POLYGONS:
        return around((x * width / 100, y * height / 100) for x, y in value["points"])
    left, top = value["x"] * width / 100, value["y"] * height / 100
    degrees = float(value.get("rotation", 0))
    if kind in ELLIPSES:
        radii = (value["radiusX"] * width / 100, value["radiusY"] * height / 100)
        return ellipse((left, top), radii, degrees)
    right = left + value["width"] * width / 100
    bottom = top + value["height"] * height / 100
    return turned(Box(left, top, right, bottom), degrees, (left, top))
