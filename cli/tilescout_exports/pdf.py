"""PDF annotations on a copy of the drawing, one layer per label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle, groupby
from pathlib import Path
from typing import Any

import pymupdf
from pymupdf import mupdf

from tilescout.geometry import Box
from tilescout_exports.model import ExportedDocument, ExportFailed, ExportFormat, ExportOptions

BORDER_PT = 0.8
MARGIN_PT = 0.6
"""A box is drawn so far outside of what was found, so that it hides nothing."""

PALETTE: tuple[tuple[float, float, float], ...] = (
    (0.85, 0.0, 0.7),
    (0.0, 0.6, 0.2),
    (1.0, 0.45, 0.0),
    (0.1, 0.4, 1.0),
    (0.9, 0.1, 0.1),
    (0.0, 0.6, 0.65),
    (0.5, 0.2, 0.9),
    (0.55, 0.35, 0.1),
)
"""Red, green and blue from 0 to 1; seen well on black and white drawings."""

Detections = list[Mapping[str, Any]]
Colour = tuple[float, float, float]


def write(documents: Sequence[ExportedDocument], path: Path, options: ExportOptions) -> None:
    """Writes one annotated PDF per document into a folder.

    Raises ExportFailed where a drawing is not at hand or MuPDF cannot write on it.
    """
    path.mkdir(parents=True, exist_ok=True)
    for document in documents:
        if document.drawing is None:
            raise ExportFailed(
                f"annotations are written on the drawing; that of {document.name} is not at hand; "
                "put it beside its results as drawing.pdf"
            )
        _write_one(document, document.drawing, path / f"{document.name}.pdf")


def _write_one(document: ExportedDocument, drawing: Path, path: Path) -> None:
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        with pymupdf.open(drawing, filetype="pdf") as pdf:
            annotate(pdf, sorted(document.detections, key=lambda each: each["page"]))
            pdf.save(path, encryption=pymupdf.PDF_ENCRYPT_NONE)
    except (RuntimeError, ValueError, OSError, mupdf.FzErrorBase) as error:
        raise ExportFailed(
            f"{document.name} cannot be drawn on ({error}); choose another format"
        ) from error


def annotate(document: Any, detections: Detections) -> None:
    """Adds one square annotation for each detection; ``detections`` in page order.

    Each label gets a layer of its own (optional content group), shown at first.
    """
    colour_of = colours(detections)
    pdf = mupdf.pdf_document_from_fz_document(document.this)
    _mend_list_of_layers(pdf)
    layers = {label: document.add_ocg(_layer_name(label), on=True) for label in colour_of}
    references = {label: mupdf.pdf_new_indirect(pdf, number, 0) for label, number in layers.items()}
    for number, of_page in groupby(detections, key=lambda each: int(each["page"])):
        page = mupdf.pdf_page_from_fz_page(document[number - 1].this)
        for detection in of_page:
            square = _add_square(page, detection, colour_of[detection["label"]])
            mupdf.pdf_dict_put(
                mupdf.pdf_annot_obj(square), mupdf.pdf_new_name("OC"),
                references[detection["label"]],
            )  # fmt: skip
        # Once a page: MuPDF walks over all its annotations each time.
        mupdf.pdf_update_page(page)


def _mend_list_of_layers(pdf: Any) -> None:
    """Replaces what is missing or of a wrong kind in the list of layers, if there is one.

    Some CAD programs write a list without the array of its layers, to which none can be added.
    """
    root = mupdf.pdf_dict_get(mupdf.pdf_trailer(pdf), mupdf.pdf_new_name("Root"))
    properties = mupdf.pdf_dict_get(root, mupdf.pdf_new_name("OCProperties"))
    if not mupdf.pdf_is_dict(properties):
        mupdf.pdf_dict_del(root, mupdf.pdf_new_name("OCProperties"))
        return
    _have_array(properties, "OCGs")
    default = mupdf.pdf_dict_get(properties, mupdf.pdf_new_name("D"))
    if not mupdf.pdf_is_dict(default):
        default = mupdf.pdf_dict_put_dict(properties, mupdf.pdf_new_name("D"), 3)
    for name in ("Order", "ON", "OFF"):
        _have_array(default, name)


def _have_array(parent: Any, name: str) -> None:
    key = mupdf.pdf_new_name(name)
    if not mupdf.pdf_is_array(mupdf.pdf_dict_get(parent, key)):
        mupdf.pdf_dict_put_array(parent, key, 1)


def _layer_name(label: str) -> str:
    """A name that a viewer lists on one line."""
    return "".join(each if each.isprintable() else "�" for each in label)[:120]


def _add_square(page: Any, detection: Mapping[str, Any], colour: Colour) -> Any:
    """Adds a square in MuPDF's own terms, whose page space is the page as shown.

    PyMuPDF's add_rect_annot looks through all annotations for each new one: 4,000 take minutes.
    """
    left, top, right, bottom = detection["box_pt"]
    box = Box(left, top, right, bottom).grow(MARGIN_PT, MARGIN_PT)
    square = mupdf.pdf_create_annot(page, mupdf.PDF_ANNOT_SQUARE)
    mupdf.pdf_set_annot_rect(square, mupdf.FzRect(box.left, box.top, box.right, box.bottom))
    mupdf.pdf_set_annot_color(square, colour)
    mupdf.pdf_set_annot_border_width(square, BORDER_PT)
    mupdf.pdf_set_annot_author(square, detection["label"])
    mupdf.pdf_set_annot_contents(square, note(detection))
    return square


def note(detection: Mapping[str, Any]) -> str:
    """Returns what a viewer shows for the annotation."""
    text = f" {detection['text']}" if detection["text"] else ""
    return f"{detection['label']}{text} ({detection['confidence']:g} %)"


def colours(detections: Iterable[Mapping[str, Any]]) -> dict[str, Colour]:
    """Returns a colour for each label, the same for the same labels; they repeat after eight."""
    labels = sorted({each["label"] for each in detections})
    return dict(zip(labels, cycle(PALETTE), strict=False))


FORMAT = ExportFormat(name="pdf", suffix="", write=write, needs_drawing=True)
