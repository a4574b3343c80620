"""What a data set holds and what about it will disappoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np
from PIL import Image

from tilescout.geometry import Box, ios
from tilescout.onnx_model import decoded
from tilescout_train.annotations import AnnotatedTile
from tilescout_train.datasets import Dataset
from tilescout_train.manifest import MOST_BOXES

FEW = 20
"""Objects of a label to train with; docs/symbol_annotations.md shows what fewer and more give."""
SMALL_PX = 12
IMBALANCE = 10
SAME_OBJECT = 0.8
"""Share of a view that lies in another of the page: they show one object."""
EXAMPLES, EXAMPLE_PX, MARGIN = 12, 96, 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelReport:
    """Objects on the pages of each part; their shorter sides in tile px."""

    label: str
    train: int
    test: int
    smallest_px: float
    median_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetReport:
    """``empty`` share of the tiles has no object, 0 to 1. Each of ``warnings`` has its remedy."""

    train_tiles: int
    test_tiles: int
    empty: float
    labels: tuple[LabelReport, ...]
    warnings: tuple[str, ...]


def report(dataset: Dataset) -> DatasetReport:
    tiles = dataset.train + dataset.test
    names = sorted({each.label for tile in tiles for each in tile.annotations})
    labels = tuple(_label(name, dataset) for name in names)
    return DatasetReport(
        train_tiles=len(dataset.train),
        test_tiles=len(dataset.test),
        empty=sum(not tile.annotations for tile in tiles) / max(1, len(tiles)),
        labels=labels,
        warnings=tuple(_warnings(dataset, labels)),
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


def _warnings(dataset: Dataset, labels: tuple[LabelReport, ...]) -> Iterator[str]:
    both = {tile.page for tile in dataset.train} & {tile.page for tile in dataset.test}
    if both:
        yield (
            f"tiles of one page overlap, so a page must be in one part; {sorted(both)[0]} is in "
            "both; build the data set again"
        )
    for each in labels:
        if not each.train:
            yield f"{each.label} is on held-out pages only; annotate it on another page"
        elif each.train < FEW:
            yield (
                f"{each.label} has {each.train} objects to train with; with fewer than {FEW} it "
                "is learnt poorly; annotate more"
            )
        if not each.test:
            yield (
                f"{each.label} is on no held-out page, so its threshold is a guess; annotate it "
                "on more pages or choose another --seed"
            )
        if each.median_px < SMALL_PX:
            yield (
                f"{each.label} is {each.median_px:.0f} px wide or high in the median; under "
                f"{SMALL_PX} px its shape is lost; choose a higher dpi"
            )
    counts = {each.label: each.train for each in labels if each.train}
    if counts and max(counts.values()) > IMBALANCE * min(counts.values()):
        rare = min(counts, key=lambda label: counts[label])
        yield (
            f"{rare} has {counts[rare]} objects and another label {max(counts.values())}; the "
            "rare one is repeated in training, but more of it helps more"
        )
    crowded = sum(len(tile.annotations) > MOST_BOXES for tile in dataset.train + dataset.test)
    if crowded:
        yield (
            f"Custom Labels takes {MOST_BOXES} boxes an image; {crowded} tiles have more and are "
            "not in the manifests; choose a smaller tile_size for it"
        )


def picture(dataset: Dataset) -> Image.Image:
    """A row a label: up to 12 of its objects as the network gets them, enlarged."""
    tiles = dataset.train + dataset.test
    names = sorted({each.label for tile in tiles for each in tile.annotations})
    sheet = Image.new("L", (EXAMPLES * EXAMPLE_PX, max(1, len(names)) * EXAMPLE_PX), 255)
    for row, name in enumerate(names):
        for column, example in enumerate(_examples(tiles, name)):
            sheet.paste(example, (column * EXAMPLE_PX, row * EXAMPLE_PX))
    return sheet


def _examples(tiles: list[AnnotatedTile], name: str) -> list[Image.Image]:
    places = [(tile, each.box) for tile in tiles for each in tile.annotations if each.label == name]
    drawn = np.random.default_rng(1).permutation(len(places))[:EXAMPLES]
    return [_cut(*places[at]) for at in drawn]


def _cut(tile: AnnotatedTile, box: Box) -> Image.Image:
    reach = (0.5 + MARGIN) * max(box.width, box.height)
    x, y = box.centre
    region = tuple(map(round, (x - reach, y - reach, x + reach, y + reach)))
    page = Image.new("L", (region[2] - region[0], region[3] - region[1]), 255)
    page.paste(Image.fromarray(decoded(tile.file.read_bytes())), (-region[0], -region[1]))
    return page.resize((EXAMPLE_PX - 4, EXAMPLE_PX - 4), Image.Resampling.NEAREST)
