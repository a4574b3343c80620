"""Finds the texts that AutoCAD leaves for lettering in SHX fonts, which it plots as strokes.

Each is an invisible annotation over the lettering. Runs in the rendering child only.
"""

from __future__ import annotations

from typing import Any

import pymupdf
from pymupdf import mupdf

from tilescout.geometry import Box
from tilescout.rendering.layer_words import Annotation

AUTHOR = "AutoCAD SHX Text"


def shx_annotations(page: Any) -> list[Annotation]:
    """Returns the texts and their boxes in points as shown, of a page as PyMuPDF has it."""
    source = mupdf.pdf_lookup_page_obj(pymupdf._as_pdf_document(page.parent), page.number)
    listed = mupdf.pdf_dict_gets(source, "Annots")
    annotations = []
    for at in range(mupdf.pdf_array_len(listed)):
        annotation = mupdf.pdf_array_get(listed, at)
        text = _text(annotation, "Contents").strip()
        if text and _text(annotation, "T") == AUTHOR:
            annotations.append(Annotation(text, _box(annotation, page)))
    return annotations


def _text(annotation: Any, name: str) -> str:
    return str(mupdf.pdf_dict_get_text_string(annotation, mupdf.pdf_new_name(name)))


def _box(annotation: Any, page: Any) -> Box:
    sides = mupdf.pdf_dict_get_rect(annotation, mupdf.pdf_new_name("Rect"))
    shown = pymupdf.Rect(sides.x0, sides.y0, sides.x1, sides.y1) * page.transformation_matrix
    shown = (shown * page.rotation_matrix).normalize()
    return Box(shown.x0, shown.y0, shown.x1, shown.y1)
