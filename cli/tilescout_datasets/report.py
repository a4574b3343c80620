"""The contents of a data set: objects of each label on each side, their sizes, and its faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tilescout.geometry import Box, ios
from tilescout_datasets.annotations import AnnotatedTile, LookAlike
from tilescout_datasets.datasets import Dataset
from tilescout_datasets.faults import Fault, LabelReport, faults

SAME_OBJECT = 0.8
"""Share of a view that lies in another of the page: they show one object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetReport:
    """``empty`` share of the tiles has no object, 0 to 1. Each of ``faults`` has its remedy.

    ``look_alikes`` has the likest first; it is None where nobody looked for them.
    """

    train_tiles: int
    test_tiles: int
    empty: float
    labels: tuple[LabelReport, ...]
    faults: tuple[Fault, ...]
    look_alikes: tuple[LookAlike, ...] | None

    @property
    def has_errors(self) -> bool:
        return any(each.severity == "error" for each in self.faults)


def report(dataset: Dataset, look_alikes: Sequence[LookAlike] | None = None) -> DatasetReport:
    tiles = dataset.train + dataset.test
    names = sorted({each.label for tile in tiles for each in tile.annotations})
    labels = tuple(_label(name, dataset) for name in names)
    return DatasetReport(
        train_tiles=len(dataset.train),
        test_tiles=len(dataset.test),
        empty=sum(not tile.annotations for tile in tiles) / max(1, len(tiles)),
        labels=labels,
        faults=tuple(faults(dataset, labels, look_alikes or ())),
        look_alikes=None if look_alikes is None else tuple(look_alikes),
    )


def _label(name: str, dataset: Dataset) -> LabelReport:
    train, test = _objects(dataset.train, name), _objects(dataset.test, name)
    sides = [min(box.width, box.height) for box in train + test]
    return LabelReport(
        label=name,
        train=len(train),
        test=len(test),
        smallest_px=min(sides),
        median_px=median(sides),
    )


def _objects(tiles: list[AnnotatedTile], name: str) -> list[Box]:
    """Boxes on their pages, each once: of the tiles that show an object the fullest view."""
    views = [
        (tile.page, each.box.shift(tile.left, tile.top))
        for tile in tiles
        for each in tile.annotations
        if each.label == name
    ]
    views.sort(key=lambda view: -view[1].area)
    kept: dict[str, list[Box]] = {}
    for page, box in views:
        of_page = kept.setdefault(page, [])
        if all(ios(box, other) < SAME_OBJECT for other in of_page):
            of_page.append(box)
    return [box for of_page in kept.values() for box in of_page]
