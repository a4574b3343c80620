"""Measures how many annotations per kind are enough: 5, 20 and 100, on the same unseen pages.

    python -m benchmarks.symbols.annotations SET [--out docs/symbol_annotations.md]

SET is a data set of `tilescout dataset build`. Of its tiles only so many are taken as hold N whole
objects of each kind; what they hold beyond that is ignored, as if it had not been looked at. The
held-out part, on which training stops and thresholds are chosen, is thinned in the same way.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.symbols.accuracy import counts, mean_average_precision
from benchmarks.symbols.measurement import THRESHOLD, tiled
from benchmarks.symbols.unseen_pages import SEEDS, Drawn, tiles_of, unseen_pages
from tilescout.detectors.onnx.answers import FLOOR
from tilescout.detectors.onnx.model import OnnxModel
from tilescout_datasets import datasets
from tilescout_datasets.annotations import AnnotatedTile
from tilescout_datasets.datasets import Dataset
from tilescout_train.recipe import make_model
from tilescout_train.training import Settings

AMOUNTS = (5, 20, 100)
ITERATIONS = 500
PAGE = """# Annotations a kind

Written by `python -m benchmarks.symbols.annotations`. Trained with so many objects of each of seven
kinds, each time for {iterations} iterations with one seed; thresholds and the end of training by as
many held-out objects; measured tiled on the unseen annotated sheets of [symbols.md](symbols.md).

{table}
Of tiles only so many are taken as hold the objects; what they hold beyond is ignored. One seed
each: a difference of some hundredths may be chance. The committed model had 900 iterations and some
360 annotations a kind.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The result for one amount; ratios 0 to 1, ``tiles`` were needed for this many of each
    kind."""

    amount: int
    tiles: int
    f1: float
    mean_average_precision: float
    cpu_seconds: float


def thinned(
    tiles: list[AnnotatedTile], amount: int, labels: tuple[str, ...]
) -> list[AnnotatedTile]:
    """Returns the first tiles that hold ``amount`` objects of each label, and no more of any."""
    have: Counter[str] = Counter()
    kept = []
    for tile in tiles:
        if all(have[label] >= amount for label in labels):
            break
        annotations, ignored = [], list(tile.ignored)
        for annotation in tile.annotations:
            if have[annotation.label] < amount:
                have[annotation.label] += 1
                annotations.append(annotation)
            else:
                ignored.append(annotation.box)
        kept.append(replace(tile, annotations=tuple(annotations), ignored=tuple(ignored)))
    return kept


def thin(dataset: Dataset, amount: int) -> Dataset:
    labels = dataset.labels
    return replace(
        dataset,
        train=thinned(dataset.train, amount, labels),
        test=thinned(dataset.test, amount, labels),
    )


def measured(dataset: Dataset, amount: int, drawn: list[Drawn], folder: Path) -> Row:
    file = folder / f"{amount}.onnx"
    part = thin(dataset, amount)
    started = time.process_time()
    settings = Settings(iterations=ITERATIONS, evaluate_every=ITERATIONS // 5, threads=1)
    make_model(part, settings, file)
    seconds = time.process_time() - started
    model = OnnxModel(file)
    sure = [tiled(model, row, THRESHOLD) for row in drawn]
    every = [tiled(model, row, FLOOR) for row in drawn]
    return Row(
        amount=amount,
        tiles=len(part.train),
        f1=counts(sure, THRESHOLD).f1,
        mean_average_precision=mean_average_precision(every, model.card.labels),
        cpu_seconds=seconds,
    )


def table(found: list[Row]) -> str:
    """Returns the table in Markdown."""
    lines = [
        "| annotations a kind | tiles | F1 | mAP@.5 | training, CPU s |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.amount} | {row.tiles} | {row.f1:.3f} | {row.mean_average_precision:.3f} "
        f"| {row.cpu_seconds:.0f} |"
        for row in found
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    dataset = datasets.read(options.set)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        drawn = [Drawn(page, *tiles_of(page)) for page in unseen_pages(Path(folder))[: len(SEEDS)]]
        for amount in AMOUNTS:
            found.append(measured(dataset, amount, drawn, Path(folder)))
            print(found[-1], flush=True)
    text = table(found)
    print(text)
    if options.out:
        options.out.write_text(PAGE.format(iterations=ITERATIONS, table=text))


if __name__ == "__main__":
    main()
