"""Measures the trained detector on unseen sample pages, in tiles and whole in one call.

    python -m benchmarks.symbols [--model FILE] [--workflow] [--out docs/symbols.md]

`--workflow` looks at the annotated sheets and the last page through `tilescout detect` as well.
Thresholds are those in the model. Tiles are cut, answered and merged by the code of a run.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.symbols.measurement import SETTING, rows, speed, through_workflow
from benchmarks.symbols.report import page_text, plot, table
from benchmarks.symbols.unseen_pages import Drawn, tiles_of, unseen_pages
from tilescout.detectors.onnx.model import OnnxModel
from tilescout_local.engines.symbol_detector import SAMPLE_MODEL


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=SAMPLE_MODEL)
    parser.add_argument("--workflow", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    model = OnnxModel(options.model)
    with tempfile.TemporaryDirectory() as folder:
        drawn = [Drawn(page, *tiles_of(page)) for page in unseen_pages(Path(folder))]
        found = list(rows(model, drawn))
        pace = speed(model, drawn)
        if options.workflow:
            found += through_workflow(drawn, Path(folder), model.card.labels)
    print(f"{table(found)}\n{pace:.1f} tiles per second on one core")
    if options.out:
        picture = options.out.with_suffix(".svg")
        plot(found, picture)
        options.out.write_text(page_text(found, SETTING, pace, picture.name))


if __name__ == "__main__":
    main()
