"""Amazon Rekognition: DetectText."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

from tilescout_local.apis.image_input import (
    ImageInput,
    ReadObject,
    image_bytes,
    is_complete,
    opened,
)
from tilescout_local.apis.json_protocol import alphabet_of, reading_members
from tilescout_local.apis.text_geometry import geometry
from tilescout_local.engines.text_reading import ImageReading, Line, Word
from tilescout_local.errors import ApiError, invalid_parameters

# Amazon Rekognition guidelines and quotas: images.
MAX_INLINE_BYTES = 5 * 1024 * 1024
MAX_S3_BYTES = 15 * 1024 * 1024
MIN_SIDE_PX = 80
MAX_WORDS = 100
FORMATS = {"JPEG", "PNG"}

ReadText = Callable[[bytes, str], ImageReading]
"""Reads an encoded image with the alphabet of a name."""


def checked_image(
    request: Mapping[str, Any],
    read_object: ReadObject,
    *,
    max_inline_bytes: int = MAX_INLINE_BYTES,
    min_side_px: int = MIN_SIDE_PX,
) -> ImageInput:
    """Returns the image of a request to any image operation of Rekognition.

    Raises ApiError ImageTooLargeException, InvalidImageFormatException and the codes of
    `image_bytes`.
    """
    member = request.get("Image")
    if not isinstance(member, dict):
        raise invalid_parameters()
    data, from_s3 = image_bytes(member, read_object)
    limit = MAX_S3_BYTES if from_s3 else max_inline_bytes
    if len(data) > limit:
        raise ApiError(
            "ImageTooLargeException", f"Image of {len(data)} bytes is over the {limit} allowed"
        )
    image = opened(data, from_s3)
    if image is None or image.format not in FORMATS or not is_complete(image):
        raise ApiError("InvalidImageFormatException", "Request has invalid image format")
    if min(image.width, image.height) < min_side_px:
        raise invalid_parameters()
    return image


def detect_text(
    request: Mapping[str, Any], read_object: ReadObject, read_text: ReadText
) -> dict[str, Any]:
    """Returns the response to one request: the lines, then their words, at most 100.

    Raises ApiError with the codes of the real operation.
    """
    image = checked_image(request, read_object)
    reading = read_text(image.data, alphabet_of(request))
    return response(reading.lines, image.width, image.height) | reading_members(reading)


def response(lines: list[Line], width: int, height: int) -> dict[str, Any]:
    """Returns the lines, then their words, of an image of this size in px."""
    kept = _first_words(lines, MAX_WORDS)
    items: list[dict[str, Any]] = []
    for number, line in enumerate(kept):
        items.append(_item("LINE", number, line, (width, height)))
    numbers = itertools.count(len(kept))
    for parent, line in enumerate(kept):
        for word in line.words:
            item = _item("WORD", next(numbers), word, (width, height))
            items.append({**item, "ParentId": parent})
    return {"TextDetections": items, "TextModelVersion": "3.0"}


def _first_words(lines: list[Line], limit: int) -> list[Line]:
    """Returns lines that together hold at most ``limit`` words; the last one may be cut."""
    kept: list[Line] = []
    for line in lines:
        words = line.words[:limit]
        limit -= len(words)
        if len(words) < len(line.words):
            text = " ".join(word.text for word in words)
            line = Line(text, line.confidence, line.quad, words)
        if words:
            kept.append(line)
    return kept


def _item(kind: str, number: int, read: Line | Word, size: tuple[int, int]) -> dict[str, Any]:
    return {
        "DetectedText": read.text,
        "Type": kind,
        "Id": number,
        "Confidence": read.confidence,
        "Geometry": geometry(read.quad, *size),
    }


def operations(
    read_object: ReadObject, read_text: ReadText
) -> dict[str, Callable[[bytes], dict[str, Any]]]:
    """Returns the functions that answer a request body, by the operation's name."""
    return {"DetectText": lambda body: detect_text(json.loads(body), read_object, read_text)}
