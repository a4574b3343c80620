"""Uses the connected ink of real drawings as a faultless detector of objects of every size.

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
from tilescout.tiling.grid import TileGrid

DARK = 160
MIN_SIDE_PX = 8
"""Pieces smaller than this in both directions are dots."""
WHOLE, CUT = 90.0, 60.0
"""Confidence of a piece inside its tile and of one at its edge."""


def ink_set(path: Path, page: int, dpi: int, size: int, overlap: int) -> DetectionSet:
    """Returns the page's pieces of ink, whole and as its tiles show them, with one label."""
    ink = drawn(path, page, dpi)[:, :, 0] < DARK
    height, width = ink.shape
    tiles = [tile.box for tile in TileGrid(size, overlap).tiles(width, height)]
    page_pieces, truth = _pieces(ink)
    boxes, numbers, confidences, owners = [], [], [], []
    for number, tile in enumerate(tiles):
        left, top, right, bottom = tile.rounded()
        tile_pieces, found = _pieces(ink[top:bottom, left:right])
        owners.append(_shown(page_pieces[top:bottom, left:right], tile_pieces, len(found)))
        edge = np.array([0, 0, min(size, width - left), min(size, height - top)])
        is_cut = (found == edge).any(axis=1)
        boxes.append(found + np.array([left, top, left, top]))
        numbers.append(np.full(len(found), number))
        confidences.append(np.where(is_cut, CUT, WHOLE))
    count = sum(len(box) for box in boxes)
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
        owners=np.concatenate(owners),
    )


def _pieces(ink: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Returns the row of each pixel's piece (-1 for none and for dots), and the pieces' boxes."""
    _, pixels, found, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    left, top, width, height = found.T[:4]
    kept = (width >= MIN_SIDE_PX) | (height >= MIN_SIDE_PX)
    kept[0] = False
    rows = np.where(kept, np.cumsum(kept) - 1, -1)
    boxes = np.stack((left, top, left + width, top + height), axis=1)[kept]
    return rows[pixels], np.asarray(boxes, np.int32)


def _shown(page: NDArray[np.int64], tile: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Returns the page's piece to which each of the tile's ``count`` pieces belongs."""
    owners = np.full(count, -1, np.int64)
    is_piece = tile >= 0
    owners[tile[is_piece]] = page[is_piece]
    return owners
