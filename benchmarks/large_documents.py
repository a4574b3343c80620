"""Measures memory and time of one very large page and of one long document.

    python -m benchmarks.large_documents [--json] [--only NAME]

Each is made, inspected and read in a process of its own, page by page, as intake does it.
`--json` prints figures, `--only NAME` measures one case in this process.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import pymupdf

from tilescout.rendering.process import RenderLimits, end_renderers
from tilescout.rendering.render import inspect_document, render_page
from tilescout.rendering.requests import RenderRequest, TilesWanted

DPI = 200
SIDE_PX = 36_000
SIDE_PT = SIDE_PX * 72 / DPI
A1_PT = (2_384, 1_684)
LIMITS = RenderLimits(wall_seconds=300, cpu_seconds=120, memory_mb=2500)
"""The limits that tile_page sets for its child."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The results; ``child_mb`` is the peak memory of a child of the renderer, ``parent_mb`` that
    of the process that stands for the function; ``words`` and ``tiles`` are counts."""

    name: str
    pages: int
    words: int
    tiles: int
    child_mb: int
    parent_mb: int
    seconds: float


def large_page(path: Path, side_px: int = SIDE_PX) -> None:
    """Makes a page of so many px per side with a word in each of a thousand places."""
    document = pymupdf.open()
    side = side_px * 72 / DPI
    page = document.new_page(width=side, height=side)
    for number in range(1_000):
        left, top = (50 + place * side / 32.4 for place in (number % 32, number // 32))
        page.insert_text((left, top), f"FV-{number:04d}", fontsize=20)
    document.save(path)


def long_document(path: Path, pages: int = 200) -> None:
    """Makes so many pages of A1 with a hundred words on each."""
    document = pymupdf.open()
    for number in range(pages):
        page = document.new_page(width=A1_PT[0], height=A1_PT[1])
        for word in range(100):
            left, top = 50 + word % 10 * 230, 50 + word // 10 * 160
            page.insert_text((left, top), f"FV-{number:03d}{word:02d}", fontsize=12)
    document.save(path)


CASES: dict[str, tuple[Callable[[Path], None], TilesWanted]] = {
    "9,000 px page, cut into tiles": (partial(large_page, side_px=9_000), "always"),
    "36,000 px page, its text": (large_page, "never"),
    "36,000 px page, cut into tiles": (large_page, "always"),
    "20 pages of A1, their text": (partial(long_document, pages=20), "never"),
    "200 pages of A1, their text": (long_document, "never"),
}


def measure(name: str) -> Measured:
    """Measures in this process, whose peak never falls: measure one case per process."""
    make, wanted = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.pdf"
        make(path)
        started = time.monotonic()
        facts = inspect_document(path, max_pages=10_000, limits=LIMITS)
        words = tiles = 0
        for page in range(1, facts.page_count + 1):
            request = RenderRequest(
                page=page,
                dpi=DPI,
                tile_size=2000,
                overlap=200,
                colour="grey",
                text_layer=True,
                include=(),
                exclude=(),
                max_image_bytes=4_000_000,
                tiles=wanted,
            )
            rendered = render_page(path, request, lambda tile: None, LIMITS)
            words, tiles = words + len(rendered.words), tiles + rendered.tiles_sent
        # The peak of a process counts once it has ended.
        end_renderers()
        return Measured(
            name=name,
            pages=facts.page_count,
            words=words,
            tiles=tiles,
            child_mb=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
            parent_mb=_own_peak_mb(),
            seconds=round(time.monotonic() - started, 1),
        )


def _own_peak_mb() -> int:
    """Reads the peak from /proc: ``ru_maxrss`` of Linux includes that of the starting process."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    (peak,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) // 1024


def measure_alone(name: str) -> Measured:
    """Measures in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.large_documents", "--json", "--only", name]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Measured(**json.loads(printed))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="Print figures.")
    parser.add_argument("--only", choices=CASES, help="Measure one case, in this process.")
    options = parser.parse_args()
    if options.only:
        print(json.dumps(asdict(measure(options.only))))
        return
    found = [measure_alone(name) for name in CASES]
    if options.json:
        print(json.dumps([asdict(row) for row in found]))
        return
    print("| what | pages | words | tiles | renderer, MB | function, MB | wall s |")
    print("|---|---|---|---|---|---|---|")
    for row in found:
        print(
            f"| {row.name} | {row.pages} | {row.words:,} | {row.tiles} | {row.child_mb} "
            f"| {row.parent_mb} | {row.seconds:.0f} |"
        )


if __name__ == "__main__":
    main()
