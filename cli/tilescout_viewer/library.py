"""Open documents: their results, reviews and drawings, for several requests at once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilescout.geometry import POINTS_PER_INCH
from tilescout.merging.text.confusions import normalise
from tilescout_drawings.drawing import Drawing, Picture
from tilescout_drawings.pyramid import PagePyramid
from tilescout_drawings.tile_cache import TileCache, TileRequest
from tilescout_examples.saved_profile import ProfilePlaces, SavedProfile
from tilescout_reviews import reviewed_detections, withheld_places
from tilescout_reviews.corrections import Correction, ReviewError, Sides, Verdict
from tilescout_reviews.review import Author, Review
from tilescout_reviews.reviewed_detections import ReviewedDetection
from tilescout_viewer.similar import SimilarRequest, SimilarResult, find_similar, save_profile
from tilescout_viewer.sources import DocumentResult, DocumentSource, SourceError

MAX_OPEN_DRAWINGS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A wanted change of one detection; None leaves a member as it is. ``box`` is in px."""

    id: str
    version: int
    page: int = 0
    verdict: Verdict | None = None
    label: str | None = None
    text: str | None = None
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One detection that a search found."""

    document_id: str
    detection: ReviewedDetection


class Library:
    """The documents of a source, with what was opened of them."""

    def __init__(
        self,
        source: DocumentSource,
        tiles: TileCache,
        author: Author,
        profiles: ProfilePlaces | None = None,
    ) -> None:
        self.source = source
        self.author = author
        self._profiles = profiles or ProfilePlaces()
        self._tiles = tiles
        self._reviews: dict[str, Review] = {}
        self._drawings: OrderedDict[Path, Drawing] = OrderedDict()
        self._lock = threading.RLock()

    def close(self) -> None:
        """Ends the processes that draw."""
        with self._lock:
            for drawing in self._drawings.values():
                drawing.close()
            self._drawings.clear()

    def reviewed(self, document_id: str) -> tuple[DocumentResult, list[ReviewedDetection], int]:
        """Returns the result set, its detections after the review, and the last change's number."""
        result = self.source.result(document_id)
        with self._lock:
            review = self._review(document_id)
            corrections = review.corrections()
            number = review.number
        found = reviewed_detections.review(result.id, result.detections, corrections.values())
        return result, found, number

    def withheld(self, document_id: str) -> list[withheld_places.WithheldPlace]:
        """Returns the places that the detector withheld and nobody judged yet."""
        result, found, _ = self.reviewed(document_id)
        with self._lock:
            corrections = self._review(document_id).corrections()
        return withheld_places.to_judge(result.withheld, found, corrections)

    def changed_since(self, document_id: str, number: int) -> tuple[list[str], int]:
        """Returns the ids of the detections that were corrected since that change."""
        with self._lock:
            review = self._review(document_id)
            changes = review.changes(number)
            ids = [step.after.id for change in changes for step in change.steps]
            return list(dict.fromkeys(ids)), review.number

    def edit(self, document_id: str, edits: Sequence[Edit], group: str) -> None:
        """Makes corrections. Raises ReviewError, ReviewConflict, SourceError."""
        result, shown, _ = self.reviewed(document_id)
        by_id = {each.id: each for each in shown}
        dpi_of = {page["page"]: page["dpi"] for page in result.head["pages"]}
        wanted = [_correction(each, by_id.get(each.id), result, dpi_of) for each in edits]
        with self._lock:
            self._review(document_id).edit(wanted, group, self.author)

    def undo(self, document_id: str, group: str) -> None:
        """Reverses the last edit of this person. Raises ReviewError, ReviewConflict."""
        with self._lock:
            self._review(document_id).undo(group, self.author)

    def redo(self, document_id: str, group: str) -> None:
        """Reverses the last undo of this person. Raises ReviewError, ReviewConflict."""
        with self._lock:
            self._review(document_id).redo(group, self.author)

    def search(self, text: str) -> Iterable[Hit]:
        """Yields the kept detections of all documents whose text or label contains ``text``."""
        wanted = normalise(text)
        for document in self.source.documents():
            try:
                _, found, _ = self.reviewed(document.id)
            except SourceError:
                continue  # the list of documents tells why
            for each in found:
                if each.is_kept and wanted in normalise(f"{each.text}\n{each.label}"):
                    yield Hit(document_id=document.id, detection=each)

    def dpi_of(self, document_id: str) -> dict[int, int]:
        """Returns the dpi of each page. Raises SourceError."""
        pages = self.source.result(document_id).head["pages"]
        return {page["page"]: page["dpi"] for page in pages}

    def find_similar(self, document_id: str, request: SimilarRequest) -> SimilarResult:
        """Returns the symbols of a page like the examples, without those that are known.

        Raises SourceError, and TilescoutError where the page cannot be searched.
        """
        _, shown, _ = self.reviewed(document_id)
        known = [each.box for each in shown if each.page == request.page and each.is_kept]
        drawing = self.source.drawing(document_id)
        return find_similar(drawing, request, self.source.drawing, known)

    def save_profile(self, name: str, request: SimilarRequest) -> SavedProfile:
        """Writes a search as a profile. Raises SourceError, TilescoutError."""
        with self._lock:
            return save_profile(name, request, self.source.drawing, self._profiles)

    def pyramid(self, document_id: str, page: int) -> PagePyramid:
        """Returns the levels of a page. Raises SourceError where there is no such page."""
        for each in self.source.result(document_id).head["pages"]:
            if each["page"] == page:
                return pyramid_of(each)
        raise SourceError(f"document {document_id} has no page {page}; load the page again")

    def tile(self, document_id: str, request: TileRequest) -> Picture:
        """Returns one tile. Raises KeyError where there is none, SourceError, TilescoutError."""
        pyramid = self.pyramid(document_id, request.page)
        return self._tiles.tile(self.drawing(document_id), pyramid, request)

    def drawing(self, document_id: str) -> Drawing:
        """Returns the opened drawing; those not used for longest are closed."""
        path = self.source.drawing(document_id)
        with self._lock:
            if path not in self._drawings:
                self._drawings[path] = Drawing(path)
            self._drawings.move_to_end(path)
            while len(self._drawings) > MAX_OPEN_DRAWINGS:
                _, closed = self._drawings.popitem(last=False)
                closed.close()
            return self._drawings[path]

    def _review(self, document_id: str) -> Review:
        if document_id not in self._reviews:
            self._reviews[document_id] = Review(self.source.review_log(document_id))
        return self._reviews[document_id]


def pyramid_of(page: Mapping[str, Any]) -> PagePyramid:
    """Returns the levels of a page of detections.json."""
    return PagePyramid(width=page["width_px"], height=page["height_px"], dpi=page["dpi"])


def _correction(
    edit: Edit,
    shown: ReviewedDetection | None,
    result: DocumentResult,
    dpi_of: Mapping[int, int],
) -> Correction:
    """The correction that the edit wants, on top of what is shown now."""
    if shown is None:
        return _drawn(edit, dpi_of)
    before = shown.correction
    found = before.finding if before else None
    if before is None:
        assert shown.found is not None
        found = reviewed_detections.finding(result.id, shown.found)
    changes_content = edit.label is not None or edit.text is not None or edit.box is not None
    verdict = edit.verdict or ("accepted" if changes_content else None)
    if verdict is None:
        raise ReviewError("an edit changes something; this one has no member to change")
    box = _points(edit.box, dpi_of[shown.page]) if edit.box else shown.box
    return Correction(
        id=shown.id,
        page=shown.page,
        verdict=verdict,
        label=shown.label if edit.label is None else edit.label,
        text=shown.text if edit.text is None else edit.text,
        box=box,
        finding=found,
        version=edit.version,
    )


def _drawn(edit: Edit, dpi_of: Mapping[int, int]) -> Correction:
    if not edit.id.startswith(withheld_places.DRAWN):
        raise ReviewError("this detection is not there any more; load the page again")
    if edit.box is None or edit.page not in dpi_of:
        raise ReviewError("a box that is drawn has a place on a page of the document")
    return Correction(
        id=edit.id,
        page=edit.page,
        verdict=edit.verdict or "accepted",
        label=edit.label or "",
        text=edit.text or "",
        box=_points(edit.box, dpi_of[edit.page]),
        version=edit.version,
    )


def _points(box: tuple[float, float, float, float], dpi: int) -> Sides:
    left, top, right, bottom = (round(side * POINTS_PER_INCH / dpi, 3) for side in box)
    return left, top, right, bottom
