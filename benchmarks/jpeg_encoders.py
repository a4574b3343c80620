"""Measures encoders of grey JPEG tiles of quality 85, and the test for blank tiles.

    python -m benchmarks.jpeg_encoders --drawings DIR [--tile-size 1024]

CPU time of the tiles of the first page of every drawing at 200 dpi. simplejpeg, which the project
does not depend on, is measured where it is installed.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
from PIL import Image

from tilescout.rendering.page_tiles import JPEG_QUALITY, Pixels
from tilescout.tiling.grid import TileGrid

DPI, OVERLAP = 200, 128
Encode = Callable[[Pixels], int]
"""Returns the bytes of the file."""


def by_pillow(tile: Pixels) -> int:
    file = io.BytesIO()
    Image.fromarray(tile).save(file, "JPEG", quality=JPEG_QUALITY)
    return file.tell()


def by_mupdf(tile: Pixels) -> int:
    height, width = tile.shape
    pixmap = pymupdf.Pixmap(pymupdf.csGRAY, width, height, tile.tobytes(), False)
    return len(pixmap.tobytes("jpeg", jpg_quality=JPEG_QUALITY))


def by_simplejpeg(tile: Pixels) -> int:
    encode: Any = import_module("simplejpeg").encode_jpeg
    contiguous = np.ascontiguousarray(tile)[..., None]
    return len(encode(contiguous, quality=JPEG_QUALITY, colorspace="GRAY"))


def by_no_encoder(tile: Pixels) -> int:
    """Stands for the test for blank tiles, which has no file."""
    return int(tile.min() == tile.max())


ENCODERS: dict[str, Encode] = {
    "Pillow, libjpeg-turbo": by_pillow,
    "simplejpeg": by_simplejpeg,
    "MuPDF": by_mupdf,
    "test for blank tiles": by_no_encoder,
}


def tiles_of(path: Path, size: int) -> Iterator[Pixels]:
    """Yields the tiles of the first page that are not blank, without paper beyond its border."""
    drawn = pymupdf.open(path)[0].get_pixmap(dpi=DPI, colorspace="GRAY")
    pixels = np.frombuffer(drawn.samples, np.uint8).reshape(drawn.height, drawn.width)
    for tile in TileGrid(size, OVERLAP).tiles(drawn.width, drawn.height):
        left, top = int(tile.box.left), int(tile.box.top)
        shown = pixels[top : top + size, left : left + size]
        if shown.min() != shown.max():
            yield shown


def row(encode: Encode, tiles: list[Pixels]) -> str:
    begin = time.process_time()
    sizes = [encode(tile) for tile in tiles]
    milliseconds = 1000 * (time.process_time() - begin) / len(tiles)
    megapixels = sum(tile.size for tile in tiles) / len(tiles) / 1e6
    speed = 1000 * megapixels / max(milliseconds, 1e-9)
    return f"{milliseconds:.2f} | {speed:,.0f} | {np.mean(sizes) / 1000:.1f}"


def main() -> None:
    """Prints the table of docs/measured.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.jpeg_encoders")
    parser.add_argument("--drawings", type=Path, required=True, help="A folder of PDFs.")
    parser.add_argument("--tile-size", type=int, default=1024)
    options = parser.parse_args()
    files = sorted(options.drawings.glob("*.pdf"))
    tiles = [tile for path in files for tile in tiles_of(path, options.tile_size)]
    print(f"{len(tiles)} tiles of {len(files)} drawings\n")
    print("| encoder | ms per tile | megapixels per second | kB per tile |\n|---|---|---|---|")
    for name, encode in ENCODERS.items():
        try:
            print(f"| {name} | {row(encode, tiles)} |", flush=True)
        except ModuleNotFoundError:
            print(f"| {name} | not installed | | |")


if __name__ == "__main__":
    main()
