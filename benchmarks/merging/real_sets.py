"""Writes detections of real detectors on rendered pages as JSON for `benchmarks.merging.quality`.

    python -m benchmarks.merging.real_sets [--drawings DIR] [--kept DIR] [--out DIR]

Symbols of the sample model always; ink and words of real drawings where --drawings names them.

Runs with Tilescout's own packages (it renders and reads), not beside the peers'.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.merging.detection_sets import write
from benchmarks.merging.ink_boxes import ink_set
from benchmarks.merging.seam_text import DPI, DRAWINGS, GRIDS
from benchmarks.merging.symbol_sets import symbol_sets
from benchmarks.merging.word_boxes import word_set
from tilescout_local.engines.ocr import TextReader

INK_DRAWINGS = (
    "ranjantx_E201A_floorplan",
    "opentakeoff_finish_plan",
    "pslab_schematic",
    "framework13_display_drawing",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawings", type=Path)
    parser.add_argument("--kept", type=Path, default=Path("out/merging/read"))
    parser.add_argument("--out", type=Path, default=Path("out/merging/sets"))
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    for number, symbol_set in enumerate(symbol_sets()):
        write(symbol_set, asked.out / f"symbols-{number:03d}.json")
    if asked.drawings:
        write_drawings(asked.drawings, asked.kept, asked.out)


def write_drawings(drawings: Path, kept: Path, out: Path) -> None:
    """Writes ink and words of page 1 of each drawing."""
    reader = TextReader()
    for grid in GRIDS:
        for name in INK_DRAWINGS:
            found = ink_set(drawings / f"{name}.pdf", 1, DPI, grid.size, grid.overlap)
            write(found, out / f"ink-{name}-{grid.size}.json")
        for name in DRAWINGS:
            read = kept / f"{name}-{DPI}-{grid.size}-{grid.overlap}-0.json"
            words = word_set(drawings / f"{name}.pdf", DPI, grid, reader, read)
            write(words, out / f"words-{name}-{grid.size}.json")


if __name__ == "__main__":
    main()
