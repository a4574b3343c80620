"""Write the sample drawings: ``python benchmarks/make_samples.py FOLDER [SEED]``."""

from __future__ import annotations

import sys
from pathlib import Path

from tilescout_local.samples import write_samples


def main(folder: str = "samples", seed: str = "7") -> None:
    """Write them and name the files."""
    for path in write_samples(Path(folder), seed=int(seed)):
        print(f"{path} and {path.with_suffix('.json')}")


if __name__ == "__main__":
    main(*sys.argv[1:])
