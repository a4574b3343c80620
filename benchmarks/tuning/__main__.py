"""Compares what `tilescout tune` chooses with an exhaustive sweep of the same settings.

    python -m benchmarks.tuning [--case symbols] [--cache DIR] [--out docs/tuning.md]

A detector looks at annotated pages at every setting: that is the sweep. The search is then run on
the kept answers from every setting as the place to begin, on all the pages and on fewer; the calls
that it would have made are counted.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.tuning import defaults
from benchmarks.tuning.sweep import CASES, case_section, page_text

DEFAULTS = "defaults"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=[*CASES, DEFAULTS], action="append")
    parser.add_argument("--cache", type=Path, default=Path("out/tuning"))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    chosen = options.case or [*CASES, DEFAULTS]
    sections = [case_section(name, options.cache, options.out) for name in CASES if name in chosen]
    if DEFAULTS in chosen:
        sections.append(defaults.section(options.cache))
        print(sections[-1])
    if options.out:
        options.out.write_text(page_text(sections))


if __name__ == "__main__":
    main()
