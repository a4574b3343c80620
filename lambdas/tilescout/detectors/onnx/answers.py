"""From a model's two maps to boxes: peaks, boxes around them, the same one once. numpy only.

The maps are CenterNet's (Zhou et al., "Objects as Points", 2019) with FCOS's distances to the
four sides (Tian et al., 2019). docs/detector.md states the format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tilescout.detections import ObjectSeen
from tilescout.errors import UnusableModel
from tilescout.geometry import Box
from tilescout.tiling.grid import Tile

FORMAT = "tilescout-centres/1"
PAPER = 255
WHITE_PAPER = "white"
"""In the metadata of a model that wants the paper of a tile made white."""
PAPER_PERCENTILE = 60
"""Most of a drawing is paper, so this share of its pixels is no lighter than the paper."""
MIN_PAPER = 100
"""Grey under which what covers most of a tile is not taken for paper."""
FLOOR = 5.0
"""Confidence under which nothing is reported; a profile's own floor lies above."""
SAME_IOU = 0.4
"""Two boxes of one label in one image that overlap more than this are one object."""
LIKE_IOU = 0.7
"""The same for boxes of different labels: an object has one."""
MAX_FOUND = 1000

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """The facts that a model file states of itself.

    ``thresholds`` (0 to 1 by label) divide right from wrong on held-out pages. Of the input: a
    side is a multiple of ``step`` px, a cell of the maps ``stride`` px wide; it was trained at
    ``dpi`` on tiles of ``tile_size`` px, whose paper was made white where ``paper_is_white``.
    """

    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    step: int
    stride: int
    dpi: int
    tile_size: int
    paper_is_white: bool = False

    def to_metadata(self) -> dict[str, str]:
        """Returns the members for the metadata of the ONNX file."""
        return {
            "format": FORMAT,
            "labels": json.dumps(self.labels),
            "thresholds": json.dumps(self.thresholds),
            "step": str(self.step),
            "stride": str(self.stride),
            "dpi": str(self.dpi),
            "tile_size": str(self.tile_size),
            **({"paper": WHITE_PAPER} if self.paper_is_white else {}),
        }


def model_card(metadata: Mapping[str, str]) -> ModelCard:
    """The card in an ONNX file's metadata. Raises UnusableModel where it is of another format."""
    if metadata.get("format") != FORMAT:
        raise UnusableModel(
            f"the metadata of the model must say format {FORMAT}; it says "
            f"{metadata.get('format', 'nothing')!r}; export it by tilescout onnx train"
        )
    try:
        return ModelCard(
            labels=tuple(json.loads(metadata["labels"])),
            thresholds=tuple(json.loads(metadata["thresholds"])),
            step=int(metadata["step"]),
            stride=int(metadata["stride"]),
            dpi=int(metadata["dpi"]),
            tile_size=int(metadata["tile_size"]),
            paper_is_white=metadata.get("paper") == WHITE_PAPER,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnusableModel(
            f"the metadata of format {FORMAT} must be whole; one of them is not: {error}; export "
            "it by tilescout onnx train"
        ) from error


def model_input(grey: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """A grey image (h x w) as the model takes it: 1 x 1 x H x W, padded with paper to ``step``."""
    height, width = grey.shape
    padded = np.pad(grey, ((0, -height % step), (0, -width % step)), constant_values=PAPER)
    return padded[None, None]


def whitened(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Returns the image with its paper at 255, so that a scan looks as a plot does."""
    paper = int(np.searchsorted(
        np.cumsum(np.bincount(grey.ravel(), minlength=256)), PAPER_PERCENTILE / 100 * grey.size
    ))  # fmt: skip
    if paper < MIN_PAPER or paper == PAPER:
        return grey
    levels = np.minimum(PAPER, np.arange(256) * PAPER / paper).astype(np.uint8)
    return levels[grey]


class Labelled(Protocol):
    """Whatever names a model's labels in the order of its classes."""

    @property
    def labels(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class FoundBoxes:
    """``boxes`` n x 4 (left, top, right, bottom, image px), ``confidences`` n (0 to 100), the
    most confident first; ``labels`` n (places in the card); ``angles`` n (degrees, clockwise) of
    models of oriented boxes, ``likeness`` n (0 to 1) of finds that references name."""

    boxes: Floats
    confidences: Floats
    labels: NDArray[np.int64]
    angles: Floats | None = None
    likeness: Floats | None = None


def found_boxes(
    scores: Floats, sides: Floats, card: ModelCard, size: tuple[int, int], floor: float = FLOOR
) -> FoundBoxes:
    """The objects of one image of ``size`` (width, height px).

    ``scores`` labels x h x w (0 to 1) and ``sides`` 4 x h x w (px from the cell's centre to left,
    top, right, bottom) are the model's maps. A confidence of 50 is the label's own threshold;
    nothing below ``floor`` is given.
    """
    thresholds = np.asarray(card.thresholds, dtype=np.float32)
    least = (thresholds * floor / 50).astype(np.float32)
    labels, rows, columns = _peaks(scores, least)
    confidences = calibrated(scores[labels, rows, columns], thresholds[labels])
    order = np.argsort(-confidences, kind="stable")[:MAX_FOUND]
    labels, rows, columns = labels[order], rows[order], columns[order]
    boxes = _boxes(sides[:, rows, columns], rows, columns, card.stride, size)
    kept = suppressed(boxes, labels)
    return FoundBoxes(boxes[kept], confidences[order][kept], labels[kept])


def objects_seen(found: FoundBoxes, card: Labelled, tile: Tile) -> tuple[ObjectSeen, ...]:
    """Returns the objects found in the image of ``tile``, in page pixels."""
    left, top = tile.box.left, tile.box.top
    told = (_each(found.angles, len(found.labels)), _each(found.likeness, len(found.labels)))
    seen = zip(found.boxes, found.confidences, found.labels, *told, strict=True)
    return tuple(
        ObjectSeen(
            label=card.labels[label],
            confidence=float(confidence),
            box=Box(*map(float, box)).scale(tile.scale).shift(left, top),
            angle=angle,
            likeness=likeness,
        )
        for box, confidence, label, angle, likeness in seen
    )


def _each(values: Floats | None, count: int) -> Sequence[float | None]:
    return [None] * count if values is None else values.tolist()


def calibrated(scores: Floats, thresholds: Floats) -> Floats:
    """Confidences 0 to 100 of scores 0 to 1: straight from 0 to 50 at the threshold, and to 100."""
    below = 50 * scores / thresholds
    above = 50 + 50 * (scores - thresholds) / np.maximum(1 - thresholds, 1e-6)
    return np.asarray(np.where(scores < thresholds, below, above), dtype=np.float32)


def suppressed(
    boxes: Floats, labels: NDArray[np.int64], same: float = SAME_IOU, like: float = LIKE_IOU
) -> NDArray[np.int64]:
    """Rows that greedy non-max suppression keeps; ``boxes`` (n x 4) have the most confident first.

    A later box goes where its IoU with a kept one is over ``same`` (of its label) or ``like``.
    """
    areas = _area(boxes)
    kept: list[int] = []
    open_rows = np.arange(len(boxes))
    while len(open_rows):
        first, others = open_rows[0], open_rows[1:]
        kept.append(int(first))
        common = np.concatenate((
            np.maximum(boxes[first, :2], boxes[others, :2]),
            np.minimum(boxes[first, 2:], boxes[others, 2:]),
        ), axis=1)  # fmt: skip
        shared = _area(common)
        iou = shared / np.maximum(areas[first] + areas[others] - shared, 1e-9)
        most = np.where(labels[others] == labels[first], same, like)
        open_rows = others[iou <= most]
    return np.array(kept, dtype=np.int64)


def _area(boxes: Floats) -> Floats:
    return np.asarray(np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1))


def _peaks(scores: Floats, least: Floats) -> tuple[NDArray[np.int64], ...]:
    """Returns label, row and column of the cells that no neighbour (of eight) exceeds."""
    labels, rows, columns = np.nonzero(scores >= least[:, None, None])
    padded = np.pad(scores, ((0, 0), (1, 1), (1, 1)), constant_values=-1)
    around = [
        padded[labels, rows + down, columns + right]
        for down in range(3) for right in range(3)
    ]  # fmt: skip
    is_peak = scores[labels, rows, columns] >= np.max(around, axis=0, initial=-1)
    return labels[is_peak], rows[is_peak], columns[is_peak]


def _boxes(
    sides: Floats,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    stride: float,
    size: tuple[int, int],
) -> Floats:
    """Returns 4 x n sides around centres of cells ``stride`` px wide, cut off at the image."""
    x, y = (columns + 0.5) * stride, (rows + 0.5) * stride
    width, height = size
    left, right = np.clip((x - sides[0], x + sides[2]), 0, width)
    top, bottom = np.clip((y - sides[1], y + sides[3]), 0, height)
    return np.stack((left, top, right, bottom), axis=1).astype(np.float32)
