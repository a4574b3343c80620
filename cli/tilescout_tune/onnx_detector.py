"""Runs a model file in this process, behind the detector port."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tilescout.detections import Answer
from tilescout.detectors.onnx.answers import FLOOR, objects_seen
from tilescout.detectors.onnx.cards import ModelInput, OnnxCard
from tilescout.detectors.onnx.inputs import canvas_of
from tilescout.detectors.onnx.model import ServedModel, decoded
from tilescout.detectors.onnx.normalization import (
    BESIDE,
    LAYOUTS_BESIDE,
    Normalization,
    from_processor,
    normalized,
)
from tilescout.detectors.references import named_model
from tilescout.detectors.references.named_model import NamedModel
from tilescout.tiling.grid import Tile
from tilescout_tune.answer_cache import NamedDetector


@dataclass(frozen=True, slots=True)
class OnnxPort:
    """A model of any layout that needs no description. It answers with everything over the smallest
    confidence, so that thresholds can be chosen afterwards."""

    model: ServedModel | NamedModel

    def detect(self, image: bytes, tile: Tile) -> Answer:
        mode: Literal["L", "RGB"] = "RGB" if self.model.card.input.channels == 3 else "L"
        found = self.model.find(decoded(image, mode), FLOOR)
        seen = objects_seen(found, self.model.card, tile)
        return Answer(tile=tile.index, tile_box=tile.box, objects=seen, scale=tile.scale)


def open_model(file: Path, workers: int = 1) -> NamedDetector:
    """Opens a model file. Raises UnusableModel."""
    body = file.read_bytes()
    model = named_model.open_model(body)
    values = values_beside(file, model.card)
    digest = hashlib.sha256(body + str(values or "").encode()).hexdigest()[:16]
    model = taking(model, values)
    pixels = pixels_of_tile(model.card.input)
    return NamedDetector(
        name=f"onnx {digest}", port=OnnxPort(model), workers=workers, pixels=pixels
    )


def values_beside(file: Path, card: OnnxCard) -> Normalization | None:
    """Returns what a file beside a model's tells of its values; None where there is none.

    Raises UnusableModel where it tells nothing that can be.
    """
    beside = file.parent / BESIDE
    if card.layout not in LAYOUTS_BESIDE or not beside.is_file():
        return None
    return from_processor(beside.read_text(encoding="utf-8", errors="replace"))


def taking(
    model: ServedModel | NamedModel, values: Normalization | None
) -> ServedModel | NamedModel:
    """Returns the model with other values of its input. Raises UnusableModel for one of bytes."""
    if values is None:
        return model
    card = normalized(model.card, values)
    return model if isinstance(model, NamedModel) else model.with_card(card)


def pixels_of_tile(taken: ModelInput) -> Callable[[int], int]:
    """Returns the number of pixels that a model processes, by a tile's side in px.

    The number is constant if the model's input has one size.
    """
    return lambda side: math.prod(canvas_of(side, side, taken))
