"""Measures the trained detector on unseen sample pages: in tiles, and whole in one call."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.local_run import detect, embedded_aws
from benchmarks.symbols.accuracy import (
    Detected,
    Page,
    Row,
    counts,
    mean_average_precision,
    recall_by_size,
)
from benchmarks.symbols.report import Setting
from benchmarks.symbols.unseen_pages import (
    ASKEW_SEEDS,
    DPI,
    OVERLAP,
    SAMPLE_SEED,
    SEEDS,
    TILE_SIZE,
    Drawn,
)
from tilescout.detections import Answer
from tilescout.detectors.onnx.answers import FLOOR, objects_seen
from tilescout.detectors.onnx.model import OnnxModel, decoded
from tilescout.geometry import Box
from tilescout.merging import merge_objects

THRESHOLD = 50.0
"""The confidence that is the label's own threshold."""
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
    """Detects as a run does: in each tile, then merged."""
    answers = [
        Answer(
            tile=tile.tile.index,
            tile_box=tile.tile.box,
            objects=objects_seen(model.find(decoded(tile.image), floor), model.card, tile.tile),
        )
        for tile in drawn.tiles
    ]
    merged = merge_objects(answers, *drawn.size)
    found = tuple(Detected(found.label, found.confidence, found.box) for found in merged)
    return Page(drawn.page.truth, found, drawn.page.near_misses)


def whole(model: OnnxModel, drawn: Drawn, floor: float, side: int) -> Page:
    """Detects in one call, with the page's longer side scaled down to ``side`` px, or 0 for as it
    is."""
    picture = drawn.picture()
    scale = side / max(picture.shape) if side else 1.0
    if scale < 1:
        size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
        picture = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
    scale = min(scale, 1.0)
    found = model.find(picture, floor)
    boxes = [Box(*map(float, box)).scale(1 / scale) for box in found.boxes]
    names = [model.card.labels[label] for label in found.labels]
    all_found = map(Detected, names, map(float, found.confidences), boxes)
    return Page(drawn.page.truth, tuple(all_found), drawn.page.near_misses)


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
        sure = [tiled(model, page, THRESHOLD) for page in part]
        yield row(f"{name}, tiled", sure, [tiled(model, page, FLOOR) for page in part], labels)
        for side in (0, *WHOLE_PAGE_SIDES):
            pages = [whole(model, page, FLOOR, side) for page in part]
            shown = f"{side:,} px" if side else f"unshrunk at {DPI} dpi"
            yield row(f"{name}, whole in one call, {shown}", pages, pages, labels)


def through_workflow(drawn: list[Drawn], folder: Path, labels: Sequence[str]) -> Iterator[Row]:
    """Detects with the embedded AWS: the annotated sheets with the model in Lambda, the sample with
    the one behind Custom Labels. mAP counts what is over the threshold."""
    with embedded_aws(folder / "home"):
        for name, part, profile in (
            ("annotated sheets", drawn[: len(SEEDS)], "symbols-onnx"),
            ("sample_a0.pdf", drawn[-1:], "symbols"),
        ):
            pages = [_detected(page, profile, folder / "out") for page in part]
            how = f"{name}, `tilescout detect --local --profile {profile}`"
            yield row(how, pages, pages, labels)


def _detected(drawn: Drawn, profile: str, out: Path) -> Page:
    run = detect(drawn.page.path, profile, out)
    if not run.result:
        raise SystemExit(f"{drawn.page.path.name}: no result\n{run.errors}")
    found = tuple(
        Detected(row["label"], row["confidence"], Box(*row["box_px"]))
        for row in run.result["detections"]
    )
    return Page(drawn.page.truth, found, drawn.page.near_misses)


def speed(model: OnnxModel, drawn: list[Drawn]) -> float:
    """Returns tiles per second on one core, JPEG in, boxes out, by the processor's own clock."""
    images = [tile.image for page in drawn for tile in page.tiles][:TIMED_TILES]
    for image in images[:3]:
        model.find(decoded(image))
    started = time.process_time()
    for image in images:
        model.find(decoded(image))
    return len(images) / (time.process_time() - started)
