"""How right a model file is on the held-out tiles of a data set."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.table import Table

from tilescout.errors import UnusableModel
from tilescout.onnx.model import OnnxModel
from tilescout_cli import evaluation_view
from tilescout_cli.failures import BadUsage
from tilescout_train import datasets
from tilescout_train.annotations import UnusableAnnotations
from tilescout_train.evaluating import LabelAccuracy, at_own_thresholds

ENDING = ".onnx"


@dataclass(frozen=True, slots=True)
class ModelEvaluation:
    """Precision, recall and F1 are at the model's own thresholds, on tiles."""

    labels: tuple[LabelAccuracy, ...]

    @property
    def figures(self) -> dict[str, float]:
        """Means over the labels."""
        return {
            "precision": self._mean("precision"),
            "recall": self._mean("recall"),
            "f1": self._mean("f1"),
            "map": self._mean("average_precision"),
        }

    def _mean(self, name: str) -> float:
        values: list[float] = [getattr(each, name) for each in self.labels]
        return sum(values) / max(1, len(values))

    def shown(self) -> dict[str, Any]:
        rows = {each.label: each.shown() for each in self.labels}
        return {"labels": rows, "mean_average_precision": round(self.figures["map"], 4)}

    def table(self) -> Table:
        table = evaluation_view.new_table("label", "objects", "AP", "P", "R", "F1")
        for each in self.labels:
            values = (each.average_precision, each.precision, each.recall, each.f1)
            evaluation_view.add(table, each.label, each.objects, *(f"{v:.3f}" for v in values))
        return table


def evaluate(model: Path, folder: Path) -> ModelEvaluation:
    """Raises BadUsage."""
    if find_spec("onnxruntime") is None:
        raise BadUsage("a model needs onnxruntime; install it: pip install 'tilescout[local]'")
    if not model.is_file():
        raise BadUsage(f"there is no model {model}; `tilescout train` writes one")
    try:
        loaded = OnnxModel(model)
        return ModelEvaluation(tuple(at_own_thresholds(datasets.read(folder).test, loaded)))
    except (UnusableModel, UnusableAnnotations) as error:
        raise BadUsage(str(error)) from error
