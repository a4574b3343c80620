"""Counts what becomes of 2,000 PDFs mutated from the sample drawings.

    python -m benchmarks.mutated_files

The files are those of the long test: ten seeds of 200 each.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.mutations.mutated import mutations
from tests.mutations.test_mutations import LONG_SEEDS, PER_SEED, fates, sample_files

NAMES = {
    "read": "read",
    "UnreadableDocument": "refused as a document, with its reason",
    "UnsupportedPage": "refused as a page, with its reason",
    "RenderLimitExceeded": "ended at a limit of time or memory, with its reason",
}


def main() -> None:
    started = time.monotonic()
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as made, tempfile.TemporaryDirectory() as read:
        samples = sample_files(Path(made))
        for seed in LONG_SEEDS:
            found += fates(mutations(samples, PER_SEED, seed), Path(read))
    print("| what became of it | files |")
    print("|---|---|")
    for name, told in NAMES.items():
        print(f"| {told} | {found[name]:,} |")
    print(f"\n{found.total():,} files in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
