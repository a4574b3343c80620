"""The maps that a network should answer for a window with known objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tilescout_train.network import STRIDE

Floats = NDArray[np.float32]
# A side of the object over the standard deviation of the bell on its centre.
SIDE_OVER_SIGMA = 7.0
MIN_SIGMA = 0.7
"""Cells."""
TELLS_BOX = 0.5
"""Height of the bell from which a cell tells the box."""


@dataclass(frozen=True, slots=True)
class Objects:
    """``boxes`` n x 4 px with their ``labels`` n; ``ignored`` m x 4 px are neither found nor
    empty. Where the boxes are not sure, they tell centres only, no sides."""

    boxes: Floats
    labels: NDArray[np.int64]
    ignored: Floats
    boxes_are_sure: bool = True


@dataclass(frozen=True, slots=True)
class Targets:
    """The maps of a batch: ``heat`` (n x labels x h x w), ``counts`` (n x 1 x h x w), ``sides``
    (n x 4 x h x w, px) and their ``weights`` (n x h x w)."""

    heat: Tensor
    counts: Tensor
    sides: Tensor
    weights: Tensor

    def to(self, device: str) -> Targets:
        return Targets(*(each.to(device) for each in
                         (self.heat, self.counts, self.sides, self.weights)))  # fmt: skip


def targets_of(windows: Sequence[Objects], labels: int, size: int) -> Targets:
    """Returns the targets for windows of ``size`` px."""
    cells = size // STRIDE
    heat = np.zeros((len(windows), labels, cells, cells), np.float32)
    counts = np.ones((len(windows), 1, cells, cells), np.float32)
    sides = np.ones((len(windows), 4, cells, cells), np.float32)
    weights = np.zeros((len(windows), cells, cells), np.float32)
    for at, window in enumerate(windows):
        for left, top, right, bottom in window.ignored / STRIDE:
            counts[at, :, int(top) : int(bottom) + 1, int(left) : int(right) + 1] = 0
        for box, label in zip(window.boxes, window.labels, strict=True):
            bell = _write_centre(box, heat[at, label], counts[at, 0])
            if window.boxes_are_sure:
                _write_sides(box, bell, sides[at], weights[at])
    return Targets(*map(torch.from_numpy, (heat, counts, sides, weights)))


@dataclass(frozen=True, slots=True)
class _Bell:
    """``values`` (rows x columns) around a centre, and the cells that they lie on."""

    values: Floats
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]


def _write_centre(box: Floats, heat: Floats, counts: Floats) -> _Bell:
    cells = heat.shape[0]
    x, y = (box[0] + box[2]) / 2 / STRIDE, (box[1] + box[3]) / 2 / STRIDE
    column, row = min(cells - 1, int(x)), min(cells - 1, int(y))
    across, down = (
        max(MIN_SIGMA, float(side) / STRIDE / SIDE_OVER_SIGMA)
        for side in (box[2] - box[0], box[3] - box[1])
    )
    reach_x, reach_y = int(3 * across) + 1, int(3 * down) + 1
    columns = np.arange(max(0, column - reach_x), min(cells, column + reach_x + 1))
    rows = np.arange(max(0, row - reach_y), min(cells, row + reach_y + 1))
    bell = np.exp(-(((columns - column) / across) ** 2)[None] / 2
                  - (((rows - row) / down) ** 2)[:, None] / 2).astype(np.float32)  # fmt: skip
    at = np.ix_(rows, columns)
    heat[at] = np.maximum(heat[at], bell)
    counts[row, column] = 1
    return _Bell(bell, rows, columns)


def _write_sides(box: Floats, bell: _Bell, sides: Floats, weights: Floats) -> None:
    at = np.ix_(bell.rows, bell.columns)
    tells = (bell.values >= TELLS_BOX) & (bell.values > weights[at])
    px, py = (bell.columns[None] + 0.5) * STRIDE, (bell.rows[:, None] + 0.5) * STRIDE
    wanted = np.broadcast_arrays(px - box[0], py - box[1], box[2] - px, box[3] - py)
    for distance in wanted:
        tells &= distance > 0
    for side, distance in enumerate(wanted):
        held = sides[side]
        held[at] = np.where(tells, distance, held[at])
    weights[at] = np.where(tells, bell.values, weights[at])
