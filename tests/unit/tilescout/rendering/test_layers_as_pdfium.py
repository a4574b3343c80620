"""Memberships of layers, their policies and expressions hide what PDFium hides, side by side."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pypdfium2
import pytest

from tests.unit.tilescout.rendering.pdf_files import stream, write_objects
from tilescout.profiles import Profile
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderRequest

PROFILE = Profile(name="text", detector="pdf-text", dpi=72, tile_size=2000, overlap=64)
GROUPS = 3
FIRST_GROUP = 6
"""The number of the first layer's object, after catalog, pages, page, content and font."""
ROW = 20
INK = 128
A, B, C = (f"{FIRST_GROUP + at} 0 R" for at in range(GROUPS))
POLICIES = [f"/OCGs[{A} {B}]/P/{policy}" for policy in ("AnyOn", "AllOn", "AnyOff", "AllOff")]
EXPRESSIONS = [
    f"/VE[/Not {A}]",
    f"/VE[/And {A} {B} {C}]",
    f"/VE[/Or {A} {B}]",
    f"/VE[/Or {A}[/Not {B}]]",
    f"/VE[/Not[/And {A}[/Or {B} {C}]]]",
    f"/VE[/And[/Or {A} {B}][/Not {C}]]",
]
ODD = [
    f"/OCGs {A}",
    f"/OCGs {A}/P/AllOff",
    f"/OCGs {A}/P/AnyOff",
    f"/OCGs[{A} {B} {C}]",
    f"/OCGs[{A} null]/P/AllOn",
    f"/OCGs[{A} null]/P/AnyOff",
    "/OCGs[]",
    "/OCGs[]/P/AllOff",
    "/P/AnyOff",
    f"/OCGs[{A} {B}]/P/Unknown",
    f"/OCGs[{A}]/P/AllOff/VE[/Or {B} {C}]",
    f"/VE[/Xor {A} {B}]",
    "/VE[/And]",
    "/VE[/Not]",
    "/VE[]",
    f"/VE[/Not null {A}]",
    f"/VE[/Or null {A}]",
    "/VE" + "[/Not" * 34 + f" {A}" + "]" * 34,
]
"""What the standard leaves open, or forbids."""


def rows_shown(path: Path, count: int) -> list[bool]:
    """Tells for each row of the page if its word was read."""
    page = render_page(path, RenderRequest.for_page(1, PROFILE), lambda tile: None)
    read = {word.text for word in page.words}
    return [f"FV-{1000 + at}" in read for at in range(count)]


def rows_of_pdfium(path: Path, count: int) -> list[bool]:
    """Tells for each row of the page if PDFium draws it."""
    with pypdfium2.PdfDocument(path) as document:
        pixels = np.asarray(document[0].render(scale=1, grayscale=True).to_numpy())
    drawn = pixels.reshape(len(pixels), -1)
    return [bool((drawn[ROW * at : ROW * (at + 1)] < INK).any()) for at in range(count)]


def page_of(folder: Path, members: list[str], states: tuple[bool, ...]) -> Path:
    """A page with a word in each row that belongs to one membership dictionary."""
    height = ROW * max(1, len(members))
    listed = " ".join(f"{FIRST_GROUP + at} 0 R" for at in range(GROUPS))
    off = " ".join(f"{FIRST_GROUP + at} 0 R" for at, is_on in enumerate(states) if not is_on)
    first_member = FIRST_GROUP + GROUPS
    properties = "".join(f"/M{at} {first_member + at} 0 R" for at in range(len(members)))
    content = "".join(
        f"/OC/M{at} BDC BT /F 12 Tf 10 {height - ROW * at - 15} Td (FV-{1000 + at}) Tj ET EMC\n"
        for at in range(len(members))
    )
    objects = [
        f"<</Type/Catalog/Pages 2 0 R/OCProperties<</OCGs[{listed}]/D<</Order[{listed}]"
        f"/OFF[{off}]>>>>>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 {height}]/Contents 4 0 R"
        f"/Resources<</Font<</F 5 0 R>>/Properties<<{properties}>>>>>>",
        stream(content.encode()).decode(),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *(f"<</Type/OCG/Name(layer {at})>>" for at in range(GROUPS)),
        *(f"<</Type/OCMD{member}>>" for member in members),
    ]
    return write_objects(folder, [each.encode() for each in objects])


@pytest.mark.parametrize("states", list(product((False, True), repeat=GROUPS)))
def test_every_policy_and_expression_shows_what_pdfium_shows(
    tmp_path: Path, states: tuple[bool, ...]
) -> None:
    members = [*POLICIES, *EXPRESSIONS, *ODD]
    path = page_of(tmp_path, members, states)
    assert dict(zip(members, rows_shown(path, len(members)), strict=True)) == dict(
        zip(members, rows_of_pdfium(path, len(members)), strict=True)
    )
