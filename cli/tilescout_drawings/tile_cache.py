"""Tiles of drawings, drawn when they are first wanted and kept on disk."""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tilescout.rendering.page_tiles import PAPER
from tilescout_drawings.drawing import Drawing, Picture
from tilescout_drawings.pyramid import PagePyramid

BLOCK = 4
"""Tiles along a side that are drawn together: walking over a page's content costs the most."""
MAX_CACHE_BYTES = 2_000_000_000
VERSION = "2"
"""Part of each path: other pixels for the same file need another version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TileRequest:
    """One tile of a page, with the numbers of the layers to show (None: as the file says)."""

    page: int
    level: int
    column: int
    row: int
    shown_layers: tuple[int, ...] | None = None


class TileCache:
    """A folder of tiles; one per content of a file, so a changed drawing has new tiles."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._locks: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)

    def tile(self, drawing: Drawing, pyramid: PagePyramid, request: TileRequest) -> Picture:
        """Returns the tile, drawn with its neighbours where it is not there yet.

        Raises KeyError where the pyramid has no such tile, and what `Drawing.area` raises.
        """
        if not pyramid.has(request.level, request.column, request.row):
            raise KeyError(request)
        folder = self._folder_of(drawing, pyramid, request)
        path = folder / f"{request.column}_{request.row}"
        if not path.exists():
            block = request.column // BLOCK * BLOCK, request.row // BLOCK * BLOCK
            with self._locks[folder / f"{block[0]}_{block[1]}.block"]:
                if not path.exists():
                    self._draw_block(drawing, pyramid, request, folder)
        body = path.read_bytes()
        return Picture("image/png" if body.startswith(b"\x89PNG") else "image/jpeg", body)

    def trim(self, max_bytes: int = MAX_CACHE_BYTES) -> None:
        """Removes the tiles of the drawings that were looked at longest ago, down to the limit."""
        if not self._folder.is_dir():
            return
        drawings = sorted(self._folder.iterdir(), key=lambda each: -each.stat().st_mtime)
        total = 0
        for each in drawings:
            total += sum(file.stat().st_size for file in each.rglob("*") if file.is_file())
            if total > max_bytes:
                shutil.rmtree(each, ignore_errors=True)

    def _draw_block(
        self, drawing: Drawing, pyramid: PagePyramid, request: TileRequest, folder: Path
    ) -> None:
        level = request.level
        first_column, first_row = request.column // BLOCK * BLOCK, request.row // BLOCK * BLOCK
        area = pyramid.area(level, first_column, first_row, BLOCK)
        picture = drawing.area(
            request.page,
            dpi=pyramid.level_dpi(level),
            size=pyramid.size(level),
            area=area,
            shown_layers=request.shown_layers,
        )
        folder.mkdir(parents=True, exist_ok=True)
        whole = Image.open(io.BytesIO(picture.body))
        columns, rows = pyramid.columns_and_rows(level)
        for column in range(first_column, min(columns, first_column + BLOCK)):
            for row in range(first_row, min(rows, first_row + BLOCK)):
                tile = pyramid.area(level, column, row)
                box = (tile.left - area.left, tile.top - area.top,
                       tile.right - area.left, tile.bottom - area.top)  # fmt: skip
                _write(folder / f"{column}_{row}", whole.crop(box), picture.media_type)

    def _folder_of(self, drawing: Drawing, pyramid: PagePyramid, request: TileRequest) -> Path:
        shown = request.shown_layers
        layers = "own" if shown is None else _digest(",".join(map(str, sorted(shown))))
        base = self._folder / content_digest(drawing.path)
        page = f"{VERSION}-{request.page}-{pyramid.dpi}-{pyramid.width}x{pyramid.height}-{layers}"
        return base / page / str(request.level)


def content_digest(path: Path) -> str:
    """Returns a name of the file's content; the content is read again when the file changed."""
    status = path.stat()
    key = path, status.st_mtime_ns, status.st_size
    if key not in _DIGESTS:
        with path.open("rb") as file:
            _DIGESTS[key] = hashlib.file_digest(file, "sha256").hexdigest()[:24]
    return _DIGESTS[key]


_DIGESTS: dict[tuple[Path, int, int], str] = {}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _write(path: Path, tile: Image.Image, media_type: str) -> None:
    """Writes under another name first: a reader never sees half a tile."""
    if tile.getextrema() in ((PAPER, PAPER), ((PAPER, PAPER),) * 3):
        tile = tile.convert("1")
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        if media_type == "image/jpeg" and tile.mode != "1":
            tile.save(file, "JPEG", quality=90)
        else:
            tile.save(file, "PNG", compress_level=3)
    Path(file.name).replace(path)


def shown_layers(text: str) -> Sequence[int] | None:
    """Numbers of layers from their text such as "0,2"; None for "own". Raises ValueError."""
    if text == "own":
        return None
    return tuple(int(number) for number in text.split(",") if number)
