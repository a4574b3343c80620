"""detections.json of one document, or one such object per line for several."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tilescout_exports.model import ExportedDocument, ExportFormat, ExportOptions


def write(documents: Sequence[ExportedDocument], path: Path, options: ExportOptions) -> None:
    """Writes the file."""
    with path.open("w", encoding="utf-8") as file:
        for document in documents:
            result = {"document": document.head, "detections": list(document.detections)}
            file.write(json.dumps(result) + "\n")


FORMAT = ExportFormat(name="json", suffix=".json", write=write)
