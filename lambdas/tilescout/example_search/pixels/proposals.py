"""Places where a symbol may lie, by correlating its picture with the page's in every pose.

The correlation is computed by the fast Fourier transform and normalised by the ink in the window
(Lewis, 1995), which a dense neighbourhood of other strokes would otherwise win.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tilescout.example_search.pixels.ink import Picture
from tilescout.example_search.pixels.template import (
    PixelTemplate,
    grid_of,
    laid,
    within_box,
)
from tilescout.example_search.placements import Pose
from tilescout.rendering.page_strokes import Floats, Integers

Spectrum = npt.NDArray[np.complexfloating]
SCALES = (1.0, 0.88, 1.14)
BLOCK_PX = 512
"""Side of the squares that are transformed: a symbol's picture costs as much as one of them."""
DIRECTION_WEIGHT = 0.7
CHANNEL_WEIGHTS = np.array([1, DIRECTION_WEIGHT, DIRECTION_WEIGHT], np.float32)[:, None, None]
SAME_LOOK = 0.93
"""Correlation above which two poses of a template look alike."""
MIN_COVERED, MIN_CORRELATION = 0.5, 0.42
MIN_ENERGY_SHARE = 0.05
MAX_PROPOSALS = 500
"""Places of a tile that are measured; that there were more is told."""
PLAUSIBLE = 0.62
"""Score of a place that may well be the symbol."""
MAX_PER_PLACE = 3
PLACE_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """Places in pixels, best first: ``places`` is n x 2 (x, y), ``poses`` an index per place."""

    places: Floats
    pose_ids: Integers
    poses: tuple[Pose, ...]
    were_cut: bool


class TileSpectrum:
    """The transforms of a tile's overlapping blocks, and the sums that normalise correlations."""

    def __init__(self, channels: Picture, reach: int) -> None:
        weighted = channels * CHANNEL_WEIGHTS
        self.height, self.width = channels.shape[1:]
        self._step = BLOCK_PX - 2 * reach
        self._rows, self._columns = (-(-side // self._step) for side in (self.height, self.width))
        self._blocks = self._transforms(weighted, 2 * reach)
        self.ink = _summed(channels[0])
        self.energy = _summed((weighted**2).sum(0))

    def _transforms(self, weighted: Picture, overlap: int) -> list[Spectrum]:
        step, down, right = self._step, self._rows * self._step, self._columns * self._step
        beyond = (down - self.height + overlap, right - self.width + overlap)
        padded = np.pad(weighted, ((0, 0), (0, beyond[0]), (0, beyond[1])))
        return [
            np.fft.rfft2(padded[:, y : y + BLOCK_PX, x : x + BLOCK_PX])
            for y in range(0, down, step)
            for x in range(0, right, step)
        ]

    def correlation(self, picture: Picture) -> Picture:
        """Returns the correlation with the picture centred on each pixel."""
        wanted = np.conj(np.fft.rfft2(picture, (BLOCK_PX, BLOCK_PX)))
        raw = np.concatenate(
            [
                np.concatenate([self._of_block(block, wanted) for block in row], axis=1)
                for row in np.array_split(np.arange(len(self._blocks)), self._rows)
            ]
        )
        rows, columns = (side // 2 for side in picture.shape[1:])
        centred = np.zeros((self.height, self.width), np.float32)
        if self.height <= 2 * rows or self.width <= 2 * columns:
            return centred
        inner = raw[: self.height - 2 * rows, : self.width - 2 * columns]
        centred[rows : self.height - rows, columns : self.width - columns] = inner
        return centred

    def _of_block(self, block: int, wanted: Spectrum) -> Picture:
        product = np.einsum("cyx,cyx->yx", self._blocks[block], wanted)
        part = np.fft.irfft2(product)[: self._step, : self._step]
        return part.astype(np.float32, copy=False)


def _summed(picture: Picture) -> Floats:
    sums = np.cumsum(np.cumsum(picture, 0, dtype=np.float64), 1)
    return np.pad(sums, ((1, 0), (1, 0)))


def propose(
    channels: Picture, template: PixelTemplate, scales: tuple[float, ...] = SCALES
) -> Proposals:
    """Returns the places of a tile where the template may lie, at most 500, best first."""
    poses = list(distinct_poses(template, scales))
    reach = max((max(picture.shape[1:]) for _, picture in poses), default=1)
    tile = TileSpectrum(channels, reach // 2 + 1)
    peaks = [_peaks(tile, template, pose, picture) for pose, picture in poses]
    scores = np.concatenate([score for _, score in peaks] or [np.zeros(0)])
    places = np.concatenate([place for place, _ in peaks] or [np.zeros((0, 2))])
    ids = np.repeat(np.arange(len(peaks)), [len(score) for _, score in peaks])
    order = np.argsort(-scores, kind="stable")
    kept = _few_per_place(places[order[: 8 * MAX_PROPOSALS]], PLACE_SHARE * template.size)
    chosen = order[kept]
    return Proposals(
        places=places[chosen],
        pose_ids=ids[chosen],
        poses=tuple(pose for pose, _ in poses),
        were_cut=len(kept) >= MAX_PROPOSALS and bool(scores[chosen[-1]] > PLAUSIBLE),
    )


def distinct_poses(
    template: PixelTemplate, scales: tuple[float, ...]
) -> Iterator[tuple[Pose, Picture]]:
    """Yields the poses in which the template looks different, and how it looks."""
    for scale in scales:
        seen: list[Picture] = []
        for mirrored in (False, True):
            for turn in range(4):
                pose = Pose(turn, mirrored, scale)
                picture = laid(template, pose)
                if not any(_look_alike(picture, other) for other in seen):
                    seen.append(picture)
                    yield pose, picture


def _look_alike(one: Picture, other: Picture) -> bool:
    if one.shape != other.shape:
        return False
    sizes = float((one * one).sum() * (other * other).sum())
    return float((one * other).sum()) > SAME_LOOK * math.sqrt(sizes)


def _peaks(
    tile: TileSpectrum, template: PixelTemplate, pose: Pose, picture: Picture
) -> tuple[Floats, Floats]:
    """Returns the places (n x 2) of local maxima that correlate well enough, and their scores."""
    centred, box = _centred(template, pose, picture)
    energy = float((centred * centred).sum())
    response = tile.correlation(centred)
    x, y = _local_maxima(response, MIN_COVERED * energy)
    there = _energies(tile, (x, y), box)
    value = response[y, x]
    correlation = value / np.sqrt(energy * np.maximum(there, MIN_ENERGY_SHARE * energy))
    good = correlation > MIN_CORRELATION
    scores = 0.5 * np.minimum(1, value / energy) + 0.5 * correlation
    return np.stack([x, y], 1)[good].astype(float), scores[good]


def _centred(
    template: PixelTemplate, pose: Pose, picture: Picture
) -> tuple[Picture, tuple[int, int]]:
    """Returns the picture without mean ink inside its box and without anything outside of it."""
    sides = np.array([template.width, template.height]) @ np.abs(pose.matrix)
    half = np.array([side // 2 for side in picture.shape[:0:-1]], float)
    box = np.clip(np.round(sides / 2), 1, half)
    width, height = (2 * box).tolist()
    inside = within_box(grid_of(half), width, height, 0.01).astype(np.float32)
    centred = picture * CHANNEL_WEIGHTS * inside
    centred[0] -= centred[0].sum() / inside.sum() * inside
    return centred, (int(box[0]), int(box[1]))


def _local_maxima(response: Picture, least: float) -> tuple[Integers, Integers]:
    y, x = np.nonzero(response[1:-1, 1:-1] > least)
    y, x = y + 1, x + 1
    for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1)):
        highest = response[y, x] >= response[y + down, x + right]
        y, x = y[highest], x[highest]
    return x, y


def _energies(
    tile: TileSpectrum, places: tuple[Integers, Integers], box: tuple[int, int]
) -> Floats:
    """Returns the energy in the box round each place, without that of its mean ink."""
    x, y = places
    left, right, top, bottom = x - box[0], x + box[0] + 1, y - box[1], y + box[1] + 1

    def total(sums: Floats) -> Floats:
        inside: Floats = (
            sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        )
        return inside

    area = (2 * box[0] + 1) * (2 * box[1] + 1)
    energies: Floats = total(tile.energy) - total(tile.ink) ** 2 / area
    return energies


def _few_per_place(places: Floats, cell: float) -> list[int]:
    """Returns the indices of the places of which few better ones are near, in their order."""
    kept: list[int] = []
    counts: dict[tuple[int, int], int] = {}
    for at, (column, row) in enumerate((places / cell).astype(int).tolist()):
        near = sum(counts.get((column + i, row + j), 0) for i in (-1, 0, 1) for j in (-1, 0, 1))
        if near < MAX_PER_PLACE:
            counts[column, row] = counts.get((column, row), 0) + 1
            kept.append(at)
        if len(kept) == MAX_PROPOSALS:
            break
    return kept
