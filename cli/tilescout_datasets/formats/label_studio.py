"""Label Studio's JSON and JSON-MIN: a list of tasks, boxes in percent of the image.

https://labelstud.io/guide/export and the reference of its tags RectangleLabels, Image (valueList)
and VideoRectangle. Rotations are in degrees, clockwise about the rectangle's own top left corner.
Of several annotations of one task the last that was not cancelled counts. A task that nobody
annotated, or that was skipped, is left out: nobody said that it is empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from tilescout.geometry import Box, bounding_box
from tilescout_datasets.formats import label_studio_video, page_files
from tilescout_datasets.formats.outlines import ellipse, rotated
from tilescout_datasets.formats.records import (
    MALFORMED,
    LeftOut,
    PageRecord,
    Record,
    Shape,
    ShapeRecord,
    StrayShape,
    malformed,
    number,
)

RECTANGLES = ("rectanglelabels", "rectangle")
POLYGONS = ("polygonlabels", "polygon")
ELLIPSES = ("ellipselabels", "ellipse")
SHAPES = RECTANGLES + POLYGONS + ELLIPSES
WITHOUT_PLACE = ("labels", "choices", "textarea", "relation", "number", "rating", "taxonomy",
                 "datetime", "pairwise", "ranker", "timelinelabels")  # fmt: skip
"""Results that say something of the whole task or of another result."""
USUAL_MEMBERS = ("image", "images", "img", "page", "pages", "pdf", "document", "drawing", "video")
Row = dict[str, Any]


def records(tasks: Any) -> Iterator[Record]:
    """Yields the pages of all tasks. Raises TypeError where ``tasks`` are no list of objects."""
    if not isinstance(tasks, list) or not any(isinstance(task, dict) for task in tasks):
        raise TypeError("it is no list of objects")
    for at, task in enumerate(tasks, 1):
        place = f"task {task.get('id', at) if isinstance(task, dict) else at}"
        try:
            yield from list(_pages(task, place))
        except LeftOut as reason:
            yield PageRecord(place=place, left_out=reason)
        except MALFORMED as error:
            yield PageRecord(place=place, left_out=malformed(error))


def _pages(task: Row, place: str) -> Iterator[Record]:
    data = task.get("data", task)
    results, left_out = _results(task)
    files = _files(data, results)
    if isinstance(files, list):
        yield from _items(files, results, place, left_out)
    elif any(_type(row) == label_studio_video.TYPE for row in results):
        yield from label_studio_video.frames(files, results, place, left_out)
    else:
        page = data.get("page", 1)
        yield PageRecord(
            place=f"{place} ({PurePosixPath(files).name})",
            file=files,
            number=int(number(page)) if str(page).isdecimal() else 1,
            size=_size(results),
            shapes=_shapes(results, place, results),
            left_out=left_out,
        )


def _items(
    files: list[str], results: list[Any], place: str, left_out: LeftOut | None
) -> Iterator[Record]:
    """The pages of a task with several; a result without ``item_index`` is of the first."""
    by_page: dict[Any, list[Any]] = {at: [] for at in range(len(files))}
    strays = []
    for row in results:
        index = row.get("item_index") if isinstance(row, dict) else None
        by_page[index or 0].append(row) if (index or 0) in by_page else strays.append(row)
    for at, file in enumerate(files):
        yield PageRecord(
            place=f"{place}, page {at + 1} ({PurePosixPath(file).name})",
            file=file,
            size=_size(by_page[at]),
            shapes=_shapes(by_page[at], place, results),
            left_out=left_out,
        )
    for shape in _shapes(strays, place, results):
        yield StrayShape(shape.place, LeftOut("of a page that its task does not have"))


def _files(data: Row, results: list[Any]) -> str | list[str]:
    """The file that a task is about, or its pages. Raises LeftOut."""
    if isinstance(data.get("image"), str):
        return str(data["image"])
    named = {name: value for name, value in data.items() if _is_named(value)}
    shown = [row.get("to_name") for row in results if isinstance(row, dict)]
    preferred = [name for name in (*shown, *USUAL_MEMBERS) if name in named]
    if not named:
        raise LeftOut("without the name of a file", "no member is a URL or path of a picture")
    if not preferred and len(named) > 1:
        raise LeftOut("names several files", ", ".join(sorted(map(str, named))[:3]))
    value: str | list[str] = named[preferred[0]] if preferred else next(iter(named.values()))
    return value


def _is_named(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(each, str) and _is_named(each) for each in value)
    endings = label_studio_video.ENDINGS
    return isinstance(value, str) and (
        page_files.has_page_ending(value) or value.lower().endswith(endings)
    )


def _results(task: Row) -> tuple[list[Any], LeftOut | None]:
    """The results of the annotation that counts, or the reason why there is none."""
    if "annotations" not in task and "completions" not in task:
        return list(_short_results(task)), None
    annotations = task.get("annotations", task.get("completions")) or []
    valid = [each for each in annotations if not (each.get("was_cancelled") or each.get("skipped"))]
    counted = (valid or annotations or [{}])[-1]
    results = counted.get("result") or []
    if not isinstance(results, list):
        raise TypeError("result is no list")
    if valid:
        return results, None
    return results, LeftOut("skipped" if annotations else "not annotated")


def _short_results(task: Row) -> Iterator[Row]:
    """Yields the results of JSON-MIN, whose values stand in a list under their control's name."""
    for values in task.values():
        for value in values if isinstance(values, list) else ():
            kind = next((shape for shape in SHAPES if isinstance(value, dict) and shape in value),
                        None)  # fmt: skip
            if kind:
                yield {"type": kind, "value": value, **value}


def _size(results: Sequence[Any]) -> tuple[float, float] | None:
    """Returns the size of the picture that was annotated; only ratios count after it."""
    for row in results:
        if isinstance(row, dict) and row.get("original_width") and row.get("original_height"):
            return number(row["original_width"]), number(row["original_height"])
    return None


def _type(row: Any) -> str:
    return str(row.get("type", "")) if isinstance(row, dict) else ""


def _shapes(rows: Sequence[Any], place: str, all_rows: Sequence[Any]) -> list[ShapeRecord]:
    """The results that have a place on a page."""
    return [
        _shape(
            row, f"{place}, result {row.get('id', at) if isinstance(row, dict) else at}", all_rows
        )
        for at, row in enumerate(rows, 1)
        if _type(row) not in WITHOUT_PLACE
    ]


def _shape(row: Any, place: str, all_rows: Sequence[Any]) -> ShapeRecord:
    def read(width: float, height: float) -> Shape:
        kind = row["type"]
        if kind not in SHAPES:
            raise LeftOut(f"of kind {str(kind)[:30]}, which has no sure box")
        labels = _labels(row, all_rows)
        if not labels:
            raise LeftOut("without a label")
        remarks = ("a second label is not used",) if len(labels) > 1 else ()
        return Shape(label=labels[0], box=_box(row, width, height), remarks=remarks)

    return ShapeRecord(place, read)


def _labels(row: Row, all_rows: Sequence[Any]) -> list[Any]:
    """Its own, or those of the result that labels the same region."""
    same = [each for each in all_rows if isinstance(each, dict) and "id" in each
            and each["id"] == row.get("id")]  # fmt: skip
    for each in [row, *same]:
        value = each.get("value") or {}
        named = value.get(_type(each)) if _type(each).endswith("labels") else None
        for names in (named, value.get("labels")):
            if isinstance(names, list) and names:
                return names
    return []


def _box(row: Row, width: float, height: float) -> Box:
    value, kind = row["value"], row["type"]
    if kind in POLYGONS:
        points = [(number(x), number(y)) for x, y in value["points"]]
        if not points:
            raise LeftOut("without a point")
        return bounding_box((x * width / 100, y * height / 100) for x, y in points)
    left, top = number(value["x"]) * width / 100, number(value["y"]) * height / 100
    degrees = number(value.get("rotation") or 0)
    if kind in ELLIPSES:
        radii = (number(value["radiusX"]) * width / 100, number(value["radiusY"]) * height / 100)
        if min(radii) < 0:
            raise LeftOut("a side is negative")
        return ellipse((left, top), radii, degrees)
    across, down = number(value["width"]) * width / 100, number(value["height"]) * height / 100
    box = Box(left, top, left + across, top + down)
    # Turned, a box with its corners the wrong way round would look like a good one.
    return rotated(box, degrees, (left, top)) if across > 0 and down > 0 else box
