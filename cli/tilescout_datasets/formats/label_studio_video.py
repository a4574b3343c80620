"""Label Studio's tasks of a video: objects with keyframes, from 1, and straight ways between them.

https://labelstud.io/tags/videorectangle. The frames are pictures that were taken out of the video:
``frame_000001.png`` or ``<name of the video>_000001.png``. Frames are read that are a keyframe of
any object; between its own keyframes an object is where the straight way has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

from tilescout.geometry import Box
from tilescout_datasets.formats import page_files
from tilescout_datasets.formats.records import (
    LeftOut,
    PageRecord,
    Record,
    Shape,
    ShapeRecord,
    StrayShape,
    number,
)

TYPE = "videorectangle"
ENDINGS = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v")
FRAME_ENDINGS = (".png", ".jpg", ".jpeg", ".PNG", ".JPG")
Row = dict[str, Any]
Sides = tuple[float, float, float, float]


def frames(
    file: str, results: Sequence[Any], place: str, left_out: LeftOut | None
) -> Iterator[Record]:
    """Yields the keyframes of a task's objects as pages, and what has no frame as strays.

    Raises what a member of another type raises.
    """
    objects = [row for row in results if isinstance(row, dict) and row.get("type") == TYPE]
    keyframes = sorted({int(number(key["frame"])) for row in objects for key in _sequence(row)})
    for frame in keyframes:
        shapes = [shape for row in objects if (shape := _shape(row, frame, place))]
        yield PageRecord(
            place=f"{place}, frame {frame}", file=_names(file, frame)[0],
            other_files=_names(file, frame)[1:], number=_page(file, frame), shapes=shapes,
            left_out=left_out,
        )  # fmt: skip
    for at, row in enumerate(results, 1):
        if not isinstance(row, dict) or (row.get("type") == TYPE and not _sequence(row)):
            yield StrayShape(f"{place}, result {at}", LeftOut("without a keyframe"))


def _page(file: str, frame: int) -> int:
    return frame if page_files.has_page_ending(file) else 1


def _names(file: str, frame: int) -> tuple[str, ...]:
    """A picture of many frames is itself the file."""
    if page_files.has_page_ending(file):
        return (file,)
    stem = PurePosixPath(page_files.plain_name(file)).stem
    names = (f"{stem}_{frame:06d}", f"{stem}/frame_{frame:06d}", f"frame_{frame:06d}")
    return tuple(name + ending for name in names for ending in FRAME_ENDINGS)


def _sequence(row: Row) -> list[Row]:
    sequence = row["value"].get("sequence") or []
    return [key for key in sequence if isinstance(key, dict)]


def _shape(row: Row, frame: int, place: str) -> ShapeRecord | None:
    """Returns the object's shape, None where it is not in the frame."""
    sides = _sides_at(sorted(_sequence(row), key=lambda key: number(key["frame"])), frame)
    if sides is None:
        return None
    left, top, across, down = sides

    def read(width: float, height: float) -> Shape:
        labels = row["value"].get("labels") or []
        if not labels:
            raise LeftOut("without a label")
        remarks = ("a second label is not used",) if len(labels) > 1 else ()
        box = Box(left * width / 100, top * height / 100, (left + across) * width / 100,
                  (top + down) * height / 100)  # fmt: skip
        return Shape(label=labels[0], box=box, remarks=remarks)

    return ShapeRecord(f"{place}, frame {frame}, result {row.get('id', '?')}", read)


def _sides_at(keys: Sequence[Row], frame: int) -> Sides | None:
    """Returns left, top, width and height in percent."""
    for key in keys:
        if number(key["frame"]) == frame:
            return _sides(key)
    for before, after in pairwise(keys):
        first, last = number(before["frame"]), number(after["frame"])
        if first < frame < last and before.get("enabled", True):
            share = (frame - first) / (last - first)
            pairs = zip(_sides(before), _sides(after), strict=True)
            left, top, across, down = (a + share * (b - a) for a, b in pairs)
            return left, top, across, down
    return None


def _sides(key: Row) -> Sides:
    return number(key["x"]), number(key["y"]), number(key["width"]), number(key["height"])
