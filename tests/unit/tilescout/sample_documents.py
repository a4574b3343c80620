"""A document as the tests of the protocol begin with."""

from __future__ import annotations

from typing import Any

from tilescout.documents import Document
from tilescout.profiles import Profile

PROFILE = Profile(name="text", detector="textract", dpi=150, tile_size=1000, overlap=100)


def document(**changed: Any) -> Document:
    values: dict[str, Any] = {
        "id": "d1",
        "bucket": "drawings",
        "key": "incoming/text/a.pdf",
        "version": "v1",
        "status": "RUNNING",
        "profile": PROFILE,
        "accepted_at": 1_000,
        "last_page": 2,
        "tiles_planned": 10,
        "claim_token": 7,
        "run_id": "run#000007#x",
    }
    return Document(**values | changed)
