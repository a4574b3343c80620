"""Reads the detections of a document from detections.json."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from pydantic import TypeAdapter, ValidationError


class UnusableResult(Exception):
    """A file is no detections.json; the message tells rule, value and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultPage:
    page: int
    width_px: int
    height_px: int
    width_pt: float
    height_pt: float
    dpi: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDetection:
    """A detection; confidence 0 to 100, boxes left, top, right, bottom.

    ``angle`` is in degrees, clockwise, where the model tells it.
    """

    page: int
    label: str
    text: str
    confidence: float
    box_px: tuple[float, float, float, float]
    normalised_text: str = ""
    angle: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    id: str
    source: _Source
    profile: str
    status: str
    pages: list[ResultPage]


@dataclass(frozen=True, slots=True)
class _Result:
    document: _Head
    detections: list[ResultDetection]


_RESULT = TypeAdapter(_Result)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDocument:
    """A document; ``file`` is the name of the PDF."""

    id: str
    file: str
    profile: str
    status: str
    pages: dict[int, ResultPage]
    detections: tuple[ResultDetection, ...]

    def on_page(self, page: int) -> list[ResultDetection]:
        return [detection for detection in self.detections if detection.page == page]


def read(body: bytes, name: str) -> ResultDocument:
    """Reads a result that messages call ``name``. Raises UnusableResult."""
    try:
        result = _RESULT.validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise UnusableResult(
            f"{name} must be a detections.json of `tilescout detect` or `tilescout export`; "
            f"{place}: {first['msg']}; export it again"
        ) from error
    head = result.document
    return ResultDocument(
        id=head.id,
        file=PurePosixPath(head.source.key).name,
        profile=head.profile,
        status=head.status,
        pages={page.page: page for page in head.pages},
        detections=tuple(result.detections),
    )
