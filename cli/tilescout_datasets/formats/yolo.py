"""YOLO: a text file per picture, a line per object: class, then ratios of the picture's sides.

https://docs.ultralytics.com/datasets/detect and /obb. A line of five numbers is a box by its
centre, one of six has a confidence after it; a line of more is an outline, of which an oriented box
has four points. The classes are named by a file data.yaml, classes.txt, obj.names or the like. A
picture without a text file is left out; an empty text file says that the page is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tilescout.geometry import Box, bounding_box
from tilescout_datasets.annotations import UnusableAnnotations
from tilescout_datasets.formats import text_files
from tilescout_datasets.formats.page_files import PICTURE_ENDINGS
from tilescout_datasets.formats.records import LeftOut, PageRecord, Record, Shape, ShapeRecord

NAME_FILES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml", "classes.txt", "obj.names",
              "names.txt", "_darknet.labels", "classes.names")  # fmt: skip


def names_file(folder: Path) -> Path | None:
    """Returns the file of a folder that names the classes; None where there is none."""
    return next((folder / name for name in NAME_FILES if (folder / name).is_file()), None)


def records(path: Path) -> Iterator[Record]:
    """Yields the pictures below the folder of ``path``, a file that names the classes.

    Raises UnusableAnnotations.
    """
    names, keypoints = _names(path)
    for picture in _pictures(path.parent):
        labels = _label_file(picture)
        place = picture.relative_to(path.parent).as_posix()
        if labels is None:
            yield PageRecord(place=place, left_out=LeftOut("not annotated", "it has no text file"))
            continue
        yield _page(picture, labels, place, names, keypoints)


def _page(
    picture: Path, labels: Path, place: str, names: dict[int, Any], keypoints: int
) -> PageRecord:
    try:
        lines = text_files.text_of(labels).splitlines()
    except UnusableAnnotations as error:
        return PageRecord(place=place, left_out=LeftOut("the text file cannot be read", f"{error}"))
    return PageRecord(
        place=place,
        file=picture.as_posix(),
        shapes=[
            _shape(line, f"{labels.name}, line {at}", names, keypoints)
            for at, line in enumerate(lines, 1)
            if line.strip()
        ],
    )


def _names(path: Path) -> tuple[dict[int, Any], int]:
    """Names by their number, and how many numbers a line's keypoints take."""
    text = text_files.text_of(path)
    if path.suffix.lower() not in (".yaml", ".yml"):
        lines = [line.strip() for line in text.splitlines()]
        return dict(enumerate(line for line in lines if line)), 0
    try:
        value = yaml.safe_load(text)
        listed = value["names"]
        pairs = listed.items() if isinstance(listed, dict) else enumerate(listed)
        points, numbers = value.get("kpt_shape") or (0, 0)
        return {int(key): name for key, name in pairs}, points * numbers
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError, RecursionError) as err:
        said = str(err).splitlines()[0] if str(err) else type(err).__name__
        raise UnusableAnnotations(
            f"{path} must name the classes of a YOLO data set, with names: [a, b] ({said[:120]}); "
            "correct it"
        ) from err


def _pictures(folder: Path) -> list[Path]:
    found = [file for file in folder.rglob("*") if file.suffix.lower() in PICTURE_ENDINGS]
    return sorted(file for file in found if file.is_file())


def _label_file(picture: Path) -> Path | None:
    """Returns the file beside the picture, or in `labels` where the picture is in `images`."""
    parts = list(picture.parts)
    places = [picture.with_suffix(".txt"), picture.parent / "labels" / f"{picture.stem}.txt"]
    for at in reversed([at for at, part in enumerate(parts[:-1]) if part == "images"]):
        other = Path(*parts[:at], "labels", *parts[at + 1 :])
        places.append(other.with_suffix(".txt"))
    return next((place for place in places if place.is_file()), None)


def _shape(line: str, place: str, names: dict[int, Any], keypoints: int) -> ShapeRecord:
    def read(width: float, height: float) -> Shape:
        first, *values = line.split()
        if not float(first).is_integer():
            raise ValueError(f"class {first} is no whole number")
        if int(float(first)) not in names:
            raise LeftOut("of a category that the file does not have", f"class {first}")
        ratios = _ratios(list(map(float, values)), keypoints)
        if max(abs(side) for side in (ratios.left, ratios.top, ratios.right, ratios.bottom)) > 2:
            raise LeftOut("the numbers are no ratios", line[:60])
        box = Box(ratios.left * width, ratios.top * height, ratios.right * width,
                  ratios.bottom * height)  # fmt: skip
        return Shape(label=names[int(float(first))], box=box)

    return ShapeRecord(place, read)


def _ratios(values: list[float], keypoints: int) -> Box:
    if len(values) in (4, 5) or (keypoints and len(values) == 4 + keypoints):
        x, y, across, down = values[:4]
        return Box(x - across / 2, y - down / 2, x + across / 2, y + down / 2)
    if len(values) < 6 or len(values) % 2:
        raise LeftOut("a line has another count of numbers", f"{len(values) + 1} numbers")
    return bounding_box(list(zip(values[::2], values[1::2], strict=True)))
