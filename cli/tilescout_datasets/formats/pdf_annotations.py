"""Rectangles, ellipses and polygons that a person drew into a PDF with any viewer.

Pages without a labelled annotation are left out: nobody said that they are empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymupdf

from tilescout.geometry import Box, bounding_box
from tilescout_datasets.annotations import UnusableAnnotations
from tilescout_datasets.formats.page_files import DECODER_FAILURES
from tilescout_datasets.formats.pdf_labels import (
    VIEWERS_OWN,
    ShapeText,
    Untrusted,
    named,
    untrusted_subjects,
)
from tilescout_datasets.formats.records import (
    MALFORMED,
    LeftOut,
    PageRecord,
    Record,
    Shape,
    ShapeRecord,
    malformed,
)

KINDS = ("Square", "Circle", "Polygon", "PolyLine")


def records(path: Path) -> Iterator[Record]:
    """Yields the pages with their annotations. Raises UnusableAnnotations where it is no PDF."""
    with opened(path) as document:
        untrusted = untrusted_of(document)
        for number in range(document.page_count):
            yield _page(document, number, path, untrusted)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Opens a PDF. Raises UnusableAnnotations."""
    try:
        document = pymupdf.open(path, filetype="pdf")
        has_pages = not document.needs_pass and document.page_count > 0
    except DECODER_FAILURES as error:
        raise UnusableAnnotations(f"{path} must be a PDF that opens ({error})") from error
    with document:
        if not has_pages:
            raise UnusableAnnotations(
                f"{path} must be a PDF that opens without a password and has a page; save it so"
            )
        yield document


def untrusted_of(document: Any) -> Untrusted:
    """Returns the subjects of a document that its viewer wrote by itself."""
    return untrusted_subjects(_texts(document))


def _texts(document: Any) -> Iterator[ShapeText]:
    for number in range(document.page_count):
        try:
            yield from [text_of(each) for each in document[number].annots()
                        if each.type[1] in KINDS]  # fmt: skip
        except DECODER_FAILURES:
            # The page is left out and told when its annotations are read.
            continue


def text_of(annotation: Any) -> ShapeText:
    """Returns what an annotation says."""
    info = {name: str(value or "") for name, value in annotation.info.items()}
    return ShapeText(annotation.type[1], info["content"], info["subject"], info["title"])


def names_something(annotation: Any, untrusted: Untrusted) -> bool:
    """Tells if an annotation is of a kind that is read and has a label."""
    return annotation.type[1] in KINDS and bool(named(text_of(annotation), untrusted)[0])


def _page(document: Any, number: int, path: Path, untrusted: Untrusted) -> PageRecord:
    place = f"{path.name} page {number + 1}"
    try:
        page = document[number]
        size = (page.rect.width, page.rect.height)
        shapes = [_shape(each, page, place, untrusted) for each in page.annots()]
    except DECODER_FAILURES as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        return PageRecord(place=place, left_out=LeftOut("it cannot be read", said))
    nobody = None if shapes else LeftOut("nothing labelled")
    return PageRecord(place=place, file=path.name, number=number + 1, size=size, shapes=shapes,
                      left_out=nobody, are_drawn=True)  # fmt: skip


def _shape(annotation: Any, page: Any, place: str, untrusted: Untrusted) -> ShapeRecord:
    """The annotation is read at once, as it does not outlive its document."""
    place = f"{place}, {annotation.type[1]}"
    try:
        found: Shape | LeftOut = _labelled(annotation, page, untrusted)
    except LeftOut as reason:
        found = reason
    except MALFORMED as error:
        found = malformed(error)

    def read(width: float, height: float) -> Shape:
        if isinstance(found, LeftOut):
            raise found
        return found

    return ShapeRecord(place, read)


def _labelled(annotation: Any, page: Any, untrusted: Untrusted) -> Shape:
    kind = annotation.type[1]
    if kind not in KINDS:
        raise LeftOut(f"of kind {kind}, which is no rectangle, ellipse or polygon")
    text = text_of(annotation)
    if text.is_shx:
        raise LeftOut("AutoCAD's own note on lettering (SHX), no label", text.contents)
    label, _ = named(text, untrusted)
    if not label:
        raise LeftOut("without a label; write it into the comment")
    subject = text.subject.strip()
    is_doubted = (kind, subject.lower()) in untrusted and subject.lower() not in VIEWERS_OWN
    remark = f"named by its comment, as every {kind} has the subject {subject!r}"
    remarks = (remark,) if is_doubted else ()
    return Shape(label=label, box=_box(annotation, page), remarks=remarks)


def _box(annotation: Any, page: Any) -> Box:
    """Returns the box in points of the page as shown, without a polygon's line ends."""
    if annotation.type[1].startswith("Poly") and annotation.vertices:
        turned = (pymupdf.Point(point) * page.rotation_matrix for point in annotation.vertices)
        return bounding_box((point.x, point.y) for point in turned)
    # What a viewer leaves around the rectangle for its line; right and bottom are negative.
    margins = pymupdf.Rect(annotation.rect_delta or (0, 0, 0, 0))
    shown = (annotation.rect + margins) * page.rotation_matrix
    return Box(shown.x0, shown.y0, shown.x1, shown.y1)
