"""Pages of boxes, and what the tiles of a grid see of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from tilescout.merging import MergedBoxes, merge_detections
from tilescout.tiling.grid import TileGrid


@dataclass(frozen=True)
class Seen:
    """The arguments of `merge_detections`, as arrays."""

    boxes: np.ndarray
    confidences: np.ndarray
    labels: np.ndarray
    tiles: np.ndarray
    tile_boxes: np.ndarray
    page: tuple[float, float]

    def merged(self) -> MergedBoxes:
        return merge_detections(
            self.boxes, self.confidences, self.labels, self.tiles, self.tile_boxes, self.page
        )

    def at(self, rows) -> Seen:
        return replace(
            self,
            boxes=self.boxes[rows],
            confidences=self.confidences[rows],
            labels=self.labels[rows],
            tiles=self.tiles[rows],
        )

    def with_box(self, box, *, tile, label=0, confidence=50.0) -> Seen:
        return replace(
            self,
            boxes=np.concatenate((self.boxes, [box])),
            confidences=np.append(self.confidences, confidence),
            labels=np.append(self.labels, label),
            tiles=np.append(self.tiles, tile),
        )


def tile_boxes_of(grid: TileGrid, width: int, height: int) -> np.ndarray:
    tiles = [tile.box for tile in grid.tiles(width, height)]
    return np.array([(box.left, box.top, box.right, box.bottom) for box in tiles])


def seen_by(grid: TileGrid, size: int, boxes, labels, *, noise=0.0, found=1.0, seed=0) -> Seen:
    """Returns what a detector sees of the boxes, off by ``noise`` px where it is not cut."""
    rng = np.random.default_rng(seed)
    tiles = tile_boxes_of(grid, size, size)
    rows = []
    for box, label in zip(np.reshape(boxes, (-1, 4)), labels, strict=True):
        for number, tile in enumerate(tiles):
            part = np.concatenate((np.maximum(box[:2], tile[:2]), np.minimum(box[2:], tile[2:])))
            if (part[2:] > part[:2]).all() and rng.random() < found:
                slack = min(noise, 0.4 * (part[2:] - part[:2]).min())
                off = np.where(part == box, rng.uniform(-slack, slack, 4), 0)
                rows.append((*(part + off), rng.uniform(40, 99), label, number))
    table = np.array(rows, dtype=np.float64).reshape(-1, 7)
    return Seen(
        boxes=table[:, :4],
        confidences=table[:, 4],
        labels=table[:, 5].astype(int),
        tiles=table[:, 6].astype(int),
        tile_boxes=tiles,
        page=(size, size),
    )


def outcome(merged: MergedBoxes) -> list[tuple]:
    """Returns the merged objects, sorted: members, label, box, open sides."""
    return sorted(
        (
            tuple(sorted(merged.members_of(row).tolist())),
            int(merged.labels[row]),
            tuple(np.round(merged.boxes[row], 6).tolist()),
            tuple(merged.open_sides[row].tolist()),
        )
        for row in range(len(merged.boxes))
    )


SIZE = 600


@st.composite
def grids(draw, least_overlap=0):
    size = draw(st.integers(100, 300))
    return TileGrid(size, draw(st.integers(least_overlap, size // 2)))


@st.composite
def pages(draw, apart=12, smallest=4):
    """Boxes (whole px) of all sizes up to the page, ``apart`` px from each other."""

    def split(box, depth):
        left, top, right, bottom = box
        width, height = right - left, bottom - top
        room = 2 * smallest + apart
        if depth == 0 or max(width, height) < room or draw(st.integers(0, 9)) == 0:
            return [box]
        if width >= height:
            cut = draw(st.integers(left + smallest, right - smallest - apart))
            one, two = (left, top, cut, bottom), (cut + apart, top, right, bottom)
        else:
            cut = draw(st.integers(top + smallest, bottom - smallest - apart))
            one, two = (left, top, right, cut), (left, cut + apart, right, bottom)
        return [*split(one, depth - 1), *split(two, depth - 1)]

    boxes = split((0, 0, SIZE, SIZE), draw(st.integers(0, 4)))
    kept = [box for box in boxes if draw(st.integers(0, 3))]
    return np.array(kept, dtype=np.float64).reshape(-1, 4)


@st.composite
def crowds(draw):
    """Returns what a poor detector sees of a crowded page: overlaps, few labels, parts missed."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(0, 40))
    corner = rng.uniform(0, SIZE - 30, (count, 2))
    size = np.exp(rng.uniform(np.log(5), np.log(400), (count, 2)))
    boxes = np.concatenate((corner, np.minimum(corner + size, SIZE)), axis=1)
    labels = rng.integers(0, 3, count)
    seed = int(rng.integers(2**31))
    return seen_by(draw(grids()), SIZE, boxes, labels, noise=2.0, found=0.9, seed=seed)
