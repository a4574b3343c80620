"""Detections of tiles with their ground truth, the common input of every merge."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionSet:
    """The boxes (n x 4, page px) of one page as its tiles show them, and the true boxes.

    ``owners`` is the true box (row) that each box shows, -1 for none, or empty if unknown.
    """

    name: str
    page: tuple[float, float]
    tile_boxes: Floats
    tile_scales: Floats
    boxes: Floats
    confidences: Floats
    labels: Ints
    tiles: Ints
    true_boxes: Floats
    true_labels: Ints
    owners: Ints
    text_labels: tuple[int, ...] = ()


def read(path: Path) -> DetectionSet:
    """Reads a set from a JSON object with the fields of `DetectionSet`."""
    fields = json.loads(path.read_text())
    whole = ("labels", "tiles", "true_labels", "owners")
    real = ("tile_boxes", "tile_scales", "boxes", "confidences", "true_boxes")
    fields |= {name: np.array(fields[name], np.int64) for name in whole}
    fields |= {name: np.array(fields[name], np.float64) for name in real}
    fields |= {name: fields[name].reshape(-1, 4) for name in ("tile_boxes", "boxes", "true_boxes")}
    return DetectionSet(**(fields | {"page": tuple(fields["page"])}))


def write(found: DetectionSet, path: Path) -> None:
    fields = {name: getattr(found, name) for name in DetectionSet.__slots__}
    plain = {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in fields.items()
    }
    path.write_text(json.dumps(plain))
