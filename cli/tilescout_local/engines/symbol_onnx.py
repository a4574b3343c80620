"""Finds symbols by a model file: the one that the project trained on its samples, or another."""

from __future__ import annotations

from pathlib import Path

from tilescout.detectors.onnx.model import OnnxModel, decoded
from tilescout_local.engines.detected_labels import FoundLabel

SAMPLE_MODEL = Path(__file__).parents[1] / "models_files" / "sample_symbols.onnx"


class SymbolFinder:
    """Has a model loaded; a confidence of 50 is the label's own threshold."""

    def __init__(self, file: Path = SAMPLE_MODEL) -> None:
        self._model = OnnxModel(file)

    def find(self, image: bytes) -> list[FoundLabel]:
        """Objects of an encoded image, the most confident first."""
        found = self._model.find(decoded(image))
        names = self._model.card.labels
        return [
            FoundLabel(names[label], float(confidence), (box[0], box[1], box[2], box[3]))
            for box, confidence, label in zip(
                found.boxes.tolist(), found.confidences, found.labels, strict=True
            )
        ]
