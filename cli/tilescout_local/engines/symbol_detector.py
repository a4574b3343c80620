"""Finds symbols with an ONNX model file: the sample model of the project, or a trained one."""

from __future__ import annotations

from pathlib import Path

from tilescout.detectors.onnx.model import OnnxModel, decoded
from tilescout_local.engines.detected_labels import DetectedLabel

SAMPLE_MODEL = Path(__file__).parents[1] / "models_files" / "sample_symbols.onnx"


class SymbolDetector:
    """A loaded model; a confidence of 50 is the label's own threshold."""

    def __init__(self, file: Path = SAMPLE_MODEL) -> None:
        self._model = OnnxModel(file)

    def find(self, image: bytes) -> list[DetectedLabel]:
        """Returns the objects of an encoded image, the most confident first."""
        found = self._model.find(decoded(image))
        names = self._model.card.labels
        return [
            DetectedLabel(names[label], float(confidence), (box[0], box[1], box[2], box[3]))
            for box, confidence, label in zip(
                found.boxes.tolist(), found.confidences, found.labels, strict=True
            )
        ]
