"""Computes COCO's mean average precision with faster-coco-eval."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from tilescout_evaluate.metrics.matching import Floats, ObjectPage

IOUS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))


class NotInstalled(Exception):
    """A package that only evaluation needs is missing; the message tells how to install it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanAveragePrecision:
    """The mean average precision, 0 to 1; ``by_label`` is at IoU .5, for labels that have
    objects."""

    at_half: float
    at_all: float
    by_label: dict[str, float]


def require_coco() -> None:
    """Raises NotInstalled unless faster-coco-eval is installed."""
    if find_spec("faster_coco_eval") is None:
        raise NotInstalled(
            "mean average precision needs faster-coco-eval; install it: "
            "pip install 'tilescout[evaluate]'"
        )


def mean_average_precision(
    pages: Sequence[ObjectPage], labels: Sequence[str]
) -> MeanAveragePrecision:
    """Returns the precision at IoU .5 and over .5 to .95, of all detected boxes of the pages.

    Labels without an object do not count, as in COCO. Raises NotInstalled.
    """
    require_coco()
    precision = _precisions(pages, labels)
    known = [at for at in range(len(labels)) if (precision[:, :, at] > -1).any()]
    means = {labels[at]: precision[:, :, at].mean(axis=1) for at in known}
    return MeanAveragePrecision(
        at_half=_mean([float(mean[0]) for mean in means.values()]),
        at_all=_mean([float(mean.mean()) for mean in means.values()]),
        by_label={name: float(precisions[0]) for name, precisions in means.items()},
    )


def _mean(values: list[float]) -> float:
    return sum(values) / max(1, len(values))


def _precisions(pages: Sequence[ObjectPage], labels: Sequence[str]) -> Floats:
    """Returns precisions (IoUs x recalls x labels); they are -1 for a label without an object."""
    from faster_coco_eval import COCO, COCOeval_faster

    found = _found(pages)
    if not found:
        has = [any((page.true_labels == at).any() for page in pages) for at in range(len(labels))]
        return np.broadcast_to(np.where(has, 0.0, -1.0), (len(IOUS), 1, len(labels)))
    truth = COCO()
    truth.dataset = _truth(pages, labels)
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        evaluation = COCOeval_faster(truth, truth.loadRes(found), "bbox")
        # COCO limits an image to 100 detections; a sheet has more.
        evaluation.params.maxDets = [1, 10, max(len(page.boxes) for page in pages)]
        evaluation.params.areaRng = evaluation.params.areaRng[:1]
        evaluation.params.areaRngLbl = evaluation.params.areaRngLbl[:1]
        evaluation.evaluate()
        evaluation.accumulate()
    return np.asarray(evaluation.eval["precision"][:, :, :, 0, 2])


def _truth(pages: Sequence[ObjectPage], labels: Sequence[str]) -> dict[str, Any]:
    objects: list[dict[str, Any]] = []
    for image, page in enumerate(pages, 1):
        rows = [(box, int(label), 0) for box, label in
                zip(page.true_boxes, page.true_labels, strict=True)]  # fmt: skip
        rows += [(box, label, 1) for box in page.ignored for label in range(len(labels))]
        for box, label, is_crowd in rows:
            sides = _sides(box)
            objects.append({
                "id": len(objects) + 1, "image_id": image, "iscrowd": is_crowd,
                "category_id": label + 1, "bbox": sides, "area": sides[2] * sides[3],
            })  # fmt: skip
    return {
        "images": [{"id": image} for image in range(1, len(pages) + 1)],
        "categories": [{"id": number, "name": name} for number, name in enumerate(labels, 1)],
        "annotations": objects,
    }


def _found(pages: Sequence[ObjectPage]) -> list[dict[str, Any]]:
    return [
        {"image_id": image, "category_id": int(label) + 1, "bbox": _sides(box),
         "score": float(confidence)}
        for image, page in enumerate(pages, 1)
        for box, label, confidence in zip(page.boxes, page.labels, page.confidences, strict=True)
    ]  # fmt: skip


def _sides(box: Floats) -> list[float]:
    left, top, right, bottom = map(float, box)
    return [left, top, right - left, bottom - top]
