"""The child process that trains a version behind the local Custom Labels.

    python -m tilescout_train.version_job FOLDER

FOLDER has train.manifest and test.manifest with their images beside them, and job.json. Written
are model.onnx, result.json, and meanwhile progress.json; failure.json where it cannot train.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tilescout.detectors.onnx.model import OnnxModel
from tilescout.errors import TilescoutError
from tilescout_datasets.annotations import AnnotatedTile, UnusableAnnotations
from tilescout_datasets.datasets import Dataset
from tilescout_datasets.formats import ground_truth
from tilescout_train.accuracy import Image, verdicts
from tilescout_train.evaluation import OWN_THRESHOLD, at_own_thresholds, look
from tilescout_train.recipe import make_model
from tilescout_train.training import Progress, Settings

EVALUATIONS = 6
MIN_SECONDS_BETWEEN = 20


def main() -> None:
    folder = Path(sys.argv[1])
    try:
        _write(folder / "result.json", train(folder))
    except (UnusableAnnotations, TilescoutError) as error:
        _write(folder / "failure.json", {"text": str(error)})
        sys.exit(1)


def train(folder: Path) -> dict[str, Any]:
    """Trains and evaluates; returns what the summary and the test manifest need."""
    iterations = json.loads((folder / "job.json").read_text())["iterations"]
    dataset = _dataset(folder)
    settings = Settings(
        iterations=iterations,
        evaluate_every=max(MIN_SECONDS_BETWEEN, iterations // EVALUATIONS),
        threads=min(2, os.cpu_count() or 1),
    )

    measured = ""

    def tell(progress: Progress) -> None:
        nonlocal measured
        if progress.accuracy is not None:
            measured = f" Held-out mAP {progress.accuracy.mean_average_precision:.3f}."
        told = f"Iteration {progress.iteration} of at most {progress.iterations}.{measured}"
        _write(folder / "progress.json", {"text": told})

    made = make_model(dataset, settings, folder / "model.onnx", on_progress=tell)
    model = OnnxModel(folder / "model.onnx", threads=settings.threads)
    return {
        "labels": _labels(dataset.test, model),
        "mean_average_precision": made["mean_average_precision"],
        "train_images": len(dataset.train),
        "test_images": len(dataset.test),
        "found": [_found(tile, model) for tile in dataset.test],
    }


def _dataset(folder: Path) -> Dataset:
    train, test = (
        ground_truth.read_tiles(folder / f"{part}.manifest") for part in ("train", "test")
    )
    return Dataset(
        train=train, test=test, dpi=ground_truth.dpi_of(folder / "train.manifest"),
        tile_size=max(tile.width for tile in train),
    )  # fmt: skip


def _labels(tiles: Sequence[AnnotatedTile], model: OnnxModel) -> dict[str, dict[str, float]]:
    return {
        each.label: {**each.shown(), "images": sum(each.label in _names(tile) for tile in tiles)}
        for each in at_own_thresholds(tiles, model)
    }


def _names(tile: AnnotatedTile) -> set[str]:
    return {each.label for each in tile.annotations}


def _found(tile: AnnotatedTile, model: OnnxModel) -> dict[str, Any]:
    image = look(tile, model.card.labels, model.find)
    sure = image.scores >= OWN_THRESHOLD
    return {
        "width": tile.width,
        "height": tile.height,
        "counts": _counts(image, len(model.card.labels)),
        "boxes": [
            {"label": model.card.labels[label], "confidence": 100 * float(score),
             "box": _sides(box)}
            for box, label, score in zip(
                image.found_boxes[sure].tolist(), image.found_labels[sure], image.scores[sure],
                strict=True,
            )
        ],
    }  # fmt: skip


def _counts(image: Image, labels: int) -> dict[str, int]:
    right = wrong = 0
    for label in range(labels):
        of_label = verdicts([image], label)
        sure = of_label.is_right[of_label.scores >= OWN_THRESHOLD]
        right, wrong = right + int(sure.sum()), wrong + int((~sure).sum())
    return {
        "true-positives": right,
        "false-positives": wrong,
        "false-negatives": len(image.boxes) - right,
    }


def _sides(box: Sequence[float]) -> dict[str, int]:
    left, top, right, bottom = (round(side) for side in box)
    return {"left": left, "top": top, "width": right - left, "height": bottom - top}


def _write(file: Path, value: Any) -> None:
    """Writes the file at once: a reader never sees half of it."""
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(value))
    draft.replace(file)


if __name__ == "__main__":
    main()
