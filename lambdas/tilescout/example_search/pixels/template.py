"""A symbol's look in pixels: its ink and directions inside and a little round the example's box."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from tilescout.example_search.pixels.ink import Picture, sampled
from tilescout.example_search.placements import Pose
from tilescout.geometry import Box
from tilescout.rendering.page_strokes import Flags, Floats, Integers

RING = 0.14
"""Share of the longer side round the box that belongs to the picture of a symbol."""
BOX_MARGIN = 0.04
INK = 0.4
"""Ink from which a pixel is part of a stroke."""
MIN_INSIDE = 0.8
"""Share of connected ink that must lie inside the box; less is cut lettering or a neighbour."""
MAIN_SHARE = 0.4
"""Connected ink of at least so much of the largest's is the symbol's, as both plates of a capacitor
are, whose leads go on outside the box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelTemplate:
    """A symbol's picture; ``width`` and ``height`` of its box are in pixels of ``pixel`` points.

    ``channels`` is 3 x rows x columns as in `directed_ink`, centred on the box. ``weights`` (0 to
    1) tell how much each pixel counts, ``steadiness`` how alike the copies are there.
    """

    width: float
    height: float
    pixel: float
    channels: Picture
    weights: Picture
    steadiness: Picture

    @property
    def size(self) -> float:
        return max(self.width, self.height)

    @property
    def half(self) -> Floats:
        """The place of the centre in the picture, as x, y."""
        rows, columns = self.weights.shape
        return np.array([columns // 2, rows // 2], float)

    @property
    def grid(self) -> Floats:
        """The x, y of each pixel from the centre (rows x columns x 2)."""
        return grid_of(self.half)

    @property
    def inside(self) -> Flags:
        """The pixels inside the box."""
        return within_box(self.grid, self.width, self.height, 0.5)


def grid_of(half: Floats) -> Floats:
    """Returns x, y from -half to half, pixel by pixel (rows x columns x 2)."""
    across, down = (np.arange(-int(side), int(side) + 1) for side in half)
    return np.stack(np.meshgrid(across, down), -1).astype(float)


def within_box(grid: Floats, width: float, height: float, margin: float) -> Flags:
    """Returns which places of a grid lie in a centred box grown by ``margin`` on each side."""
    beyond: Floats = np.abs(grid) - np.array([width, height]) / 2
    inside: Flags = beyond.max(-1) <= margin
    return inside


def pixel_template(channels: Picture, box: Box, pixel: float) -> PixelTemplate:
    """Returns the template of a box (pixels of the channels); ink that the box cuts is left out."""
    size = max(box.width, box.height)
    half = np.array([math.ceil(side / 2 + RING * size) for side in (box.width, box.height)])
    grid = grid_of(half)
    drawn = sampled(channels, grid + np.array(box.centre) - 0.5)
    inside = within_box(grid, box.width, box.height, 0.5)
    drawn = drawn * (1 - _cut_ink(drawn[0], inside))
    weights = within_box(grid, box.width, box.height, 0.5 + BOX_MARGIN * size)
    return PixelTemplate(
        width=box.width,
        height=box.height,
        pixel=pixel,
        channels=drawn.astype(np.float32),
        weights=weights.astype(np.float32),
        steadiness=np.ones(weights.shape, np.float32),
    )


def _cut_ink(ink: Picture, inside: Flags) -> Picture:
    """Returns 1 where connected ink lies mostly outside the box and is no main part inside it."""
    groups = connected(ink > INK)
    amounts = np.bincount(groups.ravel(), inside.ravel())
    lost = amounts < MIN_INSIDE * np.bincount(groups.ravel())
    lost[amounts >= MAIN_SHARE * amounts[1:].max(initial=0)] = False
    return (lost[groups] & inside).astype(np.float32)


def connected(ink: Flags) -> Integers:
    """Returns the number of the connected ink (8 neighbours) of each pixel, 0 for paper."""
    labels = np.where(ink, np.arange(1, ink.size + 1).reshape(ink.shape), 0)
    while True:
        padded = np.pad(labels, 1)
        rows, columns = labels.shape
        around = [padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
        grown = np.where(ink, np.max(around, axis=0), 0)
        if (grown == labels).all():
            return np.unique(np.append(0, labels), return_inverse=True)[1][1:].reshape(ink.shape)
        labels = grown


def channel_signs(pose: Pose) -> Picture:
    """Returns the factors of the channels under a pose: a quarter turn doubles to a half."""
    odd, mirror = (-1.0 if pose.turn % 2 else 1.0), (-1.0 if pose.mirrored else 1.0)
    return np.array([1, odd, odd * mirror], np.float32)


def laid(template: PixelTemplate, pose: Pose) -> Picture:
    """Returns the weighted picture of the template as it lies on a page in the pose."""
    matrix = pose.matrix
    half = np.ceil(template.half @ np.abs(matrix))
    back = grid_of(half) @ np.linalg.inv(matrix)
    there = (np.abs(back) <= template.half + 0.01).all(-1)
    picture = sampled(template.channels * template.weights, back + template.half) * there
    return picture * channel_signs(pose)[:, None, None]


def coarse(template: PixelTemplate) -> PixelTemplate:
    """Returns the template at half the size."""
    size = template.size / 2
    sides = template.width / 2, template.height / 2
    half = np.array([math.ceil(side / 2 + RING * size) for side in sides])
    places = 2 * grid_of(half) + template.half
    shifts = [np.array([x, y]) for x in (-0.5, 0.5) for y in (-0.5, 0.5)]

    def shrunk(channels: Picture) -> Picture:
        mean: Picture = np.mean([sampled(channels, places + shift) for shift in shifts], axis=0)
        return mean

    return replace(
        template,
        width=sides[0],
        height=sides[1],
        pixel=2 * template.pixel,
        channels=shrunk(template.channels),
        weights=shrunk(template.weights[None])[0],
        steadiness=shrunk(template.steadiness[None])[0],
    )
