"""Evaluates detected objects against the true ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from tilescout_evaluate.metrics import coco_precision, counts, curves, groups
from tilescout_evaluate.metrics.coco_precision import MeanAveragePrecision
from tilescout_evaluate.metrics.counts import Counts
from tilescout_evaluate.metrics.curves import Curve, Verdicts
from tilescout_evaluate.metrics.groups import Groups
from tilescout_evaluate.metrics.matching import (
    Flags,
    Ints,
    ObjectPage,
    Overlaps,
    counted_boxes,
    match_boxes,
    overlaps,
    with_same_label,
)
from tilescout_evaluate.metrics.seams import Defects, defects

STEPS = (0.5, 0.75, 0.9)
MATCH_IOU = STEPS[0]


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid of tiles that the pages were detected with: tile size and smallest overlap in px."""

    tile_size: int
    overlap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectScores:
    """The scores over all pages; ``by_tile`` and ``by_seam`` are empty if the grid is unknown.

    ``confusion`` is that of `curves.confusion`. ``curves`` are by label, and of all under "".
    """

    labels: tuple[str, ...]
    at: dict[float, Counts]
    by_label: dict[str, Counts]
    by_size: dict[str, Counts]
    by_tile: dict[str, Counts]
    by_seam: dict[str, Counts]
    defects: Defects
    precision: MeanAveragePrecision
    confusion: Ints
    curves: dict[str, Curve]


@dataclass(frozen=True, slots=True)
class MatchedPage:
    """A page matched at IoU .5 of equal labels, with ``owners`` and ``counts`` per detected box."""

    page: ObjectPage
    near: Overlaps
    owners: Ints
    counts: Flags

    def to_counts(self) -> Counts:
        """Returns the counts at IoU .5."""
        return Counts(
            objects=len(self.page.true_boxes),
            detections=int(self.counts.sum()),
            true_positives=int((self.owners >= 0).sum()),
        )


def match_page(page: ObjectPage) -> MatchedPage:
    near = with_same_label(page, overlaps(page.true_boxes, page.boxes))
    owners = match_boxes(near, page.confidences, MATCH_IOU)
    return MatchedPage(page, near, owners, counted_boxes(page, owners))


def verdicts(pages: Iterable[MatchedPage], label: int | None = None) -> Verdicts:
    """Returns the verdicts for one label, or for all."""
    parts = []
    for page in pages:
        chosen = page.counts if label is None else page.counts & (page.page.labels == label)
        truth = page.page.true_labels
        objects = len(truth) if label is None else int((truth == label).sum())
        parts.append(Verdicts(page.page.confidences[chosen], page.owners[chosen] >= 0, objects))
    return curves.joined(parts)


def evaluate(
    pages: Sequence[ObjectPage],
    labels: Sequence[str],
    grid: Grid | None = None,
    min_confidence: float = 0.0,
) -> ObjectScores:
    """Returns the scores; ``labels`` are in the order of their numbers in ``pages``.

    Boxes below ``min_confidence`` (0 to 100) count for mAP and curves only. Raises NotInstalled
    without faster-coco-eval.
    """
    whole = [match_page(page) for page in pages]
    named = {"": verdicts(whole)}
    named |= {name: verdicts(whole, at) for at, name in enumerate(labels)}
    precision = coco_precision.mean_average_precision(pages, labels)
    pages = [page.above(min_confidence) for page in pages]
    every = [match_page(page) for page in pages]
    return ObjectScores(
        labels=tuple(labels),
        at={step: counts.total(_at(page, step) for page in every) for step in STEPS},
        by_label=_grouped(every, [groups.by_label(page, labels) for page in pages]),
        by_size=_grouped(every, [groups.by_size(page) for page in pages]),
        by_tile=_grouped(every, _by_tile(pages, grid)),
        by_seam=_grouped(every, [groups.by_seam(page) for page in pages] if grid else []),
        defects=reduce(add, (_defects(page) for page in every), Defects.none()),
        precision=precision,
        confusion=_confusion(pages, len(labels)),
        curves={name: curves.curve(found) for name, found in named.items()},
    )


def _at(matched_page: MatchedPage, step: float) -> Counts:
    owners = match_boxes(matched_page.near, matched_page.page.confidences, step)
    return Counts(
        objects=len(matched_page.page.true_boxes),
        detections=int(counted_boxes(matched_page.page, owners).sum()),
        true_positives=int((owners >= 0).sum()),
    )


def _by_tile(pages: Sequence[ObjectPage], grid: Grid | None) -> list[Groups]:
    return [groups.by_tile(page, grid.tile_size, grid.overlap) for page in pages] if grid else []


def _grouped(every: list[MatchedPage], grouped: list[Groups]) -> dict[str, Counts]:
    if not grouped:
        return {}
    found = [
        groups.counts(names, page.owners, page.counts)
        for page, names in zip(every, grouped, strict=True)
    ]
    return {name: counts.total(part[name] for part in found) for name in grouped[0].names}


def _defects(matched_page: MatchedPage) -> Defects:
    near = matched_page.near.where(matched_page.counts[matched_page.near.found])
    return defects(near, matched_page.owners, len(matched_page.page.true_boxes))


def _confusion(pages: Sequence[ObjectPage], labels: int) -> Ints:
    none = np.zeros((labels + 1, labels + 1), dtype=np.int64)
    return sum((curves.confusion(page, labels, MATCH_IOU) for page in pages), none)
