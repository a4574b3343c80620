"""Counts the tiles that a revision would save if tiles followed content that was moved.

    python -m benchmarks.moved_content --pair OLD NEW [--pair OLD NEW …] [--tile-size 1024]

Of the first page of two versions of a drawing, in grey at 200 dpi: the shift of the content, by
phase correlation (Kuglin and Hines, "The phase correlation image alignment method", 1975), and the
tiles that are not blank and equal to the pixel, with the same grid on both and with a grid that is
shifted like the content. A second row for each pair compares the old version with itself, its
inner part moved by whole pixels, which is what following could save at best.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pymupdf

from tilescout.tiling.grid import TileGrid

DPI, OVERLAP = 200, 128
MARGIN = 0.08
MADE_SHIFT = (37, 22)
Grey = npt.NDArray[np.uint8]


def page_of(path: Path) -> Grey:
    with pymupdf.open(path) as document:
        drawn = document[0].get_pixmap(dpi=DPI, colorspace="GRAY")
    return np.frombuffer(drawn.samples, np.uint8).reshape(drawn.height, drawn.width)


def shift_of(old: Grey, new: Grey) -> tuple[int, int]:
    """Returns how far the content moved, in px across and down."""
    one, other = (np.fft.rfft2(255.0 - page) for page in (old, new))
    cross = np.conj(one) * other
    peak = np.fft.irfft2(cross / np.maximum(np.abs(cross), 1e-9), s=old.shape)
    down, across = np.unravel_index(int(peak.argmax()), peak.shape)
    height, width = old.shape
    return (int(across + width // 2) % width - width // 2,
            int(down + height // 2) % height - height // 2)  # fmt: skip


def moved(page: Grey) -> Grey:
    """Returns the page with its inner part moved."""
    across, down = MADE_SHIFT
    top, left = (round(MARGIN * side) for side in page.shape)
    inner = page[top:-top, left:-left]
    other = page.copy()
    other[top:-top, left:-left] = 255
    other[top + down : len(page) - top + down, left + across : page.shape[1] - left + across] = (
        inner
    )
    return other


def equal_tiles(old: Grey, new: Grey, size: int, shift: tuple[int, int]) -> tuple[int, int]:
    """Returns the numbers of tiles of the new page that are not blank, and of those that equal one
    of the old page, where the new page's grid is shifted."""
    across, down = shift
    grid = TileGrid(size, OVERLAP)
    count = equal = 0
    for tile in grid.tiles(old.shape[1], old.shape[0]):
        left, top = int(tile.box.left), int(tile.box.top)
        before = old[top : top + size, left : left + size]
        after = new[
            max(0, top + down) : top + down + size, max(0, left + across) : left + across + size
        ]
        if before.min() != before.max():
            count += 1
            equal += before.shape == after.shape and np.array_equal(before, after)
    return count, equal


def row(name: str, old: Grey, new: Grey, size: int) -> str:
    height, width = np.minimum(old.shape, new.shape)
    old, new = old[:height, :width], new[:height, :width]
    begin = time.process_time()
    shift = shift_of(old, new)
    seconds = time.process_time() - begin
    tiles, in_place = equal_tiles(old, new, size, (0, 0))
    _, following = equal_tiles(old, new, size, shift)
    return (
        f"| {name} | {shift[0]}, {shift[1]} | {tiles} | {in_place} | {following} | {seconds:.1f} |"
    )


def main() -> None:
    """Prints the table of docs/measured.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.moved_content")
    parser.add_argument("--pair", type=Path, nargs=2, action="append", required=True)
    parser.add_argument("--tile-size", type=int, default=1024)
    options = parser.parse_args()
    print("| revision | shift, px | tiles | same in place | same if followed | CPU s to find |")
    print("|---|---|---|---|---|---|")
    for paths in options.pair:
        old, new = map(page_of, paths)
        print(row(f"{paths[0].stem} to {paths[1].stem}", old, new, options.tile_size), flush=True)
        print(row(f"{paths[0].stem}, moved", old, moved(old), options.tile_size), flush=True)


if __name__ == "__main__":
    main()
