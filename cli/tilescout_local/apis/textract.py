"""Amazon Textract: DetectDocumentText."""

from __future__ import annotations

import json
import uuid
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
from tilescout_local.apis.text_geometry import geometry, rotation_degrees
from tilescout_local.engines.text_reading import ImageReading, Line, Quad, Word
from tilescout_local.errors import ApiError, invalid_parameters

# Amazon Textract, set quotas: synchronous operations.
MAX_BYTES = 10 * 1024 * 1024
MAX_SIDE_PX = 10_000
FORMATS = {"JPEG", "PNG", "TIFF"}

ReadText = Callable[[bytes, str], ImageReading]
"""Reads an encoded image with the alphabet of a name."""
Block = dict[str, Any]


def detect_document_text(
    request: Mapping[str, Any], read_object: ReadObject, read_text: ReadText
) -> dict[str, Any]:
    """Returns the response to one request.

    Raises ApiError with the codes of the real operation.
    """
    image = _checked(request, read_object)
    reading = read_text(image.data, alphabet_of(request))
    return response(reading.lines, image.width, image.height) | reading_members(reading)


def _checked(request: Mapping[str, Any], read_object: ReadObject) -> ImageInput:
    document = request.get("Document")
    if not isinstance(document, dict):
        raise invalid_parameters()
    data, from_s3 = image_bytes(document, read_object)
    if len(data) > MAX_BYTES:
        raise ApiError(
            "DocumentTooLargeException",
            f"Document size {len(data)} bytes exceeds the limit of {MAX_BYTES} bytes",
        )
    image = opened(data, from_s3)
    if image is None or image.format not in FORMATS:
        raise ApiError("UnsupportedDocumentException", "Request has unsupported format")
    if max(image.width, image.height) > MAX_SIDE_PX:
        raise ApiError(
            "UnsupportedDocumentException",
            f"Image of {image.width} x {image.height} px is over {MAX_SIDE_PX} px per side",
        )
    if not is_complete(image):
        raise ApiError("BadDocumentException", "Amazon Textract can't read the document")
    return image


def response(lines: list[Line], width: int, height: int) -> dict[str, Any]:
    """Returns PAGE, then every LINE, then every WORD, joined by CHILD relationships."""
    page_quad: Quad = ((0, 0), (width, 0), (width, height), (0, height))
    line_blocks: list[Block] = []
    word_blocks: list[Block] = []
    for line in lines:
        words = [
            {**_text_block("WORD", word, (width, height)), "TextType": "PRINTED"}
            for word in line.words
        ]
        block = _text_block("LINE", line, (width, height))
        line_blocks.append({**block, **_children(words)})
        word_blocks += words
    page = {
        "BlockType": "PAGE",
        "Id": str(uuid.uuid4()),
        "Geometry": geometry(page_quad, width, height),
        **_children(line_blocks),
    }
    return {
        "DocumentMetadata": {"Pages": 1},
        "Blocks": [page, *line_blocks, *word_blocks],
        "DetectDocumentTextModelVersion": "1.0",
    }


def _text_block(kind: str, read: Line | Word, size: tuple[int, int]) -> Block:
    place = {**geometry(read.quad, *size), "RotationAngle": rotation_degrees(read.quad)}
    return {
        "BlockType": kind,
        "Id": str(uuid.uuid4()),
        "Text": read.text,
        "Confidence": read.confidence,
        "Geometry": place,
    }


def _children(blocks: list[Block]) -> Block:
    if not blocks:
        return {}
    return {"Relationships": [{"Type": "CHILD", "Ids": [block["Id"] for block in blocks]}]}


def operations(
    read_object: ReadObject, read_text: ReadText
) -> dict[str, Callable[[bytes], dict[str, Any]]]:
    """Returns the functions that answer a request body, by the operation's name."""
    return {
        "DetectDocumentText": lambda body: detect_document_text(
            json.loads(body), read_object, read_text
        )
    }
