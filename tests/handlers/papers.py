"""Small drawings, and the way they take: uploaded, tiled, run, merged."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

import pymupdf


def drawing_of(*texts: str, width: float = 500, height: float = 300) -> bytes:
    """A PDF with a page for each text: two tiles of 400 px at 72 dpi, neither of them blank."""
    document = pymupdf.open()
    for text in texts:
        page = document.new_page(width=width, height=height)
        page.insert_text((20, 50), text, fontsize=30)
        page.insert_text((width - 60, height - 50), text, fontsize=30)
    body: bytes = document.tobytes()
    document.close()
    return body


def drawing_in_small_letters(size: float = 4) -> bytes:
    """A PDF with a page full of lines of ``size`` pt."""
    document = pymupdf.open()
    page = document.new_page(width=300, height=200)
    for line in range(10, 190, 12):
        page.insert_text((10, line), "VALVE 1023 MOTOR 4711 PUMP 2048", fontsize=size)
    body: bytes = document.tobytes()
    document.close()
    return body


def upload_event(key: str, version: str) -> str:
    """The notification as S3 sends it."""
    record: dict[str, Any] = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": "documents-bucket"},
            "object": {"key": quote_plus(key, safe="/"), "size": 9, "sequencer": "0A"},
        },
    }
    if version:
        record["s3"]["object"]["versionId"] = version
    return json.dumps({"Records": [record]})
