"""Documents, pages and detections of a source, as they are after the review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any

from PIL import Image

from tilescout.geometry import POINTS_PER_INCH, Box
from tilescout_reviews import reviewed_detections
from tilescout_reviews.withheld_places import WithheldPlace
from tilescout_viewer.library import Library, pyramid_of

if TYPE_CHECKING:
    import pandas

Sides = tuple[float, float, float, float]
"""Left, top, right, bottom; the origin is the top left of the page as shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page. ``width`` and ``height`` are in pixels at ``dpi``, at which it was detected."""

    number: int
    width: int
    height: int
    dpi: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One thing that was found, or that a person drew.

    ``box_px`` is in pixels at the page's dpi, ``box_pt`` in points; ``confidence`` is 0 to 100.
    ``review`` is "unreviewed", "accepted", "corrected" or "added", ``reviewed_by`` who said so.
    ``open_sides`` are those at which it may go on. ``angle`` (0 to 180 degrees, clockwise) is by
    how much its longer side is turned from level, where the model tells it. ``zone`` ("C7") and
    ``region`` ("drawing", "title-block" …) are those of the sheet. ``size_mm`` is the width and
    height of what the box shows, None where the sheet tells no scale. ``drawing_number`` and
    ``revision`` are the sheet's, empty where it tells none.
    """

    id: str
    page: int
    label: str
    text: str
    confidence: float
    box_px: Sides
    box_pt: Sides
    open_sides: tuple[str, ...]
    review: str
    reviewed_by: str
    angle: float | None
    zone: str
    region: str
    size_mm: tuple[float, float] | None
    drawing_number: str
    revision: str
    document: Document = field(repr=False, compare=False)

    def crop(self, *, dpi: float = 200, margin: float = 0.0) -> Image.Image:
        """Returns the place as a Pillow image, drawn at ``dpi`` from the PDF.

        ``margin`` is added on each side, as a share of the longer side of the box. Raises
        SourceError where the drawing is not at hand, TilescoutError where it cannot be drawn.
        """
        left, top, right, bottom = self.box_pt
        reach = margin * max(right - left, bottom - top)
        box = (left - reach, top - reach, right + reach, bottom + reach)
        return self.document.crop(self.page, box, dpi=dpi)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """One place that looks like something and is no detection; ``reason`` tells why.

    ``box_px`` is in pixels at the page's dpi, ``box_pt`` in points; ``confidence`` is 0 to 100.
    """

    page: int
    label: str
    confidence: float
    box_px: Sides
    box_pt: Sides
    reason: str
    document: Document = field(repr=False, compare=False)

    def crop(self, *, dpi: float = 200) -> Image.Image:
        """Returns the place as a Pillow image. Raises as `Document.crop` does."""
        return self.document.crop(self.page, self.box_pt, dpi=dpi)


class Document:
    """One document with its detections. What was rejected is not among them."""

    def __init__(self, library: Library, document_id: str) -> None:
        self.id = document_id
        self._library = library

    def __repr__(self) -> str:
        return f"Document({self.name!r}, {len(self.detections)} detections)"

    @cached_property
    def _result(self) -> tuple[Mapping[str, Any], list[dict[str, Any]]]:
        result, found, _ = self._library.reviewed(self.id)
        return result.head, reviewed_detections.rows(result.as_json(), found)

    @property
    def name(self) -> str:
        """The name of the file."""
        return str(self._result[0]["source"]["key"]).rpartition("/")[2]

    @property
    def profile(self) -> str:
        """The profile that it was detected with."""
        return str(self._result[0]["profile"])

    @property
    def status(self) -> str:
        """DONE, PARTIAL or FAILED."""
        return str(self._result[0]["status"])

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings of the run, such as of tiles that were not answered."""
        return tuple(self._result[0]["warnings"])

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        """All pages that were detected."""
        return tuple(
            Page(
                number=page["page"], width=page["width_px"], height=page["height_px"],
                dpi=page["dpi"],
            )
            for page in self._result[0]["pages"]
        )  # fmt: skip

    @cached_property
    def detections(self) -> tuple[Detection, ...]:
        """All detections after the review, in page order."""
        return tuple(self._detection(row) for row in self._result[1])

    @cached_property
    def withheld(self) -> tuple[Withheld, ...]:
        """All places that the detector withheld and nobody judged yet."""
        dpi_of = {page.number: page.dpi for page in self.pages}
        return tuple(
            self._withheld(each, dpi_of[each.page]) for each in self._library.withheld(self.id)
        )

    def _withheld(self, place: WithheldPlace, dpi: int) -> Withheld:
        return Withheld(
            page=place.page,
            label=place.label,
            confidence=place.confidence,
            box_px=_sides([*Box(*place.box).scale(dpi / POINTS_PER_INCH).rounded()]),
            box_pt=place.box,
            reason=place.reason,
            document=self,
        )

    def _detection(self, row: Mapping[str, Any]) -> Detection:
        review = row.get("review", {})
        return Detection(
            id=row["id"],
            page=row["page"],
            label=row["label"],
            text=row["text"],
            confidence=row["confidence"],
            box_px=_sides(row["box_px"]),
            box_pt=_sides(row["box_pt"]),
            open_sides=tuple(row["open_sides"]),
            review=review.get("state", "unreviewed"),
            reviewed_by=review.get("by", ""),
            angle=row.get("angle"),
            zone=row.get("zone", ""),
            region=row.get("region", ""),
            size_mm=_size(row),
            drawing_number=row.get("drawing_number", ""),
            revision=row.get("revision", ""),
            document=self,
        )

    def crop(self, page: int, box_pt: Sides, *, dpi: float = 200) -> Image.Image:
        """Returns a part of a page (from 1) as a Pillow image, drawn at ``dpi`` from the PDF.

        Raises SourceError where the drawing is not at hand, TilescoutError where it cannot be
        drawn.
        """
        return self._library.drawing(self.id).crop(page, box_pt, dpi=dpi)

    def page_image(self, page: int) -> Image.Image:
        """Returns a whole page as a Pillow image at the dpi of its detections.

        Raises as `crop` does.
        """
        for each in self._result[0]["pages"]:
            if each["page"] == page:
                return self._library.drawing(self.id).page_image(page, pyramid_of(each))
        raise IndexError(f"{self.name} has no page {page}; it has {len(self.pages)} pages")

    def to_pandas(self) -> pandas.DataFrame:
        """Returns a table with a row for each detection. Raises ImportError without pandas."""
        return _table([self])


class Documents:
    """The documents of a folder or a stack. Use it in a `with`: it starts processes that draw."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def __enter__(self) -> Documents:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()

    def close(self) -> None:
        """Ends the processes that draw."""
        self._library.close()

    def __iter__(self) -> Iterator[Document]:
        for each in self._library.source.documents():
            if each.pages:
                yield Document(self._library, each.id)

    def __len__(self) -> int:
        return sum(1 for each in self._library.source.documents() if each.pages)

    def __getitem__(self, name: str) -> Document:
        """Returns the first document with this name or id. Raises KeyError for none."""
        for each in self:
            if name in (each.name, each.id):
                return each
        raise KeyError(name)

    def detections(self) -> Iterator[Detection]:
        """Yields the detections of all documents."""
        for document in self:
            yield from document.detections

    def to_pandas(self) -> pandas.DataFrame:
        """Returns a table of all documents. Raises ImportError without pandas."""
        return _table(self)


def _table(documents: Any) -> pandas.DataFrame:
    import pandas

    names = ("left", "top", "right", "bottom")
    rows = [
        {
            "document": document.name,
            "profile": document.profile,
            "page": each.page,
            "label": each.label,
            "text": each.text,
            "confidence": each.confidence,
            "review": each.review,
            "angle": each.angle,
            "zone": each.zone,
            "region": each.region,
            "width_mm": each.size_mm[0] if each.size_mm else None,
            "height_mm": each.size_mm[1] if each.size_mm else None,
            "drawing_number": each.drawing_number,
            "revision": each.revision,
        }
        | {f"{name}_px": side for name, side in zip(names, each.box_px, strict=True)}
        | {f"{name}_pt": side for name, side in zip(names, each.box_pt, strict=True)}
        for document in documents
        for each in document.detections
    ]
    return pandas.DataFrame(rows)


def _size(row: Mapping[str, Any]) -> tuple[float, float] | None:
    width, height = row.get("size_mm", (0.0, 0.0))
    return (width, height) if "size_mm" in row else None


def _sides(box: list[float]) -> Sides:
    left, top, right, bottom = box
    return left, top, right, bottom
