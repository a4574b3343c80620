"""Rectangles, ellipses and polygons that a person drew into a PDF with any viewer.

Pages without a labelled annotation are left out: nobody said that they are empty.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pymupdf

from tilescout.geometry import Box
from tilescout_datasets.annotations import AnnotatedPage, Annotation, UnusableAnnotations
from tilescout_datasets.formats.imported import Imported, left_out
from tilescout_datasets.formats.outlines import around
from tilescout_datasets.formats.pdf_labels import label_and_text

KINDS = ("Square", "Circle", "Polygon", "PolyLine")


def read(path: Path) -> Imported:
    """Raises UnusableAnnotations where no annotation has a label."""
    skipped: Counter[str] = Counter()
    try:
        with pymupdf.open(path) as document:
            pages = [_page(page, path, skipped) for page in document]
    except (pymupdf.FileDataError, RuntimeError, OSError) as error:
        raise UnusableAnnotations(f"{path} must be a PDF that opens ({error})") from error
    annotated = tuple(page for page in pages if page.annotations)
    if not annotated:
        raise UnusableAnnotations(
            f"a rectangle, ellipse or polygon must name its label in its contents or subject; "
            f"{path} has {sum(skipped.values())} annotations and none does; write the label into "
            "the comment of each"
        )
    notes = left_out(skipped, "rectangles, ellipses and polygons with a label are read")
    empty = len(pages) - len(annotated)
    if empty:
        notes += (f"{empty} of {len(pages)} pages of {path.name} left out: nothing labelled",)
    return Imported(pages=annotated, notes=notes)


def label_of(annotation: Any) -> str:
    """Empty where it is of another kind, or names none."""
    if annotation.type[1] not in KINDS:
        return ""
    info = {name: str(value or "") for name, value in annotation.info.items()}
    label, _ = label_and_text(info["content"], info["subject"], info["title"])
    return label


def _page(page: Any, path: Path, skipped: Counter[str]) -> AnnotatedPage:
    found = []
    for each in page.annots():
        label = label_of(each)
        if label:
            found.append(Annotation(label, _box(each, page)))
        else:
            without = " without a label" if each.type[1] in KINDS else ""
            skipped[f"{each.type[1]}{without}"] += 1
    return AnnotatedPage(
        path=path,
        page=page.number + 1,
        width=page.rect.width,
        height=page.rect.height,
        annotations=tuple(found),
        are_drawn=True,
    )


def _box(annotation: Any, page: Any) -> Box:
    """In points of the page as shown; a polygon's rectangle would have its line ends added."""
    if annotation.type[1].startswith("Poly") and annotation.vertices:
        turned = (pymupdf.Point(point) * page.rotation_matrix for point in annotation.vertices)
        return around((point.x, point.y) for point in turned)
    # What a viewer leaves around the rectangle for its line; right and bottom are negative.
    margins = pymupdf.Rect(annotation.rect_delta or (0, 0, 0, 0))
    shown = (annotation.rect + margins) * page.rotation_matrix
    return Box(shown.x0, shown.y0, shown.x1, shown.y1)
