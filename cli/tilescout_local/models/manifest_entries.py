"""Reads Ground Truth manifests of object detection and checks each line as Custom Labels does.

Codes and limits: "Non-Terminal JSON Line Validation Errors" and "Terminal manifest content errors"
in the developer's guide of Amazon Rekognition Custom Labels. A line that has an error is left out;
one with only a warning is counted apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tilescout_local.models.training.record import S3Location

MAX_BOXES = 50
MAX_LABELS = 250
MIN_SIDE_PX = 1
MAX_INVALID_RATIO = 0.2
"""The share of lines with an error above which no training begins."""
_SOURCE = re.compile(r"s3://([0-9A-Za-z.\-_]{3,255})/(.{1,1024})")
_TYPE = "groundtruth/object-detection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line as it is, with its image, the labels of its boxes, and the code of its error, if
    any."""

    line: str
    source: S3Location | None = None
    labels: tuple[str, ...] = ()
    error: str = ""

    @property
    def is_labelled(self) -> bool:
        return bool(self.labels) and not self.error


class _InvalidLine(Exception):
    """An error of a line; the text is its code."""


def read_entries(manifest: str) -> list[Entry]:
    """Returns an entry for every line that is not empty, in their order."""
    return [_entry(line) for line in manifest.splitlines() if line.strip()]


def labels_of(found: Sequence[Entry]) -> set[str]:
    return {label for entry in found if not entry.error for label in entry.labels}


def manifest_faults(found: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    """Yields code and message of each fault that keeps a manifest from training."""
    usable = [entry for entry in found if not entry.error]
    if len(found) - len(usable) > MAX_INVALID_RATIO * len(found):
        yield (
            "ERROR_TOO_MANY_INVALID_ROWS_IN_MANIFEST",
            "The manifest file contains too many invalid rows.",
        )
    if len({entry.source.bucket for entry in usable if entry.source}) > 1:
        yield (
            "ERROR_IMAGES_IN_MULTIPLE_S3_BUCKETS",
            "The manifest file contains images from multiple S3 buckets.",
        )
    if len(labels_of(found)) > MAX_LABELS:
        yield "ERROR_TOO_MANY_LABELS", "The manifest file has more than 250 unique labels."
    if not any(entry.is_labelled for entry in usable):
        yield "ERROR_TOO_FEW_LABELS", "The manifest file has no image with a bounding box."


def _entry(line: str) -> Entry:
    try:
        row = json.loads(line)
        if not isinstance(row, dict):
            raise _InvalidLine("ERROR_INVALID_JSON_LINE")
        return Entry(line=line, source=_source(row), labels=_labels(row))
    except json.JSONDecodeError:
        return Entry(line=line, error="ERROR_INVALID_JSON_LINE")
    except _InvalidLine as wrong:
        return Entry(line=line, error=str(wrong))


def _source(row: dict[str, Any]) -> S3Location:
    if "source-ref" not in row:
        raise _InvalidLine("ERROR_MISSING_SOURCE_REF")
    found = _SOURCE.fullmatch(str(row["source-ref"]))
    if found is None:
        raise _InvalidLine("ERROR_INVALID_SOURCE_REF_FORMAT")
    return S3Location(bucket=found[1], key=found[2])


def _labels(row: dict[str, Any]) -> tuple[str, ...]:
    attribute = next((name for name, value in row.items() if _is_boxes(value)), None)
    if attribute is None:
        raise _InvalidLine("ERROR_NO_LABEL_ATTRIBUTES")
    metadata = row.get(f"{attribute}-metadata")
    if not isinstance(metadata, dict) or metadata.get("type") != _TYPE:
        raise _InvalidLine("ERROR_INVALID_LABEL_ATTRIBUTE_METADATA_FORMAT")
    boxes, size = row[attribute]["annotations"], _size(row[attribute])
    if len(boxes) > MAX_BOXES:
        raise _InvalidLine("ERROR_TOO_MANY_BOUNDING_BOXES")
    names = metadata.get("class-map")
    if not isinstance(names, dict):
        raise _InvalidLine("ERROR_MISSING_CLASS_MAP_ID")
    return tuple(_label(box, names, size) for box in boxes)


def _is_boxes(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("annotations"), list)


def _size(attribute: dict[str, Any]) -> tuple[int, int]:
    try:
        (size,) = attribute["image_size"]
        return int(size["width"]), int(size["height"])
    except (KeyError, TypeError, ValueError) as error:
        raise _InvalidLine("ERROR_INVALID_IMAGE_DIMENSION") from error


def _label(box: Any, names: dict[str, Any], size: tuple[int, int]) -> str:
    try:
        left, top, width, height = (box[side] for side in ("left", "top", "width", "height"))
        is_inside = left >= 0 and top >= 0 and left + width <= size[0] and top + height <= size[1]
        if min(width, height) < MIN_SIDE_PX:
            raise _InvalidLine("ERROR_BOUNDING_BOX_TOO_SMALL")
        if not is_inside:
            raise _InvalidLine("ERROR_INVALID_BOUNDING_BOX")
        return str(names[str(box["class_id"])])
    except TypeError as error:
        raise _InvalidLine("ERROR_INVALID_BOUNDING_BOX") from error
    except KeyError as error:
        raise _InvalidLine("ERROR_MISSING_CLASS_MAP_ID") from error
