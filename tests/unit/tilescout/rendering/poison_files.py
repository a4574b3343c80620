"""Files that break readers of PDF, written by hand: each maker gives the bytes of one file."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable

import pymupdf

from tests.unit.tilescout.rendering.pdf_files import file_of, nested_form_objects, one_page, stream

FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 500 500]"
INK = b"0 0 m 400 400 l S"


def drawing(pages: int = 1, **options: object) -> bytes:
    """A harmless file."""
    document = pymupdf.open()
    for number in range(pages):
        document.new_page(width=500, height=500).insert_text((50, 50), f"SHEET {number}")
    body: bytes = document.tobytes(**options)
    document.close()
    return body


def page_with(entries: bytes) -> bytes:
    """A page with entries of its own, which come after those that every page has."""
    return file_of(one_page(INK, page=entries))


def boxed(box: bytes) -> bytes:
    objects = one_page(INK)
    objects[2] = objects[2].replace(b"[0 0 500 500]", box)
    return file_of(objects)


def flate(content: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        content = zlib.compress(content, 6)
    return stream(content, b"/Filter[" + b"/FlateDecode " * times + b"]")


def with_content(content: bytes) -> bytes:
    """``content`` is the whole stream object."""
    objects = one_page(b"")
    objects[3] = content
    return file_of(objects)


def with_image(entries: bytes, body: bytes) -> bytes:
    image = b"/Type/XObject/Subtype/Image/Width 400/Height 400/ColorSpace/DeviceGray" + entries
    return file_of(one_page(b"500 0 0 500 0 0 cm /F Do", stream(body, image)))


def with_catalog(entries: bytes, *more: bytes) -> bytes:
    objects = [*one_page(INK), *more]
    objects[0] = objects[0].replace(b"/Type/Catalog", b"/Type/Catalog" + entries)
    return file_of(objects)


def no_pages(count: bytes) -> bytes:
    tree = b"<</Type/Pages/Kids[]/Count " + count + b">>"
    return file_of([b"<</Type/Catalog/Pages 2 0 R>>", tree])


def many_pages(count: int = 100_000) -> bytes:
    pages = [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 500]>>"] * count
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 3 + count))
    tree = b"<</Type/Pages/Kids[" + kids + b"]/Count %d>>" % count
    return file_of([b"<</Type/Catalog/Pages 2 0 R>>", tree, *pages])


def self_drawing_form() -> bytes:
    form = stream(b"/F Do", FORM + b"/Resources<</XObject<</F 5 0 R>>>>")
    return file_of(one_page(b"/F Do " + INK, form))


def self_crossing(segments: int = 210_000) -> bytes:
    """One path of so many segments, each across most others, filled by the even-odd rule."""
    draw = random.Random(1)
    points = (f"{draw.randrange(500)} {draw.randrange(500)} l" for _ in range(segments))
    return with_content(flate(("0 0 m " + " ".join(points) + " f*").encode()))


def broken_font() -> bytes:
    text = b"BT /T 40 Tf 50 200 Td (VALVE) Tj ET"
    objects = one_page(text, stream(b"not a font at all", b"/Length1 17"))
    objects[2] = objects[2].replace(b"/Resources<<", b"/Resources<</Font<</T 6 0 R>>")
    font = b"<</Type/Font/Subtype/TrueType/BaseFont/X/FirstChar 0/LastChar 0/Widths[500]"
    objects += [font + b"/FontDescriptor 7 0 R>>"]
    objects += [b"<</Type/FontDescriptor/FontName/X/Flags 4/FontFile2 5 0 R>>"]
    return file_of(objects)


def page_tree_loop() -> bytes:
    objects = one_page(INK)
    objects[1] = b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>"
    return file_of(objects)


def xref_loop() -> bytes:
    body = drawing()
    start = body.rindex(b"startxref")
    offset = body[start:].split()[1]
    return body.replace(b"trailer\n<<", b"trailer\n<</Prev " + offset, 1)


def deep_array(depth: int = 200_000) -> bytes:
    return page_with(b"/X " + b"[" * depth + b"]" * depth)


def deep_outline(depth: int = 20_000) -> bytes:
    """Each entry is the only child of the one before."""
    entries = [
        b"<</Title(a)/Parent %d 0 R/First %d 0 R/Last %d 0 R>>" % (n - 1, n + 1, n + 1)
        for n in range(6, 6 + depth)
    ]
    return with_catalog(b"/Outlines 5 0 R", b"<</First 6 0 R/Last 6 0 R>>", *entries)


JAVASCRIPT = b"/OpenAction<</S/JavaScript/JS(while\\(true\\){})>>"
LAUNCH = b"/OpenAction<</S/Launch/F(/bin/sh)>>"
ATTACHMENT = b"/Names<</EmbeddedFiles<</Names[(a.exe)5 0 R]>>>>"
XFA = b"/AcroForm<</XFA 5 0 R/Fields[]>>"

FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "empty": ("P1", lambda: b""),
    "HTML": ("P1", lambda: b"<html><body>hello</body></html>"),
    "GIF": ("P1", lambda: b"GIF89a" + b"\0" * 100),
    "header alone": ("P1", lambda: b"%PDF-1.7\n"),
    "truncated early": ("P1", lambda: drawing(5)[:200]),
    "truncated late": ("P1", lambda: drawing(5)[:-200]),
    "user's password": (
        "P2", lambda: drawing(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="secret"),
    ),
    "owner's password": (
        "P2", lambda: drawing(encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="secret"),
    ),
    "zero pages": ("P3", lambda: no_pages(b"0")),
    "pages that are not there": ("P3", lambda: no_pages(b"9")),
    "2,000,000 pt": ("P4", lambda: boxed(b"[0 0 2000000 2000000]")),
    "1,000,000,000 pt": ("P4", lambda: boxed(b"[0 0 1000000000 1000000000]")),
    "UserUnit 75,000": ("P4", lambda: page_with(b"/UserUnit 75000")),
    "UserUnit below zero": ("P4", lambda: page_with(b"/UserUnit -2")),
    "NaN": ("P4", lambda: boxed(b"[0 0 nan nan]")),
    "zero box": ("P5", lambda: boxed(b"[0 0 0 0]")),
    "inverted box": ("P5", lambda: boxed(b"[500 500 0 0]")),
    "box of names": ("P5", lambda: boxed(b"[/A /B /C /D]")),
    "rotated by 37": ("P5", lambda: page_with(b"/Rotate 37")),
    "60,000 px image": (
        "P6", lambda: with_image(b"/Width 60000/Height 60000/BitsPerComponent 8", b"\0" * 100),
    ),
    "nested forms": ("P7", lambda: file_of(nested_form_objects(12))),
    "content bomb": ("P8", lambda: with_content(flate(b"0 0 m 500 500 l S " * 11_500_000))),
    "flate bomb": ("P8", lambda: with_content(flate(bytes(210_000_000), 2))),
    "self-crossing path": ("P8", self_crossing),
    "self-drawing form": ("P9", self_drawing_form),
    "100,000 pages": ("P10", many_pages),
    "broken font": ("P11", broken_font),
    "bad JBIG2": ("P11", lambda: with_image(b"/BitsPerComponent 1/Filter/JBIG2Decode", b"x" * 99)),
    "bad JPX": ("P11", lambda: with_image(b"/Filter/JPXDecode", b"x" * 99)),
    "JavaScript": ("P12", lambda: with_catalog(JAVASCRIPT)),
    "launch action": ("P12", lambda: with_catalog(LAUNCH)),
    "attachment": ("P12", lambda: with_catalog(ATTACHMENT, b"<</Type/Filespec/F(a.exe)>>")),
    "XFA": ("P12", lambda: with_catalog(XFA, stream(b"<xdp/>"))),
    "page tree loop": ("P13", page_tree_loop),
    "xref loop": ("P13", xref_loop),
    "deep array": ("P13", deep_array),
    "deep outline": ("P13", deep_outline),
    "wrong stream length": (
        "P13", lambda: with_content(stream(INK).replace(b"/Length 17", b"/Length 9999999")),
    ),
}  # fmt: skip
"""The files with the fault of the catalogue, by name."""
