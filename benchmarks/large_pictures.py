"""The CPU seconds and the memory that parts of a large picture take, with and without its levels.

The drawing child draws blocks of 2,048 px of a drawn sheet of 12,600 x 9,000 px with the grain of
a scanner, as a viewer's page asks for them: at three levels, from the whole page to the sharpest.
Run `python -m benchmarks.large_pictures`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import tempfile
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from PIL import Image

from tilescout_drawings import picture_levels
from tilescout_drawings.child import OpenDrawing
from tilescout_drawings.pyramid import PagePyramid
from tilescout_drawings.tile_cache import BLOCK

WIDTH, HEIGHT = 12_600, 9_000
PYRAMID = PagePyramid(width=WIDTH, height=HEIGHT, dpi=200)
LEVELS = (PYRAMID.levels - 5, PYRAMID.levels - 3, PYRAMID.levels - 1)
GRAIN = 6
KINDS = {"PNG in colour": "png", "PNG in grey": "grey.png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """CPU seconds of the first block and of each later one, memory, and bytes on the disk."""

    first: float
    later: float
    memory_mb: float
    disk_mb: float


def write_picture(path: Path) -> None:
    """A sheet with coloured lines on paper that is not quite white, in grey by its name."""
    draw = np.random.default_rng(7)
    pixels = np.full((HEIGHT, WIDTH, 3), 248, np.uint8)
    for _ in range(3_000):
        x, y, colour = (
            draw.integers(WIDTH - 200),
            draw.integers(HEIGHT - 200),
            draw.integers(160, size=3),
        )
        pixels[y : y + 3, x : x + 200] = colour
        pixels[y : y + 150, x : x + 3] = colour
    pixels += draw.integers(GRAIN, size=pixels.shape, dtype=np.uint8)
    picture = Image.fromarray(pixels)
    (picture.convert("L") if ".grey" in path.name else picture).save(
        path, compress_level=3, quality=90
    )


def measured(path: Path, *, with_levels: bool) -> Cost:
    """Draws the blocks in a process of its own, whose memory is counted."""
    mine, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_draw_blocks, args=(theirs, path, with_levels)
    )
    process.start()
    cost: Cost = mine.recv()
    process.join()
    return cost


def _draw_blocks(answer: Connection, path: Path, with_levels: bool) -> None:
    if not with_levels:
        picture_levels.MAX_BYTES = 0
    drawing = OpenDrawing(str(path))
    blocks = [(level, at) for level in LEVELS for at in (0, BLOCK)]
    seconds = [_seconds(drawing, *block) for block in blocks]
    levels = drawing._picture(1)
    answer.send(
        Cost(
            first=seconds[0],
            later=sum(seconds[1:]) / len(seconds[1:]),
            memory_mb=_peak_memory_mb(),
            disk_mb=levels.bytes_on_disk / 1e6 if levels else 0,
        )
    )


def _seconds(drawing: OpenDrawing, level: int, at: int) -> float:
    area = PYRAMID.area(level, at if PYRAMID.has(level, at, at) else 0, 0, BLOCK)
    before = _cpu_seconds()
    drawing.area(
        {"page": 1, "dpi": PYRAMID.level_dpi(level), "size": PYRAMID.size(level),
         "area": [area.left, area.top, area.right, area.bottom], "shown_layers": None}
    )  # fmt: skip
    return _cpu_seconds() - before


def _peak_memory_mb() -> float:
    """Returns the peak of resident memory; ru_maxrss counts that of the parent process too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def report(costs: dict[str, tuple[Cost, Cost]]) -> str:
    """A table with a row for each picture, without its levels and with them."""
    lines = [
        "| picture | levels | first block, CPU s | each later one, CPU s | memory | on disk |",
        "|---|---|---|---|---|---|",
    ]
    for kind, pair in costs.items():
        for name, each in zip(("no", "yes"), pair, strict=True):
            lines.append(
                f"| {kind} | {name} | {each.first:.1f} | {each.later:.2f} "
                f"| {each.memory_mb:.0f} MB | {each.disk_mb:.0f} MB |"
            )
    return "\n".join(lines)


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    costs = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, suffix in KINDS.items():
            path = Path(folder) / f"sheet.{suffix}"
            write_picture(path)
            costs[kind] = measured(path, with_levels=False), measured(path, with_levels=True)
    print(report(costs))
    print(f"\n{WIDTH:,} x {HEIGHT:,} px, {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}.")


if __name__ == "__main__":
    main()
