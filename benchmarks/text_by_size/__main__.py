"""Measures how much text is read by the height of its letters, in tiles and in one call.

    python -m benchmarks.text_by_size [--drawings DIR] [--out docs/text_by_size.md]

Sheets of A4, A2 and A0 with tags of seven heights, and page 1 of real drawings where DIR has them.
The same OCR reads all; tiles are cut, stitched and filtered by the code of a run.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.text_by_size.measurement import measured
from benchmarks.text_by_size.report import page_text, plot


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawings", type=Path)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    sheets, real = measured(asked.drawings)
    if asked.out:
        picture = asked.out.with_suffix(".svg")
        plot(sheets, picture)
        asked.out.write_text(page_text(sheets, real, picture.name))


if __name__ == "__main__":
    main()
