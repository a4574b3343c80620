"""Pictures of what the network sees of a data set, pixel by pixel, enlarged."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from tilescout.detectors.onnx.model import decoded
from tilescout.geometry import Box
from tilescout_datasets.annotations import AnnotatedTile
from tilescout_datasets.datasets import Dataset

EXAMPLES, EXAMPLE_PX, MARGIN = 12, 96, 0.3
RED, GREY = (200, 30, 30), (120, 120, 120)


def examples(dataset: Dataset) -> dict[str, Image.Image]:
    """Returns by label a row of up to 12 of its objects."""
    tiles = dataset.train + dataset.test
    names = sorted({each.label for tile in tiles for each in tile.annotations})
    return {name: _row(tiles, name) for name in names}


def sheet(rows: dict[str, Image.Image]) -> Image.Image:
    """Returns all rows in one picture."""
    drawn = Image.new("L", (EXAMPLES * EXAMPLE_PX, max(1, len(rows)) * EXAMPLE_PX), 255)
    for at, row in enumerate(rows.values()):
        drawn.paste(row, (0, at * EXAMPLE_PX))
    return drawn


def _row(tiles: list[AnnotatedTile], name: str) -> Image.Image:
    places = [(tile, each.box) for tile in tiles for each in tile.annotations if each.label == name]
    drawn = np.random.default_rng(1).permutation(len(places))[:EXAMPLES]
    row = Image.new("L", (EXAMPLES * EXAMPLE_PX, EXAMPLE_PX), 255)
    for column, at in enumerate(drawn):
        row.paste(cut(*places[at]), (column * EXAMPLE_PX, 0))
    return row


def cut(tile: AnnotatedTile, box: Box) -> Image.Image:
    """A square around a box in tile px, every pixel of the tile enlarged or shrunk alike."""
    reach = (0.5 + MARGIN) * max(box.width, box.height)
    x, y = box.centre
    region = tuple(map(round, (x - reach, y - reach, x + reach, y + reach)))
    page = Image.new("L", (region[2] - region[0], region[3] - region[1]), 255)
    page.paste(_pixels(tile), (-region[0], -region[1]))
    return page.resize((EXAMPLE_PX - 4, EXAMPLE_PX - 4), Image.Resampling.NEAREST)


def fullest_tile(dataset: Dataset) -> Image.Image:
    """The tile with the most objects as the network gets it: boxes red, ignored parts grey."""
    tile = max(dataset.train + dataset.test, key=lambda each: len(each.annotations))
    drawn = _pixels(tile).convert("RGB")
    pen = ImageDraw.Draw(drawn)
    for box in tile.ignored:
        pen.rectangle(box.rounded(), outline=GREY)
    for each in tile.annotations:
        pen.rectangle(each.box.rounded(), outline=RED, width=2)
    return drawn


def _pixels(tile: AnnotatedTile) -> Image.Image:
    return Image.fromarray(decoded(tile.file.read_bytes()))
