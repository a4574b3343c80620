"""Boxes lie on the words, whatever mix of boxes, turns and units a page has."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from PIL import Image

from tests.unit.tilescout.rendering.pdf_files import stream, write_objects
from tilescout.profiles import Profile
from tilescout.rendering.render import inspect_document, render_page
from tilescout.rendering.requests import RenderedTile, RenderRequest

PROFILE = Profile(name="text", detector="textract", dpi=72, tile_size=2000, overlap=64)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize(
    ("boxes", "unit", "size"),
    [
        ("/MediaBox[0 0 300 200]", 1, (300, 200)),
        ("/MediaBox[-100 -50 200 150]", 1, (300, 200)),
        ("/MediaBox[-100 -50 200 150]/CropBox[-50 -25 150 100]", 1, (200, 125)),
        ("/MediaBox[-100 -50 200 150]/CropBox[-50 -25 150 100]", 2, (400, 250)),
        ("/MediaBox[200 150 -100 -50]/CropBox[150 100 -50 -25]", 1.5, (300, 187.5)),
        ("/MediaBox[0 0 300 200]/CropBox[-50 -50 400 150]", 1, (300, 150)),
    ],
)
def test_a_word_has_its_ink_in_its_box_and_none_beside_it(
    tmp_path: Path, boxes: str, unit: float, size: tuple[float, float], turn: int
) -> None:
    head = f"/Rotate {turn}/UserUnit {unit}{boxes}/Resources<</Font<</F 5 0 R>>>>"
    path = write_objects(tmp_path, [each.encode() for each in (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/Contents 4 0 R{head}>>",
        stream(b"BT /F 14 Tf 20 30 Td (FV-1001) Tj ET").decode(),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )])  # fmt: skip
    tiles: list[RenderedTile] = []
    wanted = replace(RenderRequest.for_page(1, PROFILE), text_layer=True)
    page = render_page(path, wanted, tiles.append)
    assert (page.width_pt, page.height_pt) == (size if turn in (0, 180) else size[::-1])
    (word,) = page.words
    left, top, right, bottom = (round(side) for side in (
        word.box.left, word.box.top, word.box.right, word.box.bottom))  # fmt: skip
    pixels = np.asarray(Image.open(io.BytesIO(tiles[0].image)).convert("L"))
    ink = pixels < 128
    assert ink[top:bottom, left:right].any()
    ink = ink.copy()
    ink[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2] = False
    assert not ink.any()


def test_a_thousand_and_more_pages_of_mixed_sizes_are_each_told(tmp_path: Path) -> None:
    with pymupdf.open() as document:
        for at in range(1200):
            document.new_page(width=300 + at % 7, height=200 + at % 5)
        document.set_page_labels([{"startpage": 0, "style": "r"}, {"startpage": 9, "prefix": "A"}])
        document.save(tmp_path / "plan.pdf")
    facts = inspect_document(tmp_path / "plan.pdf", max_pages=10_000)
    assert [(page.width_pt, page.height_pt) for page in facts.pages] == [
        (300 + at % 7, 200 + at % 5) for at in range(1200)
    ]
