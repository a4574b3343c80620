"""Converts responses of Textract and Rekognition to words and objects in page pixels."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from pydantic import TypeAdapter

from tilescout.detections import UNREAD_LETTERING, Answer, Direction, ObjectSeen, WithheldSeen, Word
from tilescout.detector_kinds import DEFAULT_ALPHABET, AlphabetName
from tilescout.geometry import Box
from tilescout.tiling.grid import Tile

DETECT_TEXT_MAX_WORDS = 100
"""DetectText returns no more words per image:
https://docs.aws.amazon.com/rekognition/latest/dg/API_DetectText.html"""

LEFT_OUT_HEADER = "x-tilescout-lines-left-out"
ALPHABET_HEADER = "x-tilescout-alphabet"
"""In a request the alphabet to read with, in a response the one that was used. AWS has neither."""
UNREAD_HEADER = "x-tilescout-unread"
"""Places of the image that look like lettering and were not read, as JSON: left, top, right and
bottom in pixels, and the degrees between their rows and level. AWS tells of none."""
_ANSWER = TypeAdapter(Answer)
_DIRECTIONS: tuple[Direction, ...] = ("right", "down", "left", "up")


def from_textract(response: Mapping[str, Any], tile: Tile) -> tuple[Word, ...]:
    """Returns the words of a DetectDocumentText response, in page pixels.

    ``line`` counts the LINE blocks from 0; a word runs as its line does. A block without
    geometry or text is dropped; ratios outside 0 to 1 are clamped.
    """
    blocks = response.get("Blocks", ())
    by_id = {block["Id"]: block for block in blocks if "Id" in block}
    lines = [block for block in blocks if block.get("BlockType") == "LINE"]
    return tuple(
        word
        for number, line in enumerate(lines)
        for child in _children(line)
        if (word := _word(by_id.get(child, {}), "Text", tile, number, line)) is not None
    )


def from_detect_text(response: Mapping[str, Any], tile: Tile) -> tuple[Word, ...]:
    """Returns the words of a DetectText response, in page pixels; ``line`` is the LINE's id.

    An item without geometry or text is dropped; ratios outside 0 to 1 are clamped.
    """
    items = response.get("TextDetections", ())
    lines = {item["Id"]: item for item in items if item.get("Type") == "LINE" and "Id" in item}
    words = (
        _word(item, "DetectedText", tile, parent, lines.get(parent, item))
        for item in items
        if item.get("Type") == "WORD"
        for parent in (item.get("ParentId", -1 - item.get("Id", 0)),)
    )
    return tuple(word for word in words if word is not None)


def from_custom_labels(response: Mapping[str, Any], tile: Tile) -> tuple[ObjectSeen, ...]:
    """Returns the objects of a DetectCustomLabels response, in page pixels.

    Ratios are clamped to 0-1. A label of the whole image has no box and is dropped, as is an item
    without a name, a confidence or an area.
    """
    objects = (_object(item, tile) for item in response.get("CustomLabels") or ())
    return tuple(seen for seen in objects if seen is not None)


def is_truncated(response: Mapping[str, Any]) -> bool:
    """Tells if DetectText reached its limit of words, so that the tile may hold more."""
    words = [item for item in response.get("TextDetections", ()) if item.get("Type") == "WORD"]
    return len(words) >= DETECT_TEXT_MAX_WORDS


def lines_left_out(response: Mapping[str, Any]) -> int:
    """Returns how many lines of ink a detector left out, where it tells: the local OCR does."""
    return int(_headers(response).get(LEFT_OUT_HEADER, 0))


def unread_lettering(response: Mapping[str, Any], tile: Tile) -> tuple[WithheldSeen, ...]:
    """Returns the places (page px) that look like lettering and were not read, where a detector
    tells: the local OCR does."""
    places = json.loads(_headers(response).get(UNREAD_HEADER, "[]"))
    return tuple(_unread(Box(*sides), degrees, tile) for *sides, degrees in places)


def _unread(box: Box, degrees: int, tile: Tile) -> WithheldSeen:
    on_page = box.scale(tile.scale).shift(tile.box.left, tile.box.top)
    reason = f"turned by about {degrees} degrees"
    return WithheldSeen(label=UNREAD_LETTERING, confidence=0.0, box=on_page, reason=reason)


def unused_alphabet(response: Mapping[str, Any], alphabet: AlphabetName) -> tuple[str, ...]:
    """Returns a warning where a detector did not use the alphabet that it was asked to use."""
    if alphabet in (DEFAULT_ALPHABET, _headers(response).get(ALPHABET_HEADER)):
        return ()
    return (
        f"the alphabet {alphabet} was not used: the service that read the text has no such "
        "setting, and may not know its characters",
    )


def _headers(response: Mapping[str, Any]) -> Mapping[str, str]:
    headers: Mapping[str, str] = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return headers


def answer_to_json(answer: Answer) -> str:
    """Returns compact JSON without the members that are at their default."""
    return _ANSWER.dump_json(answer, exclude_defaults=True).decode()


def answer_from_json(text: str) -> Answer:
    """Returns the answer of ``answer_to_json``; raises pydantic.ValidationError for other text."""
    return _ANSWER.validate_json(text)


def _children(block: Mapping[str, Any]) -> Iterator[str]:
    for relationship in block.get("Relationships") or ():
        if relationship.get("Type") == "CHILD":
            yield from relationship.get("Ids", ())


def _word(
    item: Mapping[str, Any], text_key: str, tile: Tile, line: int, parent: Mapping[str, Any]
) -> Word | None:
    box = _box(item, tile)
    text = (item.get(text_key) or "").strip()
    if box is None or not text:
        return None
    return Word(
        text=text,
        confidence=float(item.get("Confidence", 0.0)),
        box=box,
        line=line,
        direction=_direction(parent.get("Geometry") or {}, item.get("Geometry") or {}, tile),
    )


def _object(item: Mapping[str, Any], tile: Tile) -> ObjectSeen | None:
    box = _box(item, tile)
    label, confidence = item.get("Name"), item.get("Confidence")
    if box is None or not label or not _is_number(confidence):
        return None
    return ObjectSeen(label=label, confidence=min(max(float(confidence), 0.0), 100.0), box=box)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and math.isfinite(value)


def _box(item: Mapping[str, Any], tile: Tile) -> Box | None:
    """Returns the BoundingBox in page pixels, to a hundredth; None if it is missing or empty."""
    ratios = (item.get("Geometry") or {}).get("BoundingBox") or {}
    left, top, width, height = (ratios.get(name) for name in ("Left", "Top", "Width", "Height"))
    if not (_is_number(left) and _is_number(top) and _is_number(width) and _is_number(height)):
        return None
    box = _on_page(tile, left, top, left + width, top + height)
    return box if box.area > 0 else None


def _on_page(tile: Tile, left: float, top: float, right: float, bottom: float) -> Box:
    at = tile.box
    within = Box(left, top, right, bottom).clamp(Box(0.0, 0.0, 1.0, 1.0))
    return Box(
        round(at.left + within.left * at.width, 2),
        round(at.top + within.top * at.height, 2),
        round(at.left + within.right * at.width, 2),
        round(at.top + within.bottom * at.height, 2),
    )


def _direction(line: Mapping[str, Any], word: Mapping[str, Any], tile: Tile) -> Direction:
    """Returns the direction of the text: along the polygon's first edge, the top of the text.

    The line's polygon is the longer one, so it is read first; only words have a RotationAngle.
    """
    for geometry in (line, word):
        polygon: Sequence[Mapping[str, float]] = geometry.get("Polygon") or ()
        if len(polygon) > 1:
            dx = (polygon[1]["X"] - polygon[0]["X"]) * tile.box.width
            dy = (polygon[1]["Y"] - polygon[0]["Y"]) * tile.box.height
            return _DIRECTIONS[round(math.atan2(dy, dx) / (math.pi / 2)) % 4]
    return _DIRECTIONS[round(float(word.get("RotationAngle", 0.0)) / 90) % 4]
