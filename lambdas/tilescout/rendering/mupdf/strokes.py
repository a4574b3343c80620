"""Reads the painted paths of a page with MuPDF. Runs in the rendering child only."""

from __future__ import annotations

from typing import Any

import pymupdf

from tilescout.geometry import Box
from tilescout.rendering.page_strokes import PageStrokes, PageWord
from tilescout.rendering.stroke_reading import strokes_of_drawings


def strokes_of(page: Any) -> PageStrokes:
    """Returns the strokes and words of a page of MuPDF, as it is shown."""
    turn = page.rotation_matrix
    return strokes_of_drawings(
        page.get_cdrawings(),
        turn=(turn.a, turn.b, turn.c, turn.d, turn.e, turn.f),
        size_pt=(page.rect.width, page.rect.height),
        words=_words(page),
        image_share=_image_share(page),
    )


def _image_share(page: Any) -> float:
    """Returns the share of the page, from 0 to 1, that its largest image covers."""
    whole = abs(page.bound().get_area())
    shown = [
        abs((pymupdf.Rect(image["bbox"]) & page.bound()).get_area())
        for image in page.get_image_info()
    ]
    return float(max(shown, default=0.0) / whole)


def _words(page: Any) -> tuple[PageWord, ...]:
    turn = page.rotation_matrix
    return tuple(
        PageWord(word[4], Box(*(pymupdf.Rect(word[:4]) * turn))) for word in page.get_text("words")
    )
