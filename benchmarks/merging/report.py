"""Writes docs/merging.md from the tables that the other scripts of this folder wrote.

python -m benchmarks.merging.report [--parts DIR] [--out FILE]
"""

from __future__ import annotations

import argparse
from pathlib import Path

TEXT = Path(__file__).with_name("report_text.md")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=Path, default=Path("out/merging"))
    parser.add_argument("--out", type=Path, default=Path("docs/merging.md"))
    asked = parser.parse_args()
    text = TEXT.read_text()
    for name in ("scenes", "real", "speed", "seam"):
        text = text.replace(f"{{{name}}}", (asked.parts / f"{name}.md").read_text())
    asked.out.write_text(text)


if __name__ == "__main__":
    main()
