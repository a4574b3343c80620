"""Small drawings made for the tests: pages with a few tags, and files that are unusable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pymupdf

Tag = tuple[float, float, str]
"""The left end of the baseline in points, and the text."""
DPI = 200
CAPITALS = 0.72
"""The height of Helvetica's capitals and digits over the font size."""
LEGIBLE = 28.0
"""A font size at which the OCR finds a tag that stands alone on white paper."""
A5 = (420.0, 595.0)
TWO_TILES = (1382.4, 360.0)
"""3840 x 1000 px: tiles of 2048 px at 0 and at 1792."""


def page_of(document: Any, tags: Sequence[Tag], size: tuple[float, float], font: float) -> None:
    page = document.new_page(width=size[0], height=size[1])
    for left, baseline, text in tags:
        page.insert_text((left, baseline), text, fontsize=font)


def drawing(*tags: Tag, size: tuple[float, float] = A5, font: float = LEGIBLE) -> bytes:
    """Returns a PDF of one page."""
    document = pymupdf.open()
    page_of(document, tags, size, font)
    return content(document)


def wide_drawing(left: str, right: str) -> bytes:
    """Returns a PDF of two tiles, each with a tag of its own."""
    return drawing((100, 150, left), (1250, 150, right), size=TWO_TILES)


def content(document: Any, **options: Any) -> bytes:
    body: bytes = document.tobytes(**options)
    document.close()
    return body


def ink_of(tag: Tag, font: float) -> tuple[float, float, float, float]:
    """Returns the place of the tag's ink in pixels at 200 dpi: left, top, right, bottom."""
    left, baseline, text = tag
    width = pymupdf.get_text_length(text, fontsize=font)
    sides = (left, baseline - CAPITALS * font, left + width, baseline)
    return tuple(side * DPI / 72 for side in sides)  # type: ignore[return-value]


def overlap_of(one: Sequence[float], other: Sequence[float]) -> float:
    """Returns the intersection over union of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared)


def scanned(document: Any, tags: Sequence[Tag]) -> None:
    """Turns a page into a mere picture of its text."""
    source = pymupdf.open()
    page_of(source, tags, A5, LEGIBLE)
    picture = source[0].get_pixmap(dpi=DPI)
    page = document.new_page(width=A5[0], height=A5[1])
    page.insert_image(page.rect, pixmap=picture)


def dense_drawing() -> tuple[bytes, set[str]]:
    """Returns 120 words on one tile of 1024 px, and the words."""
    tags = [
        (12.0 + 34 * column, 28.0 + 28 * row, f"K{101 + 10 * row + column}")
        for row in range(12)
        for column in range(10)
    ]
    return drawing(*tags, size=(360, 360), font=10), {text for _, _, text in tags}


def with_page_of(bad: bytes, after: int = 1) -> bytes:
    """Returns several good pages, the first page of ``bad``, and another good page.

    The good ones are tagged FV-1001, FV-1002 and so on.
    """
    document = pymupdf.open()
    for number in range(after):
        page_of(document, [(60, 80, f"FV-{1001 + number}")], A5, LEGIBLE)
    with pymupdf.open(stream=bad) as other:
        document.insert_pdf(other, to_page=0)
    page_of(document, [(60, 80, f"FV-{1001 + after}")], A5, LEGIBLE)
    return content(document)


def picture_bomb() -> bytes:
    """Returns a page whose picture is small in the file and takes 3.6 GB once decoded."""
    return _raw(
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 595]/Contents 4 0 R"
        b"/Resources<</XObject<</F 5 0 R>>>>>>",
        _stream(b"420 0 0 595 0 0 cm /F Do"),
        _stream(
            bytes(100),
            b"/Type/XObject/Subtype/Image/Width 60000/Height 60000"
            b"/BitsPerComponent 8/ColorSpace/DeviceGray",
        ),
    )


def endless_forms(depth: int = 12) -> bytes:
    """Returns a page of 10 ** depth lines in a few kB: each form draws the next one ten times."""
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 420 595]"
    nested = [
        _stream(b"/F Do " * 10, form + b"/Resources<</XObject<</F %d 0 R>>>>" % (6 + level))
        for level in range(depth)
    ]
    return _raw(
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 595]/Contents 4 0 R"
        b"/Resources<</XObject<</F 5 0 R>>>>>>",
        _stream(b"/F Do"),
        *nested,
        _stream(b"0 0 m 10 10 l S ", form),
    )


def _stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<<" + entries + b"/Length %d>>stream\n" % len(data) + data + b"\nendstream"


def _raw(page: bytes, *others: bytes) -> bytes:
    """Returns a PDF of one page that no library would write."""
    first = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    file, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate([*first, page, *others], start=1):
        offsets.append(len(file))
        file += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    size = len(offsets) + 1
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    end += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, len(file))
    return file + end
