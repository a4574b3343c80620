"""Compares the two libraries that draw pages, PyMuPDF and PDFium, in one run.

    python -m benchmarks.renderers --drawings DIR [--pages 5] [--repeats 2] [NAME ...]

For the first page of every drawing (or of those named) at 200 dpi and tiles of 1,024 px: CPU
seconds per page, all processes together and the least of the repeats, without and with the words of
the text layer; the largest memory of a process; words that were read, and the share of each
library's words that the other one reads at the same place; the share of pixels that differ by less
than a quarter of the range, in tiles that both send.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tilescout.geometry import Box

RENDERERS = ("pymupdf", "pdfium")
TILE_PX, DPI, OVERLAP = 1024, 200, 128
ALIKE = 64
"""The difference of two pixels that look alike, of 255."""
PROGRAM = """
import base64, json, resource, sys
from dataclasses import astuple, replace
from pathlib import Path
from tilescout.profiles import Profile
from tilescout.rendering.process import RenderLimits, end_renderers
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderRequest
path, renderer, pages, size, dpi, overlap = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])
profile = Profile(name="p", detector="textract", dpi=dpi, tile_size=size, overlap=overlap)
request = RenderRequest.for_page(1, profile)
limits = RenderLimits(renderer=renderer)
def seconds():
    used = [resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
def per_page(request):
    begin = seconds()
    for _ in range(pages):
        tiles = []
        page = render_page(path, request, tiles.append, limits)
    end_renderers()
    return (seconds() - begin) / pages, page, tiles
without, page, tiles = per_page(request)
with_words, page, _ = per_page(replace(request, text_layer=True))
print(json.dumps({
    "seconds": without, "with_words": with_words,
    "memory": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000,
    "words": [(word.text, astuple(word.box)) for word in page.words],
    "tiles": {tile.tile.index: base64.b64encode(tile.image).decode() for tile in tiles},
}))
"""


@dataclass(frozen=True, slots=True)
class Side:
    """One page by one library."""

    seconds: float
    with_words: float
    memory: float
    words: list[tuple[str, Box]]
    tiles: dict[str, str]


def measured(path: Path, renderer: str, pages: int, repeats: int) -> Side:
    command = [sys.executable, "-P", "-c", PROGRAM, str(path), renderer, str(pages), str(TILE_PX),
               str(DPI), str(OVERLAP)]  # fmt: skip
    answers: list[dict[str, Any]] = [
        json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        for _ in range(repeats)
    ]
    last = answers[-1]
    return Side(
        seconds=min(each["seconds"] for each in answers),
        with_words=min(each["with_words"] for each in answers),
        memory=last["memory"],
        words=[(text, Box(*sides)) for text, sides in last["words"]],
        tiles=last["tiles"],
    )


def recall(read: list[tuple[str, Box]], wanted: list[tuple[str, Box]]) -> str:
    """Returns the share of the words wanted that were read, each at its place."""
    places: dict[str, list[Box]] = defaultdict(list)
    for text, box in read:
        places[text].append(box)
    matched = sum(any(box.intersection(other).area for other in places[text])
                  for text, box in wanted)  # fmt: skip
    return f"{matched / len(wanted):.3f}" if wanted else "-"


def alike(one: Side, other: Side) -> str:
    """Returns the share of pixels that look alike, in the tiles of both."""
    shares = [
        (np.abs(_pixels(one, index) - _pixels(other, index)) < ALIKE).mean()
        for index in one.tiles.keys() & other.tiles.keys()
    ]
    return f"{np.mean(shares):.3f}" if shares else "-"


def _pixels(side: Side, index: str) -> Any:
    image = Image.open(io.BytesIO(base64.b64decode(side.tiles[index])))
    return np.asarray(image).astype(np.int16)


def row(path: Path, pages: int, repeats: int) -> str:
    mupdf, pdfium = (measured(path, name, pages, repeats) for name in RENDERERS)
    cells = [
        path.stem,
        f"{mupdf.seconds:.2f}", f"{pdfium.seconds:.2f}",
        f"{mupdf.with_words:.2f}", f"{pdfium.with_words:.2f}",
        f"{mupdf.memory:.0f}", f"{pdfium.memory:.0f}",
        f"{len(mupdf.tiles)}", f"{len(pdfium.tiles)}",
        f"{len(mupdf.words):,}", f"{len(pdfium.words):,}",
        recall(pdfium.words, mupdf.words), recall(mupdf.words, pdfium.words),
        alike(mupdf, pdfium),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.renderers")
    parser.add_argument("names", nargs="*", help="Drawings, without .pdf; all if left out.")
    parser.add_argument("--drawings", type=Path, required=True, help="A folder of PDFs.")
    parser.add_argument("--pages", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    heads = ("page", "CPU s, pymupdf", "pdfium", "with words, pymupdf", "pdfium", "MB, pymupdf",
             "pdfium", "tiles, pymupdf", "pdfium", "words, pymupdf", "pdfium",
             "pymupdf's by pdfium", "pdfium's by pymupdf", "pixels alike")  # fmt: skip
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for path in sorted(options.drawings.glob("*.pdf")):
        if not options.names or path.stem in options.names:
            print(row(path, options.pages, options.repeats), flush=True)


if __name__ == "__main__":
    main()
