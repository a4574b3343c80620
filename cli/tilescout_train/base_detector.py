"""Trains the detector of symbols that Tilescout ships, from made pages only.

    python -m tilescout_train.base_detector FILE

The same seed, number of threads and kind of machine give the same file.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tilescout_train.made_data import made_dataset
from tilescout_train.recipe import make_model
from tilescout_train.training import Progress, Settings

PAGES = 90
ITERATIONS = 1800


def main() -> None:
    options = _options()
    settings = Settings(
        iterations=options.iterations, evaluate_every=max(1, options.iterations // 6),
        seed=options.seed, threads=options.threads, one_label=True,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        dataset = made_dataset(options.pages, Path(folder), options.seed)
        made = make_model(dataset, settings, options.file, start=options.start, on_progress=_tell)
    made["made_by"] = [f"python -m tilescout_train.base_detector {' '.join(sys.argv[1:])}"]
    options.file.with_suffix(".json").write_text(json.dumps(made, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--iterations", type=int, default=ITERATIONS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def _tell(progress: Progress) -> None:
    if progress.accuracy is not None:
        precision = progress.accuracy.mean_average_precision
        print(f"iteration {progress.iteration}, loss {progress.loss:.2f}, mAP {precision:.3f}",
              flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
