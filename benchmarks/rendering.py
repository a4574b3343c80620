"""Measures what it costs to cut a page into tiles, beside the least that it can cost.

    python -m benchmarks.rendering --drawings DIR [--before CHECKOUT] [--pages 10] [--peers]

CPU seconds per page, all processes together, of the first page of every drawing, and of a page of
text and three scans that are made here, read so many times. The floor is one grey rendering of the
page by PyMuPDF and the JPEG of each tile that is not blank, in one process that is loaded already.
"No layout" is the renderer alone, which does not look for the parts of the sheet. `--before`
measures another checkout of this project in the same way. `--peers` adds those that are installed:
pdftoppm, which makes one picture and no tiles; PDFium; SAHI's slice_image on a page that PyMuPDF
renders; and the floor with PNG for JPEG. The least of the repeats counts.
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
from importlib.util import find_spec
from pathlib import Path
from shutil import which

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
try:
    from tilescout.profiles import Profile
    from tilescout.rendering import process
    from tilescout.rendering.render import render_page
    from tilescout.rendering.requests import RenderRequest
    profile = Profile(name="p", detector="textract", dpi=dpi, tile_size=size, overlap=overlap)
    request = RenderRequest.for_page(1, profile, pixels_only=PIXELS_ONLY)
except ImportError:  # as it was before rendering was a package
    import tilescout.rendering as process
    from tilescout.rendering import RenderRequest, render_page
    request = RenderRequest(page=1, dpi=dpi, tile_size=size, overlap=overlap, colour="grey",
                            text_layer=False, include=(), exclude=(), max_image_bytes=5_000_000)
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
import numpy
from PIL import Image
LOAD
Image.preinit()
begin, tiles = seconds(), 0
for _ in range(pages):
    pixels = numpy.asarray(draw(path))
    step = size - overlap
    for top in range(0, max(1, pixels.shape[0] - overlap), step):
        for left in range(0, max(1, pixels.shape[1] - overlap), step):
            tile = pixels[top : top + size, left : left + size]
            if tile.min() != tile.max():
                Image.fromarray(tile).save(io.BytesIO(), "FORMAT", quality=85)
                tiles += 1
print(json.dumps([(seconds() - begin) / pages, tiles // pages]))
"""
)
BY_MUPDF = """
import pymupdf
def draw(path):
    drawn = pymupdf.open(path)[0].get_pixmap(dpi=dpi, colorspace="GRAY")
    return numpy.frombuffer(drawn.samples, numpy.uint8).reshape(drawn.height, drawn.width)
"""
BY_PDFIUM = """
import pypdfium2
def draw(path):
    return pypdfium2.PdfDocument(path)[0].render(scale=dpi / 72, grayscale=True).to_numpy()
"""
SAHI = (
    CLOCK
    + """
import tempfile
import pymupdf
from PIL import Image
from sahi.slicing import slice_image
begin = seconds()
for _ in range(pages):
    drawn = pymupdf.open(path)[0].get_pixmap(dpi=dpi, colorspace="GRAY")
    picture = Image.frombytes("L", (drawn.width, drawn.height), drawn.samples)
    with tempfile.TemporaryDirectory() as folder:
        share = overlap / size
        sliced = slice_image(picture.convert("RGB"), "tile", folder, slice_height=size,
                             slice_width=size, overlap_height_ratio=share,
                             overlap_width_ratio=share, out_ext=".jpg")
print(json.dumps([(seconds() - begin) / pages, len(sliced)]))
"""
)
PDFTOPPM = (
    CLOCK
    + """
import subprocess
begin = seconds()
for _ in range(pages):
    command = ["pdftoppm", "-gray", "-r", str(dpi), "-f", "1", "-l", "1", str(path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
print(json.dumps([(seconds() - begin) / pages, 1]))
"""
)


def floor(load: str, picture_format: str = "JPEG") -> str:
    """Returns the program that renders a page at once and encodes its tiles."""
    return FLOOR.replace("LOAD", load).replace("FORMAT", picture_format)


def tiles_program(*, pixels_only: bool) -> str:
    return TILES.replace("PIXELS_ONLY", str(pixels_only))


@dataclass(frozen=True, slots=True)
class Side:
    """A way to make tiles: a program, and the folder that its packages come from."""

    name: str
    program: str
    packages: Path


def text_page(folder: Path) -> Path:
    """Writes an A1 page with a hundred words."""
    with pymupdf.open() as document:
        page = document.new_page(width=A1_PX[0] * 72 / DPI, height=A1_PX[1] * 72 / DPI)
        for word in range(100):
            left, top = 50 + word % 10 * 230, 50 + word // 10 * 160
            page.insert_text((left, top), f"FV-{word:04d}", fontsize=12)
        document.save(folder / "A1 text.pdf")
    return folder / "A1 text.pdf"


def peers() -> list[Side]:
    """Returns the peers that are installed here; the others are named."""
    code = ROOT / "lambdas"
    found = {
        "pdftoppm": (which("pdftoppm"), PDFTOPPM),
        "PDFium": (find_spec("pypdfium2"), floor(BY_PDFIUM)),
        "SAHI": (find_spec("sahi"), SAHI),
        "PNG": (True, floor(BY_MUPDF, "PNG")),
    }
    print("not installed:", ", ".join(name for name, (there, _) in found.items() if not there))
    return [Side(name, program, code) for name, (there, program) in found.items() if there]


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
            seconds = {side.name: each[0] for side, each in zip(sides, found, strict=True)}
            shown = " | ".join(f"{each:.3f}" for each in seconds.values())
            over = [seconds[name] / seconds["floor"] for name in ("now", "no layout")]
            print(f"| {path.stem} | {size} | {found[0][1]} | {shown} "
                  f"| {over[0]:.2f}, {over[1]:.2f} |", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rendering")
    parser.add_argument("--drawings", type=Path, required=True, help="A folder of PDFs.")
    parser.add_argument("--before", type=Path, help="Another checkout of this project.")
    parser.add_argument("--peers", action="store_true", help="Measure other tools too.")
    parser.add_argument("--tile-size", type=int, action="append", help="Pixels; both if left out.")
    parser.add_argument("--pages", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    code = ROOT / "lambdas"
    whole = tiles_program(pixels_only=False)
    sides = [Side("now", whole, code), Side("no layout", tiles_program(pixels_only=True), code)]
    if options.before:
        sides.append(Side("before", whole, options.before.resolve() / "lambdas"))
    sides.append(Side("floor", floor(BY_MUPDF), code))
    if options.peers:
        sides += peers()
    with tempfile.TemporaryDirectory() as folder:
        made = [text_page(Path(folder)), *(scan(Path(folder), name) for name in SCANS)]
        table(sides, [*sorted(options.drawings.glob("*.pdf")), *made], options)


if __name__ == "__main__":
    main()
