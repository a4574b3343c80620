"""Connected ink of real drawings as a detector: faultless, and its objects are of every size.

Each piece of ink of a tile is a detection, each piece of the whole page the ground truth. Letters
stand in frames, frames in frames, and lines run over the page: nested, cut and larger than a tile.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.merging.detection_sets import DetectionSet
from benchmarks.merging.read_tiles import drawn
from tilescout.tiling import TileGrid

DARK = 160
SMALLEST_PX = 8
"""Pieces smaller than this in both directions are dots."""
WHOLE, CUT = 90.0, 60.0
"""Confidence of a piece inside its tile and of one at its edge."""


def ink_set(path: Path, page: int, dpi: int, size: int, overlap: int) -> DetectionSet:
    """The page's pieces of ink, whole and as its tiles see them, one label."""
    ink = drawn(path, page, dpi)[:, :, 0] < DARK
    height, width = ink.shape
    tiles = [tile.box for tile in TileGrid(size, overlap).tiles(width, height)]
    boxes, numbers, confidences = [], [], []
    for number, tile in enumerate(tiles):
        left, top, right, bottom = tile.rounded()
        found = _pieces(ink[top:bottom, left:right])
        edge = np.array([0, 0, min(size, width - left), min(size, height - top)])
        is_cut = (found == edge).any(axis=1)
        boxes.append(found + np.array([left, top, left, top]))
        numbers.append(np.full(len(found), number))
        confidences.append(np.where(is_cut, CUT, WHOLE))
    truth = _pieces(ink)
    count = sum(len(each) for each in boxes)
    return DetectionSet(
        name=f"ink, {path.stem}, {size:,} / {overlap}",
        page=(float(width), float(height)),
        tile_boxes=np.array([[t.left, t.top, t.right, t.bottom] for t in tiles]),
        tile_scales=np.ones(len(tiles)),
        boxes=np.concatenate(boxes).astype(np.float64),
        confidences=np.concatenate(confidences),
        labels=np.zeros(count, np.int64),
        tiles=np.concatenate(numbers),
        true_boxes=truth.astype(np.float64),
        true_labels=np.zeros(len(truth), np.int64),
        owners=np.full(count, -1, np.int64),
    )


def _pieces(ink: NDArray[np.bool_]) -> NDArray[np.int32]:
    _, _, found, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    left, top, width, height = found[1:, :4].T
    kept = (width >= SMALLEST_PX) | (height >= SMALLEST_PX)
    return np.asarray(np.stack((left, top, left + width, top + height), axis=1)[kept], np.int32)
