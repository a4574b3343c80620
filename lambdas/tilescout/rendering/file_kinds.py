"""Kinds of files by their first bytes: a PDF, or a picture that is a document of its own.

MuPDF opens HTML and text as documents too, so the first bytes are looked at before it sees them.
"""

from __future__ import annotations

from typing import Literal

FileKind = Literal["pdf", "png", "jpeg", "webp", "tiff", "jp2"]

PDF_MARK = b"%PDF-"
HEAD_BYTES = 1024
"""A PDF has its mark within so many bytes."""
PICTURE_MARKS: tuple[tuple[bytes, FileKind], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jp2"),
    (b"\xff\x4f\xff\x51", "jp2"),
)
ARCHIVE_HEAD = b"PK"
PICTURE_NAMES = "PNG, JPEG, WebP, TIFF or JPEG 2000"


def kind_of(head: bytes) -> FileKind | None:
    """Returns what a file is that begins with ``head``; None where it is no document."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    for mark, kind in PICTURE_MARKS:
        if head.startswith(mark):
            return kind
    return "pdf" if PDF_MARK in head[:HEAD_BYTES] else None


def is_archive(body: bytes) -> bool:
    """Returns True for an archive of strokes, and False for a picture."""
    return body.startswith(ARCHIVE_HEAD)
