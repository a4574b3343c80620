"""The JSON that the page gets, and the JSON that it sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from tilescout.geometry import POINTS_PER_INCH
from tilescout_drawings.drawing import Drawing
from tilescout_reviews.corrections import Verdict
from tilescout_reviews.reviewed_detections import ReviewedDetection
from tilescout_reviews.withheld_places import WithheldPlace
from tilescout_viewer.library import Edit, pyramid_of
from tilescout_viewer.similar import ExamplePlace, SimilarRequest, SimilarResult
from tilescout_viewer.sources import DocumentResult, DocumentSummary

DpiOf = Callable[[str], Mapping[int, int]]
"""Gives the dpi of each page of a document."""


class _Sent(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False, extra="forbid")


class EditSent(_Sent):
    """One edit as the page sends it."""

    id: Annotated[str, Field(min_length=1, max_length=200)]
    version: Annotated[int, Field(ge=0)]
    page: int = 0
    verdict: Verdict | None = None
    label: str | None = None
    text: str | None = None
    box: tuple[float, float, float, float] | None = None

    def edit(self) -> Edit:
        """Returns it as the library takes it."""
        return Edit(**self.model_dump())


class EditsSent(_Sent):
    """Edits that are made and undone together."""

    group: Annotated[str, Field(min_length=8, max_length=64)]
    edits: Annotated[list[EditSent], Field(min_length=1)]


class GroupSent(_Sent):
    """The name of an undo or redo."""

    group: Annotated[str, Field(min_length=8, max_length=64)]


class PlaceSent(_Sent):
    """A box in px of a page of a document."""

    document: Annotated[str, Field(min_length=1, max_length=200)]
    page: Annotated[int, Field(ge=1)]
    box: tuple[float, float, float, float]

    def in_points(self, dpi_of: DpiOf) -> ExamplePlace:
        """Returns the place with its box in points. Raises KeyError where there is no such page."""
        scale = POINTS_PER_INCH / dpi_of(self.document)[self.page]
        left, top, right, bottom = (side * scale for side in self.box)
        return ExamplePlace(
            document_id=self.document, page=self.page, box=(left, top, right, bottom)
        )


class SimilarSent(_Sent):
    """A search on a page, by boxes round the symbol and round what it is not."""

    page: Annotated[int, Field(ge=1)]
    label: Annotated[str, Field(min_length=1, max_length=2000)]
    examples: Annotated[list[PlaceSent], Field(min_length=1, max_length=20)]
    rejects: Annotated[list[PlaceSent], Field(max_length=200)] = []

    def request(self, dpi_of: DpiOf) -> SimilarRequest:
        """Returns it as the library takes it. Raises KeyError where there is no such page."""
        return SimilarRequest(
            page=self.page,
            label=self.label,
            examples=tuple(each.in_points(dpi_of) for each in self.examples),
            rejects=tuple(each.in_points(dpi_of) for each in self.rejects),
        )


class ProfileSent(SimilarSent):
    """The name of a profile, and the search that it is made of."""

    name: Annotated[str, Field(max_length=2000)]


def similar(result: SimilarResult, dpi: int) -> dict[str, Any]:
    """Returns finds with their boxes in px, and notes."""
    finds = [
        {
            "box": [round(side * dpi / POINTS_PER_INCH, 2) for side in each.box],
            "score": round(each.score, 3),
            "doubt": each.doubt,
        }
        for each in result.finds
    ]
    return {"finds": finds, "notes": list(result.notes)}


def summary(document: DocumentSummary) -> dict[str, Any]:
    """Returns one entry of the list of documents."""
    return {
        "id": document.id,
        "name": document.name,
        "profile": document.profile,
        "status": document.status,
        "pages": document.pages,
        "detections": document.detections,
    }


def pages(result: DocumentResult) -> list[dict[str, Any]]:
    """Returns the pages with the levels at which they can be drawn."""
    return [_page(page) for page in result.head["pages"]]


def _page(page: Mapping[str, Any]) -> dict[str, Any]:
    pyramid = pyramid_of(page)
    return {
        "page": page["page"],
        "width": page["width_px"],
        "height": page["height_px"],
        "dpi": page["dpi"],
        "magnification": pyramid.magnification,
        "levels": pyramid.levels,
        "tilePx": pyramid.tile_px,
        "sheet": _sheet_name(page),
    }


def _sheet_name(page: Mapping[str, Any]) -> str:
    """Returns drawing number and revision, empty where the title block tells no number."""
    fields = (page.get("sheet") or {}).get("fields", {})
    parts = (fields.get("number", ""), fields.get("revision", ""))
    return " rev. ".join(filter(None, parts)) if parts[0] else ""


def detection(each: ReviewedDetection, dpi: int) -> dict[str, Any]:
    """Returns a detection with its box in pixels of the page."""
    correction = each.correction
    shown = {
        "id": each.id,
        "page": each.page,
        "label": each.label,
        "text": each.text,
        "box": _pixels(each, dpi),
        "confidence": each.confidence,
        "state": each.state,
        "openSides": list(each.open_sides),
        "version": correction.version if correction else 0,
    }
    if each.found:
        shown |= {"zone": each.found.get("zone", ""), "region": each.found.get("region", "")}
    shown |= _size_mm(each)
    if each.difference:
        shown["difference"] = each.difference
        shown["found"] = {"label": each.found["label"], "text": each.found["text"]} if (
            each.found
        ) else None  # fmt: skip
    if correction is not None:
        shown |= {"by": correction.by, "at": correction.at}
    return shown


def _size_mm(each: ReviewedDetection) -> dict[str, Any]:
    """Returns the size of what is drawn, where its sheet tells a scale and nobody moved the box."""
    if each.found is None or list(each.box) != list(each.found["box_pt"]):
        return {}
    return {"sizeMm": each.found["size_mm"]} if each.found.get("size_mm") else {}


def _pixels(each: ReviewedDetection, dpi: int) -> list[float]:
    if each.found is not None and list(each.box) == list(each.found["box_pt"]):
        return list(each.found["box_px"])
    return [round(side * dpi / POINTS_PER_INCH, 2) for side in each.box]


def detections(result: DocumentResult, found: list[ReviewedDetection]) -> list[dict[str, Any]]:
    """Returns all detections of a document."""
    dpi_of = {page["page"]: page["dpi"] for page in result.head["pages"]}
    return [detection(each, dpi_of.get(each.page, POINTS_PER_INCH)) for each in found]


def withheld(result: DocumentResult, places: list[WithheldPlace]) -> list[dict[str, Any]]:
    """Returns withheld places as detections of that state, with the reason."""
    dpi_of = {page["page"]: page["dpi"] for page in result.head["pages"]}
    return [_withheld(each, dpi_of.get(each.page, POINTS_PER_INCH)) for each in places]


def _withheld(place: WithheldPlace, dpi: int) -> dict[str, Any]:
    return {
        "id": place.id,
        "page": place.page,
        "label": place.label,
        "text": "",
        "box": [round(side * dpi / POINTS_PER_INCH, 2) for side in place.box],
        "confidence": place.confidence,
        "state": "withheld",
        "reason": place.reason,
        "openSides": [],
        "version": place.version,
    }


def layers(drawing: Drawing) -> list[dict[str, Any]]:
    """Returns the layers of a drawing."""
    return [
        {"number": each.number, "name": each.name, "isShown": each.is_shown}
        for each in drawing.layers
    ]
