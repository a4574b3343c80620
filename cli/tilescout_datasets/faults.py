"""Faults of a data set, each with its remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tilescout_datasets.annotations import LookAlike
from tilescout_datasets.datasets import Dataset
from tilescout_datasets.formats import ground_truth

FEW = 20
"""Objects of a label to train with; docs/symbol_annotations.md shows what fewer and more give."""
SMALL_PX = 12
IMBALANCE = 10

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelReport:
    """Objects on the pages of each part; their shorter sides in tile px."""

    label: str
    train: int
    test: int
    smallest_px: float
    median_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """With an error what is measured on the set is worth nothing; a warning costs accuracy."""

    severity: Severity
    label: str
    text: str


def faults(
    dataset: Dataset, labels: Sequence[LabelReport], look_alikes: Sequence[LookAlike]
) -> Iterator[Fault]:
    """Errors and warnings of one data set; a fault of no label has an empty one."""
    yield from _leak(dataset)
    for each in labels:
        yield from _of_label(each)
    yield from _imbalance(labels)
    yield from _crowded(dataset)
    yield from _look_alikes(look_alikes)


def _leak(dataset: Dataset) -> Iterator[Fault]:
    both = {tile.page for tile in dataset.train} & {tile.page for tile in dataset.test}
    if both:
        yield Fault(
            severity="error",
            label="",
            text=f"tiles of one page overlap, so a page must be in one part; {sorted(both)[0]} is "
            "in both; build the data set again",
        )


def _of_label(each: LabelReport) -> Iterator[Fault]:
    if not each.train:
        yield _error(each, f"{each.label} is on held-out pages only; annotate it on another page")
    elif each.train < FEW:
        yield _warning(
            each,
            f"{each.label} has {each.train} objects to train with; with fewer than {FEW} it "
            "is learnt poorly; annotate more",
        )
    if not each.test:
        yield _error(
            each,
            f"{each.label} is on no held-out page, so its threshold is a guess; annotate it "
            "on more pages or choose another --seed",
        )
    if each.median_px < SMALL_PX:
        yield _warning(
            each,
            f"{each.label} is {each.median_px:.0f} px wide or high in the median; under "
            f"{SMALL_PX} px its shape is lost; choose a higher dpi",
        )


def _imbalance(labels: Sequence[LabelReport]) -> Iterator[Fault]:
    known = [each for each in labels if each.train]
    if not known:
        return
    rare, common = (at(known, key=lambda each: each.train) for at in (min, max))
    if common.train > IMBALANCE * rare.train:
        yield _warning(
            rare,
            f"{rare.label} has {rare.train} objects and {common.label} {common.train}; the "
            "rare one is repeated in training, but more of it helps more",
        )


def _crowded(dataset: Dataset) -> Iterator[Fault]:
    crowded = sum(not ground_truth.fits(tile) for tile in dataset.train + dataset.test)
    if crowded:
        yield Fault(
            severity="warning",
            label="",
            text=f"Custom Labels takes {ground_truth.MAX_BOXES} boxes an image; {crowded} tiles "
            "have more and are not in the manifests; choose a smaller tile_size for it",
        )


def _look_alikes(found: Sequence[LookAlike]) -> Iterator[Fault]:
    """The likest of each label is named; ``found`` has the likest first."""
    counts = Counter(each.label for each in found)
    first = {each.label: each for each in reversed(found)}
    for label, count in sorted(counts.items()):
        likest = first[label]
        x, y = (round(value) for value in likest.box.centre)
        places = "1 place looks" if count == 1 else f"{count} places look"
        yield Fault(
            severity="warning",
            label=label,
            text="what looks like an object must be annotated, or it is learnt as empty; "
            f"{places} like {label} without being annotated, the likest on {likest.page} at {x}, "
            f"{y} px; annotate those that are one, and build the data set again",
        )


def _error(each: LabelReport, text: str) -> Fault:
    return Fault(severity="error", label=each.label, text=text)


def _warning(each: LabelReport, text: str) -> Fault:
    return Fault(severity="warning", label=each.label, text=text)
