"""Makes sets of the symbols that the sample model detects in tiles of unseen sheets.

Objects of 30 to 88 px; the grids make them smaller than the overlap, as large, and larger.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.merging.detection_sets import DetectionSet
from benchmarks.symbols.unseen_pages import Drawn, tiles_of, unseen_pages
from tilescout.detections import ObjectSeen
from tilescout.detectors.onnx.answers import objects_seen
from tilescout.detectors.onnx.model import OnnxModel
from tilescout.neighbours import sides_of
from tilescout.tiling.grid import Tile, TileGrid
from tilescout_local.engines.symbol_detector import SAMPLE_MODEL

GRIDS = {
    "smaller than the overlap": TileGrid(1_024, 128),
    "near the overlap": TileGrid(512, 56),
    "larger than the overlap": TileGrid(256, 24),
    "larger, no overlap": TileGrid(256, 0),
}
FLOORS = {"surer than 50": 50.0, "surer than 15": 15.0}
"""The smallest confidences: the one that a run asks for, and one that includes much doubtful."""


def symbol_sets() -> Iterator[DetectionSet]:
    """Yields one set per page, grid and floor; those of one grid and floor have one name."""
    model = OnnxModel(SAMPLE_MODEL)
    with tempfile.TemporaryDirectory() as folder:
        drawn = [Drawn(page, *tiles_of(page)) for page in unseen_pages(Path(folder))]
    for page in drawn:
        picture = page.picture()
        for sizes, grid in GRIDS.items():
            for sure, floor in FLOORS.items():
                yield _set(f"symbols {sizes}, {sure}", model, page, picture, grid, floor)


def _set(
    name: str,
    model: OnnxModel,
    drawn: Drawn,
    picture: NDArray[np.uint8],
    grid: TileGrid,
    floor: float,
) -> DetectionSet:
    tiles = grid.tiles(*drawn.size)
    seen = [
        (tile.index, detected) for tile in tiles for detected in _found(model, picture, tile, floor)
    ]
    labels = model.card.labels
    return DetectionSet(
        name=name,
        page=(float(drawn.size[0]), float(drawn.size[1])),
        tile_boxes=sides_of([tile.box for tile in tiles]),
        tile_scales=np.ones(len(tiles)),
        boxes=sides_of([detected.box for _, detected in seen]),
        confidences=np.array([detected.confidence for _, detected in seen]),
        labels=np.array([labels.index(detected.label) for _, detected in seen]),
        tiles=np.array([tile for tile, _ in seen]),
        true_boxes=sides_of([item.box for item in drawn.page.truth]),
        true_labels=np.array([labels.index(item.label) for item in drawn.page.truth]),
        owners=np.full(len(seen), -1),
    )


def _found(
    model: OnnxModel, picture: NDArray[np.uint8], tile: Tile, floor: float
) -> tuple[ObjectSeen, ...]:
    left, top, right, bottom = tile.box.rounded()
    part = np.full((bottom - top, right - left), 255, np.uint8)
    shown = picture[top:bottom, left:right]
    part[: shown.shape[0], : shown.shape[1]] = shown
    return objects_seen(model.find(part, floor), model.card, tile)
