"""PDFs for the tests of rendering, drawn with PyMuPDF or written by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymupdf


def blank_page(width: float = 600, height: float = 400) -> tuple[Any, Any]:
    document = pymupdf.open()
    return document, document.new_page(width=width, height=height)


def save(document: Any, folder: Path, **options: Any) -> Path:
    path = folder / "drawing.pdf"
    document.save(path, **options)
    document.close()
    return path


def stream(content: bytes, entries: bytes = b"") -> bytes:
    head = b"<<" + entries + b"/Length %d>>stream\n" % len(content)
    return head + content + b"\nendstream"


def file_of(objects: list[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalog."""
    file = [b"%PDF-1.7\n"]
    offsets, size = [], len(file[0])
    for number, body in enumerate(objects, start=1):
        offsets.append(size)
        file.append(b"%d 0 obj\n" % number + body + b"\nendobj\n")
        size += len(file[-1])
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
    end += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (count, size)
    return b"".join([*file, end])


def write_objects(folder: Path, objects: list[bytes]) -> Path:
    """The file of these objects, in the folder."""
    path = folder / "written.pdf"
    path.write_bytes(file_of(objects))
    return path


def one_page(content: bytes, *resources: bytes, page: bytes = b"") -> list[bytes]:
    """Objects of a 500 x 500 pt page that draws ``content``; resource F is object 5."""
    form = b"/Resources<</XObject<</F 5 0 R>>>>"
    return [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 500]/Contents 4 0 R" + form + page + b">>",
        stream(content),
        *resources,
    ]


def nested_form_objects(depth: int) -> list[bytes]:
    """A few kB that draw 10 ** depth lines: each form draws the next one ten times."""
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 500 500]"
    forms = [
        stream(b"/F Do " * 10, form + b"/Resources<</XObject<</F %d 0 R>>>>" % (6 + level))
        for level in range(depth)
    ]
    return one_page(b"/F Do", *forms, stream(b"0 0 m 10 10 l S ", form))


def nested_forms(folder: Path, depth: int = 12) -> Path:
    return write_objects(folder, nested_form_objects(depth))


def huge_image(folder: Path, side: int = 60_000) -> Path:
    """An image that is small in the file and 3.6 GB once decoded."""
    entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d" % (side, side)
    image = stream(b"\0" * 100, entries + b"/BitsPerComponent 8/ColorSpace/DeviceGray")
    return write_objects(folder, one_page(b"500 0 0 500 0 0 cm /F Do", image))
