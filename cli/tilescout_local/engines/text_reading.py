"""The lines and words read from an image, each with its quadrilateral in image pixels."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from tilescout.detector_kinds import DEFAULT_ALPHABET

SEPARATOR = b"\0"
Point = tuple[float, float]
# Corners in the text's own order: its top-left, top-right, bottom-right, bottom-left.
Quad = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its confidence (0-100)."""

    text: str
    confidence: float
    quad: Quad


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text with its confidence (0-100) and its words."""

    text: str
    confidence: float
    quad: Quad
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class UnreadPlace:
    """A place (px) that looks like lettering and was not read; ``degrees`` (0 to 90) is the angle
    between its rows and level."""

    left: float
    top: float
    right: float
    bottom: float
    degrees: int


@dataclass(frozen=True, slots=True)
class ImageReading:
    """The lines of an image; ``left_out`` counts lines of ink that have no look of lettering, and
    ``alphabet`` names the characters that could be read."""

    lines: list[Line]
    left_out: int = 0
    alphabet: str = DEFAULT_ALPHABET
    unread: tuple[UnreadPlace, ...] = ()


def request_frame(alphabet: str, image: bytes) -> bytes:
    """Returns the request to a process that reads text: the alphabet's name, then the encoded
    image."""
    return alphabet.encode() + SEPARATOR + image


def parse_request(frame: bytes) -> tuple[str, bytes]:
    alphabet, _, image = frame.partition(SEPARATOR)
    return alphabet.decode(), image


def to_json(reading: ImageReading) -> dict[str, Any]:
    return asdict(reading)


def from_json(value: dict[str, Any]) -> ImageReading:
    lines = [_line(item) for item in value["lines"]]
    unread = tuple(UnreadPlace(**item) for item in value.get("unread", ()))
    alphabet = value.get("alphabet", DEFAULT_ALPHABET)
    return ImageReading(lines, value["left_out"], alphabet, unread)


def _line(item: dict[str, Any]) -> Line:
    words = tuple(
        Word(word["text"], word["confidence"], _quad(word["quad"])) for word in item["words"]
    )
    return Line(item["text"], item["confidence"], _quad(item["quad"]), words)


def _quad(points: list[list[float]]) -> Quad:
    first, second, third, fourth = ((x, y) for x, y in points)
    return first, second, third, fourth


def shifted_place(place: UnreadPlace, dx: float, dy: float) -> UnreadPlace:
    """Returns the place, shifted by ``dx`` and ``dy`` pixels."""
    return UnreadPlace(
        place.left + dx, place.top + dy, place.right + dx, place.bottom + dy, place.degrees
    )


def shifted(line: Line, dx: float, dy: float) -> Line:
    """Returns the line and its words, shifted by ``dx`` and ``dy`` pixels."""
    words = tuple(replace(word, quad=_shifted(word.quad, dx, dy)) for word in line.words)
    return replace(line, quad=_shifted(line.quad, dx, dy), words=words)


def _shifted(quad: Quad, dx: float, dy: float) -> Quad:
    first, second, third, fourth = ((x + dx, y + dy) for x, y in quad)
    return first, second, third, fourth


def part_along(quad: Quad, start: float, end: float) -> Quad:
    """Returns the part of a line's quad between two ratios (0-1) of its length."""
    top_left, top_right, bottom_right, bottom_left = quad
    return (
        _between(top_left, top_right, start),
        _between(top_left, top_right, end),
        _between(bottom_left, bottom_right, end),
        _between(bottom_left, bottom_right, start),
    )


def part_across(quad: Quad, start: float, end: float) -> Quad:
    """Returns the part of a line's quad between two ratios (0-1) of its height, from the text's
    top."""
    return _transposed(part_along(_transposed(quad), start, end))


def _transposed(quad: Quad) -> Quad:
    top_left, top_right, bottom_right, bottom_left = quad
    return top_left, bottom_left, bottom_right, top_right


def _between(a: Point, b: Point, ratio: float) -> Point:
    return a[0] + (b[0] - a[0]) * ratio, a[1] + (b[1] - a[1]) * ratio
