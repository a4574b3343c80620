"""The sources of the viewer's documents: a port, and folders on this machine behind it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tilescout.errors import TilescoutError
from tilescout.tiling.page_geometry import page_pixels
from tilescout_drawings.drawing import Drawing
from tilescout_reviews.review import ReviewLog
from tilescout_reviews.review_file import FILE_NAME, ReviewFile

RESULT = "detections.json"
DRAWING, ANNOTATED = "drawing.pdf", "annotated.pdf"
SEARCH_DEPTH = 4
DPI_WITHOUT_RESULT = 200


class SourceError(Exception):
    """A document that cannot be shown; the message tells rule, value and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSummary:
    """One entry of the list of documents. ``detections`` is None where nothing was detected."""

    id: str
    name: str
    profile: str
    status: str
    pages: int
    detections: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentResult:
    """A result set as in detections.json; ``withheld`` are places that are no detections."""

    head: Mapping[str, Any]
    detections: Sequence[Mapping[str, Any]]
    withheld: Sequence[Mapping[str, Any]] = ()

    @property
    def id(self) -> str:
        """The id of the result set."""
        return str(self.head["result_id"])

    def as_json(self) -> dict[str, Any]:
        """Returns the object that detections.json holds."""
        told = {"document": self.head, "detections": self.detections}
        return told | ({"withheld": self.withheld} if self.withheld else {})


class DocumentSource(Protocol):
    """Documents by id. Every method raises SourceError for an unknown id."""

    def documents(self) -> list[DocumentSummary]:
        """Returns what there is now, in the order to show it."""

    def result(self, document_id: str) -> DocumentResult:
        """Returns the result set that the document shows now."""

    def drawing(self, document_id: str) -> Path:
        """Returns the PDF on this machine, fetched where it has to be."""

    def review_log(self, document_id: str) -> ReviewLog:
        """Returns the log of the document's review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _LocalDocument:
    """Either the folder of a result, or a PDF without one."""

    id: str
    folder: Path | None
    pdf: Path | None


class LocalFiles:
    """Folders as `tilescout detect` leaves them, and PDF files without a result.

    The review of a folder lies in it; that of a PDF beside the file, named after it.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = [path.resolve() for path in paths]
        self._results: dict[Path, tuple[int, DocumentResult]] = {}

    def documents(self) -> list[DocumentSummary]:
        """Returns all documents; a file that cannot be read is shown as such."""
        return [self._summary(each) for each in self._found().values()]

    def result(self, document_id: str) -> DocumentResult:
        """Returns the content of detections.json, or one without detections for a PDF."""
        document = self._named(document_id)
        if document.folder is not None:
            return self._read(document.folder / RESULT)
        assert document.pdf is not None
        changed = document.pdf.stat().st_mtime_ns
        if document.pdf not in self._results or self._results[document.pdf][0] != changed:
            self._results[document.pdf] = changed, _without_result(document.id, document.pdf)
        return self._results[document.pdf][1]

    def drawing(self, document_id: str) -> Path:
        """Returns drawing.pdf of the folder or the one above it, else annotated.pdf."""
        document = self._named(document_id)
        if document.pdf is not None:
            return document.pdf
        assert document.folder is not None
        places = (document.folder, document.folder.parent)
        for name in (DRAWING, ANNOTATED):
            for place in places:
                if (place / name).is_file():
                    return place / name
        raise SourceError(
            f"the drawing of a result lies beside it as {DRAWING}; there is none in "
            f"{document.folder}; copy it there"
        )

    def review_log(self, document_id: str) -> ReviewLog:
        """Returns the file review.jsonl of the document."""
        document = self._named(document_id)
        if document.folder is not None:
            return ReviewFile(document.folder / FILE_NAME)
        assert document.pdf is not None
        return ReviewFile(document.pdf.with_name(f"{document.pdf.name}.{FILE_NAME}"))

    def _found(self) -> dict[str, _LocalDocument]:
        found: dict[str, _LocalDocument] = {}
        for path in self._paths:
            for each in _documents_at(path):
                found.setdefault(each.id, each)
        return found

    def _named(self, document_id: str) -> _LocalDocument:
        found = self._found().get(document_id)
        if found is None:
            raise SourceError(f"there is no document {document_id} any more; load the page again")
        return found

    def _summary(self, document: _LocalDocument) -> DocumentSummary:
        try:
            result = self.result(document.id)
        except (SourceError, TilescoutError) as error:
            path = document.folder or document.pdf
            assert path is not None
            return DocumentSummary(
                id=document.id, name=path.name, profile="", status=f"UNREADABLE: {error}",
                pages=0, detections=None,
            )  # fmt: skip
        return DocumentSummary(
            id=document.id,
            name=str(result.head["source"]["key"]).rpartition("/")[2],
            profile=result.head["profile"],
            status=result.head["status"],
            pages=len(result.head["pages"]),
            detections=len(result.detections) if document.folder else None,
        )

    def _read(self, path: Path) -> DocumentResult:
        try:
            changed = path.stat().st_mtime_ns
            if path not in self._results or self._results[path][0] != changed:
                value = json.loads(path.read_bytes())
                result = result_of(value)
                self._results[path] = changed, result
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SourceError(
                f"{path} must be a detections.json ({error!r}); detect the drawing again"
            ) from error
        return self._results[path][1]


def result_of(value: Mapping[str, Any]) -> DocumentResult:
    """Returns the result set of the object that detections.json holds."""
    return DocumentResult(
        head=value["document"],
        detections=value["detections"],
        withheld=value.get("withheld", ()),
    )


def _documents_at(path: Path) -> list[_LocalDocument]:
    if path.is_file():
        return [_LocalDocument(id=_id(path), folder=None, pdf=path)]
    folders = sorted(_result_folders(path, SEARCH_DEPTH))
    return [_LocalDocument(id=_id(each), folder=each, pdf=None) for each in folders]


def _result_folders(path: Path, depth: int) -> list[Path]:
    if (path / RESULT).is_file():
        return [path]
    if depth == 0 or not path.is_dir():
        return []
    below = [each for each in path.iterdir() if each.is_dir() and not each.is_symlink()]
    return [found for each in below for found in _result_folders(each, depth - 1)]


def _id(path: Path) -> str:
    """The same for the same place, so that a link to a detection stays good."""
    return hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _without_result(document_id: str, pdf: Path) -> DocumentResult:
    """Returns a result without detections for a PDF that nothing was detected in."""
    with Drawing(pdf) as drawing:
        sizes = drawing.pages
    pages = [_page(number, each.width_pt, each.height_pt) for number, each in enumerate(sizes, 1)]
    name = pdf.name.encode("utf-8", "replace").decode()
    head = {
        "id": document_id,
        "source": {"bucket": "local", "key": name, "version": "0"},
        "profile": "",
        "status": "NOT DETECTED",
        "reason": "",
        "result_id": document_id,
        "run_id": "",
        "model_version": "",
        "cost": {"spent_usd": 0},
        "warnings": [],
        "pages": pages,
    }
    return DocumentResult(head=head, detections=())


def _page(number: int, width_pt: float, height_pt: float) -> dict[str, Any]:
    width, height = page_pixels(width_pt, height_pt, DPI_WITHOUT_RESULT)
    return {
        "page": number,
        "width_px": width,
        "height_px": height,
        "width_pt": width_pt,
        "height_pt": height_pt,
        "dpi": DPI_WITHOUT_RESULT,
        "rotation": 0,
    }
