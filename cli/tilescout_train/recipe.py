"""Train from a data set to a model file with its recipe beside it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from tilescout_datasets.datasets import Dataset
from tilescout_train import export
from tilescout_train.checkpoints import checkpoint_beside
from tilescout_train.training import Progress, Settings, Trained, labels_learnt, train


def make_model(
    dataset: Dataset,
    settings: Settings,
    file: Path,
    *,
    start: Path | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_resume: Callable[[int], None] = lambda iteration: None,
) -> dict[str, Any]:
    """Trains, writes the ONNX file and a JSON of the same name, and returns the latter's content.

    ``start`` is a model file to go on from. A training that was interrupted goes on from the state
    that it kept beside the file, of which ``on_resume`` gets the iteration. Raises UnusableModel,
    UnusableAnnotations, OSError.
    """
    weights = export.read_weights(start, labels_learnt(dataset, settings)) if start else None
    wall, cpu = time.monotonic(), time.process_time()
    checkpoint = checkpoint_beside(file, dataset, settings, start)
    before = checkpoint.load()
    if before is not None:
        on_resume(before["iteration"])
    trained = train(dataset, settings, weights=weights, before=before, keep=checkpoint.save,
                    on_progress=on_progress)  # fmt: skip
    recipe = _recipe(trained, dataset, settings, start) | {
        "training_wall_seconds": round(time.monotonic() - wall, 1),
        "training_cpu_seconds": round(time.process_time() - cpu, 1),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(export.to_onnx(trained.network, trained.card))
    recipe["bytes"] = file.stat().st_size
    file.with_suffix(".json").write_text(json.dumps(recipe, indent=1) + "\n")
    checkpoint.remove()
    return recipe


def _recipe(
    trained: Trained, dataset: Dataset, settings: Settings, start: Path | None
) -> dict[str, Any]:
    measured = trained.accuracy
    return {
        "labels": {
            label: {
                "average_precision": round(precision, 4),
                "f1": round(f1, 4),
                "threshold": round(threshold, 4),
                "held_out_objects": objects,
            }
            for label, precision, f1, threshold, objects in zip(
                trained.card.labels, measured.average_precisions, measured.f1s,
                measured.thresholds, measured.objects, strict=True,
            )
        },
        "mean_average_precision": round(measured.mean_average_precision, 4),
        "dpi": dataset.dpi,
        "tile_size": dataset.tile_size,
        "train_tiles": len(dataset.train),
        "train_objects": sum(len(tile.annotations) for tile in dataset.train),
        "held_out_tiles": len(dataset.test),
        "settings": asdict(settings),
        "started_from": start.name if start else None,
        "best_iteration": trained.iterations,
        "torch": torch.__version__,
    }  # fmt: skip
