"""Tests of the layers of labels in PDFs whose own list of layers is incomplete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pymupdf
import pytest

from tilescout_exports.pdf import annotate

FOUND = [
    {"page": 1, "id": str(number), "label": label, "text": "", "confidence": 90.0,
     "box_pt": (10.0, 10.0, 30.0, 30.0)}
    for number, label in enumerate(["pump", "valve"])
]  # fmt: skip


@pytest.fixture
def document() -> Iterator[Any]:
    with pymupdf.open() as opened:
        opened.new_page(width=200, height=200)
        yield opened


@pytest.mark.parametrize(
    "properties",
    [
        "null",
        "[]",
        "(layers)",
        "<<>>",
        "<</D<</Order[]/AS[]>>>>",
        "<</OCGs null/D null>>",
        "<</OCGs<<>>/D[]>>",
        "<</OCGs[]>>",
        "<</OCGs[]/D<</Order null/ON(all)/OFF<<>>>>>>",
    ],
)
def test_each_label_has_a_layer_whatever_the_file_says_of_layers(
    document: Any, properties: str
) -> None:
    document.xref_set_key(document.pdf_catalog(), "OCProperties", properties)
    annotate(document, FOUND)
    with pymupdf.open(stream=document.tobytes()) as written:
        assert sorted(layer["name"] for layer in written.get_ocgs().values()) == ["pump", "valve"]
        assert [layer["on"] for layer in written.get_ocgs().values()] == [True, True]
        assert len(list(written[0].annots())) == 2


def test_the_layers_of_the_drawing_stay(document: Any) -> None:
    document.add_ocg("walls", on=False)
    annotate(document, FOUND)
    shown = {layer["name"]: layer["on"] for layer in document.get_ocgs().values()}
    assert shown == {"walls": False, "pump": True, "valve": True}
