"""The trained detector on sample pages of seeds it has not seen: tiled, and whole in one call.

    python -m benchmarks.symbols [--model FILE] [--workflow] [--out docs/symbols.md]

`--workflow` looks at the annotated sheets and the last page through `tilescout detect` as well.
Thresholds are those in the model. Tiles are cut, answered and merged by the code of a run.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.local_run import detect, embedded_aws
from benchmarks.symbol_accuracy import (
    Found,
    Page,
    Row,
    counts,
    mean_average_precision,
    recall_by_size,
)
from benchmarks.symbol_report import Setting, page_text, plot, table
from benchmarks.symbol_subjects import (
    ASKEW_SEEDS,
    DPI,
    OVERLAP,
    SAMPLE_SEED,
    SEEDS,
    TILE_SIZE,
    Drawn,
    subjects,
    tiles_of,
)
from tilescout.detections import Answer
from tilescout.detectors.onnx.answers import FLOOR, objects_seen
from tilescout.detectors.onnx.model import OnnxModel, decoded
from tilescout.geometry import Box
from tilescout.merging import merge_objects
from tilescout_local.engines.symbol_detector import SAMPLE_MODEL

THRESHOLD = 50.0
"""Confidence: the label's own threshold."""
WHOLE_PAGE_SIDES = (1024, 2048, 4096)
TIMED_TILES = 40
SETTING = Setting(
    sheets=f"{len(SEEDS)} sheets of seeds {SEEDS[0]} to {SEEDS[-1]}",
    askew=f"{len(ASKEW_SEEDS)} sheets of seeds {ASKEW_SEEDS[0]} to {ASKEW_SEEDS[-1]}",
    sample=f"`sample_a0.pdf` of seed {SAMPLE_SEED}",
    tiles=f"tiles of {TILE_SIZE:,} px at {DPI} dpi, {OVERLAP} px overlap",
    threshold=THRESHOLD,
)


def tiled(model: OnnxModel, drawn: Drawn, floor: float) -> Page:
    """As a run does it: each tile answered, then merged."""
    answers = [
        Answer(
            tile=each.tile.index,
            tile_box=each.tile.box,
            objects=objects_seen(model.find(decoded(each.image), floor), model.card, each.tile),
        )
        for each in drawn.tiles
    ]
    merged = merge_objects(answers, *drawn.size)
    found = tuple(Found(each.label, each.confidence, each.box) for each in merged)
    return Page(drawn.subject.truth, found, drawn.subject.near_misses)


def whole(model: OnnxModel, drawn: Drawn, floor: float, side: int) -> Page:
    """The page in one call, shrunk until its longer side has ``side`` px; 0 leaves it."""
    picture = drawn.picture()
    scale = side / max(picture.shape) if side else 1.0
    if scale < 1:
        size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
        picture = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
    scale = min(scale, 1.0)
    found = model.find(picture, floor)
    boxes = [Box(*map(float, box)).scale(1 / scale) for box in found.boxes]
    names = [model.card.labels[label] for label in found.labels]
    all_found = map(Found, names, map(float, found.confidences), boxes)
    return Page(drawn.subject.truth, tuple(all_found), drawn.subject.near_misses)


def row(how: str, sure: list[Page], every: list[Page], labels: Sequence[str]) -> Row:
    return Row(
        how=how,
        counts=counts(sure, THRESHOLD),
        mean_average_precision=mean_average_precision(every, labels),
        recalls=recall_by_size(sure, THRESHOLD),
    )


def rows(model: OnnxModel, drawn: list[Drawn]) -> Iterator[Row]:
    labels = model.card.labels
    plain = len(SEEDS)
    parts = (
        ("annotated sheets", drawn[:plain]),
        ("symbols askew", drawn[plain:-1]),
        ("sample_a0.pdf", drawn[-1:]),
    )
    for name, part in parts:
        sure = [tiled(model, each, THRESHOLD) for each in part]
        yield row(f"{name}, tiled", sure, [tiled(model, each, FLOOR) for each in part], labels)
        for side in (0, *WHOLE_PAGE_SIDES):
            pages = [whole(model, each, FLOOR, side) for each in part]
            shown = f"{side:,} px" if side else f"unshrunk at {DPI} dpi"
            yield row(f"{name}, whole in one call, {shown}", pages, pages, labels)


def through_workflow(drawn: list[Drawn], folder: Path, labels: Sequence[str]) -> Iterator[Row]:
    """By the embedded AWS: the annotated sheets by the model in Lambda, the sample by that behind
    Custom Labels. mAP is of what is over the threshold.
    """
    with embedded_aws(folder / "home"):
        for name, part, profile in (
            ("annotated sheets", drawn[: len(SEEDS)], "symbols-onnx"),
            ("sample_a0.pdf", drawn[-1:], "symbols"),
        ):
            pages = [_detected(each, profile, folder / "out") for each in part]
            how = f"{name}, `tilescout detect --local --profile {profile}`"
            yield row(how, pages, pages, labels)


def _detected(drawn: Drawn, profile: str, out: Path) -> Page:
    run = detect(drawn.subject.path, profile, out)
    if not run.result:
        raise SystemExit(f"{drawn.subject.path.name}: no result\n{run.errors}")
    found = tuple(
        Found(each["label"], each["confidence"], Box(*each["box_px"]))
        for each in run.result["detections"]
    )
    return Page(drawn.subject.truth, found, drawn.subject.near_misses)


def speed(model: OnnxModel, drawn: list[Drawn]) -> float:
    """Tiles a second on one core: JPEG in, boxes out; by the processor's own clock."""
    images = [tile.image for each in drawn for tile in each.tiles][:TIMED_TILES]
    for image in images[:3]:
        model.find(decoded(image))
    started = time.process_time()
    for image in images:
        model.find(decoded(image))
    return len(images) / (time.process_time() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=SAMPLE_MODEL)
    parser.add_argument("--workflow", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    model = OnnxModel(options.model)
    with tempfile.TemporaryDirectory() as folder:
        drawn = [Drawn(each, *tiles_of(each)) for each in subjects(Path(folder))]
        found = list(rows(model, drawn))
        pace = speed(model, drawn)
        if options.workflow:
            found += through_workflow(drawn, Path(folder), model.card.labels)
    print(f"{table(found)}\n{pace:.1f} tiles a second on one core")
    if options.out:
        picture = options.out.with_suffix(".svg")
        plot(found, picture)
        options.out.write_text(page_text(found, SETTING, pace, picture.name))


if __name__ == "__main__":
    main()
