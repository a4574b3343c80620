"""How right detections of pages are: F1 at the thresholds as they are, and COCO's mAP at IoU .5."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster

from tilescout.geometry import Box, iou
from tilescout_train.annotations import Annotation

MATCH_IOU = 0.5
SIZES = {"under 32 px": (0, 32), "32 to 64 px": (32, 64), "over 64 px": (64, math.inf)}
"""Of an object: the square root of its box's area, at the profile's dpi."""


@dataclass(frozen=True, slots=True)
class Found:
    """One detection; confidence 0 to 100."""

    label: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class Page:
    """What is on a page and what was found; ``near_misses`` are drawings that only resemble."""

    truth: tuple[Annotation, ...]
    found: tuple[Found, ...]
    near_misses: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Over all pages; ``fooled`` of the wrong ones lie on near misses."""

    objects: int
    right: int
    wrong: int
    fooled: int

    @property
    def recall(self) -> float:
        return self.right / max(1, self.objects)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, self.objects + self.right + self.wrong)


def counts(pages: Sequence[Page], least_confidence: float) -> Counts:
    """Each object is found once, by the most confident detection of its label over it."""
    right = wrong = fooled = 0
    for page in pages:
        left_over = list(page.truth)
        sure = [each for each in page.found if each.confidence >= least_confidence]
        for each in sorted(sure, key=lambda found: -found.confidence):
            match = _match(each, left_over)
            if match is not None:
                left_over.remove(match)
                right += 1
                continue
            wrong += 1
            fooled += any(iou(each.box, near) >= MATCH_IOU / 2 for near in page.near_misses)
    objects = sum(len(page.truth) for page in pages)
    return Counts(objects=objects, right=right, wrong=wrong, fooled=fooled)


def _match(found: Found, truth: list[Annotation]) -> Annotation | None:
    same = [each for each in truth if each.label == found.label]
    best = max(same, key=lambda each: iou(each.box, found.box), default=None)
    return best if best is not None and iou(best.box, found.box) >= MATCH_IOU else None


def recall_by_size(pages: Sequence[Page], least_confidence: float) -> dict[str, float]:
    """Share of the objects of each size that are found."""
    recalls = {}
    for name, (least, most) in SIZES.items():
        parts = [
            Page(tuple(each for each in page.truth if least <= each.box.area**0.5 < most),
                 page.found)
            for page in pages
        ]  # fmt: skip
        recalls[name] = counts(parts, least_confidence).recall
    return recalls


def mean_average_precision(pages: Sequence[Page], labels: Sequence[str]) -> float:
    """COCO's mAP at IoU .5 over all detections, by faster-coco-eval."""
    truth, found = COCO(), []
    truth.dataset = {
        "images": [{"id": number} for number in range(1, len(pages) + 1)],
        "categories": [{"id": number, "name": name} for number, name in enumerate(labels, 1)],
        "annotations": [],
    }
    for image, page in enumerate(pages, 1):
        for each in page.truth:
            truth.dataset["annotations"].append({
                "id": len(truth.dataset["annotations"]) + 1, "image_id": image, "iscrowd": 0,
                "category_id": labels.index(each.label) + 1, "bbox": _sides(each.box),
                "area": each.box.area,
            })  # fmt: skip
        found += [
            {"image_id": image, "category_id": labels.index(each.label) + 1,
             "bbox": _sides(each.box), "score": each.confidence}
            for each in page.found
        ]  # fmt: skip
    if not found:
        return 0.0
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        evaluation = COCOeval_faster(truth, truth.loadRes(found), "bbox")
        evaluation.params.iouThrs = np.array([MATCH_IOU])
        # COCO looks at 100 detections an image; a sheet has more.
        evaluation.params.maxDets = [1, 10, max(map(len, (page.found for page in pages)))]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][0, :, :, 0, 2]
    return float(precision[precision > -1].mean())


def _sides(box: Box) -> list[float]:
    return [box.left, box.top, box.width, box.height]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table; ratios are 0 to 1."""

    how: str
    counts: Counts
    mean_average_precision: float
    recalls: dict[str, float]
