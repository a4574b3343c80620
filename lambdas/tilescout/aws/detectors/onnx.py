"""ONNX models of the models bucket behind the detector port; a few are kept warm by version."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from PIL import UnidentifiedImageError

from tilescout import keys
from tilescout.aws import objects
from tilescout.detections import Answer
from tilescout.detectors.onnx.answers import FoundBoxes, objects_seen
from tilescout.detectors.onnx.cards import card_from_json
from tilescout.detectors.onnx.model import ServedModel, decoded
from tilescout.detectors.references.named_model import NamedModel, open_model
from tilescout.errors import DetectorBroken, DetectorUnavailable, TileRefused, UnusableModel
from tilescout.tiling.grid import Tile

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Served = TypeVar("Served")
MAX_WARM_MODELS = 3
MAX_WARM_BYTES = 250_000_000
"""The size of all loaded files together. A session takes two to three times its file."""
RETRY_AFTER = 60.0
"""Seconds until a model that could not be loaded is tried again: a batch has many tiles of it."""
OWN_THRESHOLD = 50.0
"""The confidence that stands for a label's own threshold, for profiles that set none."""


def served_model(file: bytes, card: str) -> ServedModel | NamedModel:
    """Returns the model of a file and its card. Raises UnusableModel."""
    return open_model(file, card_from_json(card))


@dataclass(slots=True)
class WarmModels(Generic[Served]):
    """Models by version, the one that was used last at the end; a version never changes.

    ``load`` makes a model of its file and card, and raises UnusableModel.
    """

    s3: S3Client
    bucket: str
    load: Callable[[bytes, str], Served]
    models: dict[str, tuple[Served, int]] = field(default_factory=dict)
    failures: dict[str, tuple[str, float]] = field(default_factory=dict)

    def get(self, version: str) -> Served:
        """Returns a loaded model. Raises DetectorUnavailable if its file is gone or damaged."""
        warm = self.models.pop(version, None)
        if warm is None:
            self._raise_known_failure(version)
            warm = self._loaded(version)
        self.models[version] = warm
        return warm[0]

    def _raise_known_failure(self, version: str) -> None:
        reason, since = self.failures.get(version, ("", 0.0))
        if reason and time.monotonic() - since < RETRY_AFTER:
            raise DetectorUnavailable(reason)

    def _loaded(self, version: str) -> tuple[Served, int]:
        try:
            file, card = (self._read(version, name) for name in keys.model_objects(version))
            _check(version, file, card)
            self._make_room(len(file))
            return self.load(file, card.decode()), len(file)
        except (UnusableModel, UnicodeDecodeError) as error:
            reason = f"version {version} of the model cannot be used: {error}"
        except (ClientError, BotoCoreError) as error:
            reason = f"version {version} of the model cannot be read: {error}"
        self.failures[version] = reason, time.monotonic()
        raise DetectorUnavailable(reason)

    def _read(self, version: str, key: str) -> bytes:
        body = objects.read(self.s3, self.bucket, key) if version else None
        if body is None:
            raise UnusableModel(
                f"{key} must be in the bucket {self.bucket}; it is gone; promote the model again"
            )
        return body

    def _make_room(self, size: int) -> None:
        """Drops models before a file of ``size`` bytes is loaded: all may not fit into memory."""
        while self.models and (
            len(self.models) >= MAX_WARM_MODELS
            or size + sum(warm for _, warm in self.models.values()) > MAX_WARM_BYTES
        ):
            del self.models[next(iter(self.models))]


def _check(version: str, file: bytes, card: bytes) -> None:
    """Raises UnusableModel if the files' hash is not the one at the end of the version's name."""
    found = keys.model_digest(hashlib.sha256(file).hexdigest(), card)
    if not version.endswith(f"/{found}"):
        raise UnusableModel(
            f"its files must be as they were promoted; their hash is {found}; promote it again"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxDetector:
    """One version of a model.

    ``min_confidence`` is 0 to 100; None leaves each label its own threshold.
    """

    warm: WarmModels[ServedModel | NamedModel]
    model_version: str
    min_confidence: float | None = None

    def detect(self, image: bytes, tile: Tile) -> Answer:
        """Runs the model once. Raises TileRefused, DetectorBroken and DetectorUnavailable."""
        model = self.warm.get(self.model_version)
        found = self._find(model, image)
        return Answer(
            tile=tile.index,
            tile_box=tile.box,
            objects=objects_seen(found, model.card, tile),
            model_version=self.model_version,
            scale=tile.scale,
        )

    def _find(self, model: ServedModel | NamedModel, image: bytes) -> FoundBoxes:
        floor = OWN_THRESHOLD if self.min_confidence is None else self.min_confidence
        try:
            pixels = decoded(image, "RGB" if model.card.input.channels == 3 else "L")
        except (UnidentifiedImageError, OSError) as error:
            raise TileRefused(f"the tile's image cannot be decoded: {error}") from error
        try:
            return model.find(pixels, max(floor, 1.0))
        except UnusableModel as error:
            # It was loaded: whether the tile makes it fail or any would, only repetition tells.
            raise DetectorBroken(str(error)) from error
