"""A network's accuracy on tiles, the thresholds that suit it, and the mistakes it makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilescout.detectors.onnx.answers import FoundBoxes, ModelCard
from tilescout.detectors.onnx.model import OnnxModel
from tilescout.neighbours import sides_of
from tilescout_datasets.annotations import AnnotatedTile
from tilescout_datasets.tile_pixels import Place, pixels_of
from tilescout_train.accuracy import (
    Image,
    Verdicts,
    average_precision,
    best_threshold,
    insides,
    ious,
    verdicts,
)

Find = Callable[[NDArray[np.uint8]], FoundBoxes]
"""Objects on a grey image."""
OWN_THRESHOLD = 0.5
"""A model's threshold becomes this when its confidences are divided by 100."""
MIN_MISTAKE = 30.0
"""Confidence (0 to 100 at a threshold of .5) from which what is not there is a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """The figures by label, in their order: average precision at IoU .5, the best threshold of the
    score (0 to 1) and its F1, of ``objects``."""

    average_precisions: tuple[float, ...]
    thresholds: tuple[float, ...]
    f1s: tuple[float, ...]
    objects: tuple[int, ...]

    @property
    def mean_average_precision(self) -> float:
        """Over the labels that there were objects of; 0 where there were none at all."""
        known = [value for value in self.average_precisions if not np.isnan(value)]
        return float(np.mean(known)) if known else 0.0

    def plain(self) -> dict[str, tuple[float, ...]]:
        """Returns the fields as Python's own numbers, to be stored."""
        return {
            "average_precisions": tuple(map(float, self.average_precisions)),
            "thresholds": tuple(map(float, self.thresholds)),
            "f1s": tuple(map(float, self.f1s)),
            "objects": tuple(map(int, self.objects)),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelAccuracy:
    """The figures of one label; precision and recall at the model's own threshold, all 0 to 1."""

    label: str
    objects: int
    average_precision: float
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def shown(self) -> dict[str, float]:
        """Returns the members for JSON."""
        return {
            "objects": self.objects,
            "average_precision": round(self.average_precision, 4),
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
        }


def raw_card(labels: Sequence[str], *, step: int, stride: int) -> ModelCard:
    """A card with which a confidence is 100 times the score."""
    return ModelCard(
        labels=tuple(labels), thresholds=(0.5,) * len(labels), step=step, stride=stride, dpi=0,
        tile_size=0,
    )  # fmt: skip


def accuracy(images: list[Image], labels: Sequence[str]) -> Accuracy:
    """Returns the accuracy over all images; scores are 0 to 1."""
    found = [verdicts(images, label) for label in range(len(labels))]
    best = [best_threshold(each) for each in found]
    return Accuracy(
        average_precisions=tuple(average_precision(each) for each in found),
        thresholds=tuple(threshold for threshold, _ in best),
        f1s=tuple(f1 for _, f1 in best),
        objects=tuple(each.objects for each in found),
    )


def at_threshold(found: Verdicts, threshold: float) -> tuple[float, float]:
    """Returns precision and recall, 0 to 1, of what scores no less; 0 for nothing."""
    is_right = found.is_right[found.scores >= threshold]
    right = int(is_right.sum())
    return right / max(1, len(is_right)), right / max(1, found.objects)


def at_own_thresholds(tiles: Sequence[AnnotatedTile], model: OnnxModel) -> list[LabelAccuracy]:
    """Returns the figures of each label of the model that the tiles have objects of."""
    labels = model.card.labels
    images = [look(tile, labels, model.find) for tile in tiles]
    judged = [(label, verdicts(images, at)) for at, label in enumerate(labels)]
    return [
        LabelAccuracy(
            label=label,
            objects=found.objects,
            average_precision=average_precision(found),
            precision=precision,
            recall=recall,
        )
        for label, found in judged
        if found.objects
        for precision, recall in (at_threshold(found, OWN_THRESHOLD),)
    ]


def look(tile: AnnotatedTile, labels: Sequence[str], find: Find) -> Image:
    """Returns the objects of a tile and what is found; boxes of labels not in ``labels`` do not
    count."""
    found = find(pixels_of(tile.file))
    known = [each for each in tile.annotations if each.label in labels]
    others = [each.box for each in tile.annotations if each.label not in labels]
    return Image(
        boxes=sides_of([each.box for each in known]),
        labels=np.array([labels.index(each.label) for each in known], dtype=np.int64),
        ignored=sides_of([*tile.ignored, *others]),
        found_boxes=found.boxes.astype(np.float64),
        found_labels=found.labels,
        scores=found.confidences.astype(np.float64) / 100,
    )


def mistakes(number: int, image: Image) -> list[Place]:
    """Places of the tile ``number`` where something is found surely that is not there."""
    sure = 100 * image.scores >= MIN_MISTAKE
    boxes = image.found_boxes[sure]
    near = ious(boxes, image.boxes)
    near *= image.found_labels[sure][:, None] == image.labels[None]
    is_wrong = (near.max(axis=1, initial=0) < 0.3) & (
        insides(boxes, image.ignored).max(axis=1, initial=0) < 0.3
    )
    return [
        (number, float(left + right) / 2, float(top + bottom) / 2)
        for left, top, right, bottom in boxes[is_wrong]
    ]
