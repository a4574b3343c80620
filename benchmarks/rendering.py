"""Measures what it costs to cut a page into tiles, beside the least that it can cost.

    python -m benchmarks.rendering --drawings DIR [--before CHECKOUT] [--pages 10] [--repeats 3]

CPU seconds per page, all processes together, of the first page of every drawing and of three scans
that are made here, read so many times. The floor is one grey rendering of the page by PyMuPDF and
the JPEG of each tile that is not blank, in one process that is loaded already. `--before` measures
another checkout of this project in the same way. The least of the repeats counts.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pymupdf
from PIL import Image, ImageDraw

ROOT = Path(__file__).parents[1]
DPI, OVERLAP = 200, 128
TILE_SIZES = (1024, 2048)
A1_PX = (6622, 4677)
SCANS = {"1-bit": "1", "grey": "L", "colour": "RGB"}

CLOCK = """
import json, resource, sys
from pathlib import Path
path, pages, size, dpi, overlap = Path(sys.argv[1]), *map(int, sys.argv[2:])
def seconds():
    used = [resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
"""
TILES = (
    CLOCK
    + """
from tilescout.profiles import Profile
from tilescout.rendering import process
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderRequest
profile = Profile(name="p", detector="textract", dpi=dpi, tile_size=size, overlap=overlap)
request = RenderRequest.for_page(1, profile)
begin, tiles = seconds(), []
for _ in range(pages):
    render_page(path, request, tiles.append)
getattr(process, "end_renderers", lambda: None)()
print(json.dumps([(seconds() - begin) / pages, len(tiles) // pages]))
"""
)
FLOOR = (
    CLOCK
    + """
import io
import numpy, pymupdf
from PIL import Image
Image.preinit()
begin, tiles = seconds(), 0
for _ in range(pages):
    drawn = pymupdf.open(path)[0].get_pixmap(dpi=dpi, colorspace="GRAY")
    pixels = numpy.frombuffer(drawn.samples_mv, numpy.uint8).reshape(drawn.height, drawn.width)
    step = size - overlap
    for top in range(0, max(1, drawn.height - overlap), step):
        for left in range(0, max(1, drawn.width - overlap), step):
            tile = pixels[top : top + size, left : left + size]
            if tile.min() != tile.max():
                Image.fromarray(tile).save(io.BytesIO(), "JPEG", quality=85)
                tiles += 1
print(json.dumps([(seconds() - begin) / pages, tiles // pages]))
"""
)


@dataclass(frozen=True, slots=True)
class Side:
    """A way to make tiles: a program, and the folder that its packages come from."""

    name: str
    program: str
    packages: Path


def measured(side: Side, path: Path, pages: int, size: int, repeats: int) -> tuple[float, int]:
    """Returns the least CPU seconds per page, and the number of tiles that are not blank."""
    command = [sys.executable, "-P", "-c", side.program, str(path), str(pages), str(size),
               str(DPI), str(OVERLAP)]  # fmt: skip
    environment = os.environ | {"PYTHONPATH": str(side.packages)}
    answers = [
        json.loads(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)
        for _ in range(repeats)
    ]
    seconds, tiles = min(answers)
    return float(seconds), int(tiles)


def scan(folder: Path, name: str) -> Path:
    """Writes an A1 page at 200 dpi with lines and the grain of a scanner."""
    chance = np.random.default_rng(1)
    picture = Image.new("L", A1_PX, 235)
    draw = ImageDraw.Draw(picture)
    for _ in range(1500):
        x, y = (int(chance.integers(0, side)) for side in A1_PX)
        draw.line((x, y, x + int(chance.integers(20, 400)), y), fill=20, width=3)
    grain = chance.integers(-12, 12, A1_PX[::-1])
    picture = Image.fromarray((np.asarray(picture) + grain).clip(0, 255).astype(np.uint8))
    file = io.BytesIO()
    is_bilevel = SCANS[name] == "1"
    picture.convert(SCANS[name]).save(file, "PNG" if is_bilevel else "JPEG", quality=85)
    with pymupdf.open() as document:
        page = document.new_page(width=A1_PX[0] * 72 / DPI, height=A1_PX[1] * 72 / DPI)
        page.insert_image(page.rect, stream=file.getvalue())
        document.save(folder / f"scan {name}.pdf")
    return folder / f"scan {name}.pdf"


def table(sides: Sequence[Side], files: Sequence[Path], options: argparse.Namespace) -> None:
    """Prints a row for each page and size of its tiles."""
    names = [side.name for side in sides]
    print("| page | tile, px | tiles |", " | ".join(names), "| over the floor |")
    print("|---|---|---|" + "---|" * (len(names) + 1))
    for path in files:
        for size in options.tile_size or TILE_SIZES:
            found = [measured(side, path, options.pages, size, options.repeats) for side in sides]
            seconds = [each[0] for each in found]
            shown = " | ".join(f"{each:.3f}" for each in seconds)
            ratio = seconds[0] / seconds[-1]
            print(f"| {path.stem} | {size} | {found[0][1]} | {shown} | {ratio:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rendering")
    parser.add_argument("--drawings", type=Path, required=True, help="A folder of PDFs.")
    parser.add_argument("--before", type=Path, help="Another checkout of this project.")
    parser.add_argument("--tile-size", type=int, action="append", help="Pixels; both if left out.")
    parser.add_argument("--pages", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    sides = [Side("now", TILES, ROOT / "lambdas")]
    if options.before:
        sides.append(Side("before", TILES, options.before.resolve() / "lambdas"))
    sides.append(Side("floor", FLOOR, ROOT / "lambdas"))
    with tempfile.TemporaryDirectory() as folder:
        scans = [scan(Path(folder), name) for name in SCANS]
        table(sides, [*sorted(options.drawings.glob("*.pdf")), *scans], options)


if __name__ == "__main__":
    main()
