"""Annotations and form fields are read where a viewer shows them, and not where it hides them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pypdfium2
import pytest

from tests.unit.tilescout.rendering.pdf_files import stream, write_objects
from tilescout.profiles import Profile
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderRequest

PROFILE = Profile(name="text", detector="pdf-text", dpi=72, tile_size=2000, overlap=64)
ROW = 30
HIDDEN, PRINT, NO_ZOOM, NO_ROTATE, NO_VIEW, READ_ONLY, LOCKED = (1 << bit for bit in range(1, 8))
"""Of ISO 32000-1, table 165."""
LAYER_ON, LAYER_OFF = "/OC 6 0 R", "/OC 7 0 R"
SHOWN = {
    "printed": ("FreeText", PRINT, ""),
    "not printed": ("FreeText", 0, ""),
    "a stamp": ("Stamp", PRINT, ""),
    "locked and read only": ("FreeText", PRINT | READ_ONLY | LOCKED, ""),
    "of fixed size": ("Stamp", PRINT | NO_ZOOM | NO_ROTATE, ""),
    "on a layer that is on": ("FreeText", PRINT, LAYER_ON),
    "a mark for redaction": ("Redact", PRINT, ""),
    "a watermark": ("Watermark", PRINT, ""),
    "a shape with words": ("Square", PRINT, ""),
    "a field of text": ("Widget", PRINT, "/FT/Tx/T(a)"),
    "a field that is not printed": ("Widget", 0, "/FT/Tx/T(b)"),
}
HIDDEN_ONES = {
    "hidden": ("FreeText", HIDDEN, ""),
    "hidden and printed": ("Stamp", HIDDEN | PRINT, ""),
    "not viewed": ("FreeText", NO_VIEW, ""),
    "printed and not viewed": ("FreeText", PRINT | NO_VIEW, ""),
    "on a layer that is off": ("FreeText", PRINT, LAYER_OFF),
    "a hidden field": ("Widget", HIDDEN, "/FT/Tx/T(c)"),
    "a field that is not viewed": ("Widget", PRINT | NO_VIEW, "/FT/Tx/T(d)"),
    "a comment's window": ("Popup", PRINT, ""),
}
KINDS = SHOWN | HIDDEN_ONES


def page_of_all(folder: Path) -> Path:
    """A page with one annotation in each row, whose appearance is the word FV-1000 and on."""
    height = ROW * (len(KINDS) + 1)
    first = 8
    annotations, objects = [], []
    for at, (kind, flags, entries) in enumerate(KINDS.values()):
        bottom = height - ROW * (at + 1)
        number = first + 2 * at
        annotations.append(f"{number} 0 R")
        objects.append(
            f"<</Type/Annot/Subtype/{kind}/Rect[10 {bottom} 110 {bottom + 20}]/F {flags}"
            f"/Contents(FV-{1000 + at})/AP<</N {number + 1} 0 R>>{entries}>>"
        )
        words = f"BT /F 12 Tf 2 5 Td (FV-{1000 + at}) Tj ET"
        form = b"/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<</Font<</F 5 0 R>>>>"
        objects.append(stream(words.encode(), form).decode())
    fields = " ".join(
        each for each, (kind, *_) in zip(annotations, KINDS.values(), strict=True)
        if kind == "Widget"
    )  # fmt: skip
    layers = "/OCProperties<</OCGs[6 0 R 7 0 R]/D<</OFF[7 0 R]>>>>"
    head = [
        f"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[{fields}]>>{layers}>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 {height}]/Contents 4 0 R"
        f"/Resources<</Font<</F 5 0 R>>>>/Annots[{' '.join(annotations)}]>>",
        stream(b"BT /F 12 Tf 10 5 Td (BASE-1000) Tj ET").decode(),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        "<</Type/OCG/Name(on)>>",
        "<</Type/OCG/Name(off)>>",
    ]
    return write_objects(folder, [each.encode() for each in [*head, *objects]])


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page_of_all(tmp_path_factory.mktemp("annotations"))


@pytest.fixture(scope="module")
def read(path: Path) -> list[str]:
    page = render_page(path, RenderRequest.for_page(1, PROFILE), lambda tile: None)
    return [word.text for word in page.words]


@pytest.mark.parametrize("kind", KINDS)
def test_the_words_of_an_annotation_are_read_where_it_is_shown(kind: str, read: list[str]) -> None:
    word = f"FV-{1000 + list(KINDS).index(kind)}"
    assert read.count(word) == (kind in SHOWN)


def test_the_page_below_is_read_once(read: list[str]) -> None:
    assert read.count("BASE-1000") == 1


def test_pdfium_shows_the_same_annotations(path: Path) -> None:
    with pypdfium2.PdfDocument(path) as document:
        document.init_forms()
        pixels = np.asarray(document[0].render(scale=1, grayscale=True).to_numpy())
    drawn = pixels.reshape(len(pixels), -1)
    rows = [bool((drawn[ROW * at : ROW * (at + 1)] < 128).any()) for at in range(len(KINDS))]
    drawn_ones = {kind for kind, is_drawn in zip(KINDS, rows, strict=True) if is_drawn}
    # PDFium draws annotations of every layer.
    assert drawn_ones - {"on a layer that is off"} == set(SHOWN)
