"""A folder that shows drawings and detections in any browser, without a server or this program."""

from __future__ import annotations

import html
import io
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from tilescout_drawings.pyramid import PagePyramid
from tilescout_exports.model import (
    ExportedDocument,
    ExportedPage,
    ExportFailed,
    ExportFormat,
    ExportOptions,
)

WEB_FILES = Path(__file__).parent / "web_files"
"""The folder where `make web` puts the viewer's script and style sheet."""
TILE_PX = 1024

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' file:; \
style-src 'self' file:; img-src 'self' file: data: blob:; font-src 'none'; connect-src 'none'; \
base-uri 'none'; form-action 'none'">
<title>{title}</title>
<link rel="stylesheet" href="viewer/viewer.css">
</head>
<body>
<div id="app"></div>
<script src="data.js"></script>
<script src="viewer/viewer.js"></script>
</body>
</html>
"""


def write(documents: Sequence[ExportedDocument], path: Path, options: ExportOptions) -> None:
    """Writes the folder; index.html in it is to be opened.

    Raises ExportFailed where the viewer was not built.
    """
    if not (WEB_FILES / "viewer.js").exists():
        raise ExportFailed("the viewer is not built; run `make web` in the checkout first")
    path.mkdir(parents=True, exist_ok=True)
    shutil.copytree(WEB_FILES, path / "viewer", dirs_exist_ok=True)
    shown = [_document(document, path, options) for document in documents]
    # "<" is escaped, so that no text can end the script; the file is JSON otherwise.
    body = json.dumps({"documents": shown}).replace("<", "\\u003c")
    (path / "data.js").write_text(f"window.TILESCOUT_EXPORT = {body};\n", encoding="utf-8")
    title = html.escape(", ".join(each.name for each in documents)[:200])
    (path / "index.html").write_text(PAGE.format(title=title), encoding="utf-8")


def _document(document: ExportedDocument, path: Path, options: ExportOptions) -> dict[str, Any]:
    return {
        "id": document.name,
        "name": document.key.rpartition("/")[2],
        "profile": document.head["profile"],
        "status": document.head["status"],
        "warnings": document.head["warnings"],
        "pages": [_page(page, path, options) for page in document.pages()],
        "detections": [_detection(row) for row in document.detections],
    }


def _detection(row: Any) -> dict[str, Any]:
    review = row.get("review", {})
    return {
        "id": row["id"],
        "page": row["page"],
        "label": row["label"],
        "text": row["text"],
        "box": list(row["box_px"]),
        "confidence": row["confidence"],
        "state": review.get("state", "unreviewed"),
        "openSides": list(row["open_sides"]),
        "difference": review.get("difference", ""),
        "by": review.get("by", ""),
        "at": review.get("at", 0),
    }


def _page(page: ExportedPage, path: Path, options: ExportOptions) -> dict[str, Any]:
    shown = {
        "page": page.page,
        "width": page.width,
        "height": page.height,
        "dpi": page.dpi,
        "tiles": "",
        "magnification": 1,
        "tilePx": TILE_PX,
        "levels": 1,
    }
    if options.page_image is None or page.document.drawing is None:
        return shown
    pyramid = PagePyramid(
        width=page.width, height=page.height, dpi=page.dpi, tile_px=TILE_PX, sharp_dpi=page.dpi
    )
    folder = path / "tiles" / page.name
    _write_tiles(options.page_image(page), pyramid, folder)
    return shown | {"tiles": f"tiles/{page.name}", "levels": pyramid.levels}


def _write_tiles(image: Image.Image, pyramid: PagePyramid, folder: Path) -> None:
    """Writes the sharpest level, then each one shrunk from the one above it."""
    for level in reversed(range(pyramid.levels)):
        if image.size != pyramid.size(level):
            image = image.resize(pyramid.size(level), Image.Resampling.BOX)
        (folder / str(level)).mkdir(parents=True, exist_ok=True)
        columns, rows = pyramid.columns_and_rows(level)
        for column in range(columns):
            for row in range(rows):
                area = pyramid.area(level, column, row)
                tile = image.crop((area.left, area.top, area.right, area.bottom))
                (folder / str(level) / f"{column}_{row}.png").write_bytes(_png(tile))


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=6)
    return file.getvalue()


FORMAT = ExportFormat(name="html", suffix="", write=write, needs_drawing=True)
