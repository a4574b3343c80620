"""Calls the merges of SAHI, supervision and lsnms from their packages on the same boxes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product

import lsnms
import numpy as np
import supervision
from sahi.postprocess.combine import (
    GreedyNMMPostprocess,
    NMMPostprocess,
    NMSPostprocess,
    PostprocessPredictions,
)
from sahi.prediction import ObjectPrediction

from benchmarks.merging.detection_sets import DetectionSet
from benchmarks.merging.scoring import Merged

Merge = Callable[[DetectionSet], Merged]

TYPES: dict[str, type[PostprocessPredictions]] = {
    "NMS": NMSPostprocess,
    "NMM": NMMPostprocess,
    "GREEDYNMM": GreedyNMMPostprocess,
}
METRICS = ("IOU", "IOS")
THRESHOLDS = (0.1, 0.3, 0.5, 0.7)
DEFAULT = ("GREEDYNMM", "IOS", 0.5)


def sahi_objects(given: DetectionSet) -> list[ObjectPrediction]:
    """Returns SAHI's own objects, each shifted from its tile to the page, as its predictions
    are."""
    tiles = given.tile_boxes[given.tiles]
    corner = tiles[:, [0, 1, 0, 1]]
    found = [
        ObjectPrediction(
            bbox=box, category_id=label, score=confidence, shift_amount=shift,
            full_shape=[int(given.page[1]), int(given.page[0])],
        )
        for box, label, confidence, shift in zip(
            np.maximum(given.boxes - corner, 0).tolist(), given.labels.tolist(),
            (given.confidences / 100).tolist(), tiles[:, :2].tolist(), strict=True,
        )
    ]  # fmt: skip
    return [prediction.get_shifted_object_prediction() for prediction in found]


def sahi(given: DetectionSet, kind: str, metric: str, threshold: float) -> Merged:
    """Merges with SAHI's objects as input and output. A merge changes its input, so each gets new
    ones."""
    merge = TYPES[kind](match_threshold=threshold, match_metric=metric, class_agnostic=False)
    found = merge(sahi_objects(given))
    return Merged(
        boxes=np.array([prediction.bbox.to_xyxy() for prediction in found], float).reshape(-1, 4),
        confidences=np.array([prediction.score.value * 100 for prediction in found]),
        labels=np.array([prediction.category.id for prediction in found], dtype=np.int64),
    )


def sahi_grid() -> dict[str, Callable[..., Merged]]:
    """Returns every type, metric and threshold of SAHI by its name."""
    return {
        f"SAHI {kind} {metric} {threshold:g}": partial(
            sahi, kind=kind, metric=metric, threshold=threshold
        )
        for kind, metric, threshold in product(TYPES, METRICS, THRESHOLDS)
    }


def supervision_nmm(given: DetectionSet) -> Merged:
    """Merges overlapping boxes with supervision, IOS .5, by label."""
    found = _sv(given).with_nmm(threshold=0.5, overlap_metric=supervision.OverlapMetric.IOS)
    return _of(found)


def supervision_nms(given: DetectionSet) -> Merged:
    return _of(_sv(given).with_nms(threshold=0.5))


def lsnms_nms(given: DetectionSet) -> Merged:
    keep = lsnms.nms(
        given.boxes, given.confidences, iou_threshold=0.5, class_ids=given.labels.astype(np.int64)
    )
    return Merged(
        boxes=given.boxes[keep], confidences=given.confidences[keep], labels=given.labels[keep]
    )


def _sv(given: DetectionSet) -> supervision.Detections:
    return supervision.Detections(
        xyxy=given.boxes, confidence=given.confidences, class_id=given.labels.astype(int)
    )


def _of(found: supervision.Detections) -> Merged:
    return Merged(
        boxes=found.xyxy.astype(float), confidences=found.confidence, labels=found.class_id
    )
