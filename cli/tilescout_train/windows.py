"""Windows of tiles as training sees them: turned, scaled, with thicker or thinner lines."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from tilescout.geometry import Box
from tilescout_datasets.annotations import Annotation
from tilescout_datasets.tile_rule import shown_in
from tilescout_train.targets import Objects

Floats = NDArray[np.float32]
PAPER = 255.0
SMALL_ANGLE = 5.0
"""Degrees to either side of a quarter turn: a scan's, and what a draughtsman allows himself."""
ANY_ANGLE_SHARE = 0.25
"""The share of windows turned by any angle: most drawings know quarter turns, some are askew."""
SCALES = (0.75, 1.4)
LINE_WEIGHT_SHARE = 0.4
NOISE_SHARE, MOST_NOISE = 0.3, 8.0
CONTRAST = (0.75, 1.0)


@dataclass(frozen=True, slots=True)
class View:
    """How a window looks at its tile: its centre (tile px), degrees clockwise, and scale."""

    x: float
    y: float
    degrees: float
    scale: float


def view_around(x: float, y: float, size: int, chance: np.random.Generator) -> View:
    """A view that shows the point (tile px) anywhere but in its outermost eighth."""
    scale = math.exp(chance.uniform(math.log(SCALES[0]), math.log(SCALES[1])))
    degrees = _turn(chance)
    away = chance.uniform(-0.375, 0.375, 2) * size / scale
    return View(x + away[0], y + away[1], degrees, scale)


def _turn(chance: np.random.Generator) -> float:
    if chance.random() < ANY_ANGLE_SHARE:
        return float(chance.uniform(0, 360))
    return float(90.0 * chance.integers(4) + chance.normal(0, SMALL_ANGLE / 2))


def seen(pixels: NDArray[np.uint8], view: View, size: int) -> Tensor:
    """Returns ``size`` x ``size`` px of grey (0 to 255), paper where the tile has ended."""
    angle = math.radians(view.degrees)
    cos, sin = math.cos(angle) / view.scale, math.sin(angle) / view.scale
    # A window is cut out first: it is a small part of its tile.
    reach = int(size / view.scale * 0.75) + 2
    left, top = max(0, int(view.x) - reach), max(0, int(view.y) - reach)
    near = pixels[top : int(view.y) + reach, left : int(view.x) + reach]
    if near.size == 0:
        return torch.full((size, size), PAPER)
    high, wide = near.shape
    theta = torch.tensor([[
        [cos * size / wide, -sin * size / wide, 2 * (view.x - left) / wide - 1],
        [sin * size / high, cos * size / high, 2 * (view.y - top) / high - 1],
    ]], dtype=torch.float32)  # fmt: skip
    grid = functional.affine_grid(theta, [1, 1, size, size], align_corners=False)
    ink = PAPER - torch.from_numpy(near.astype(np.float32))[None, None]
    return PAPER - functional.grid_sample(ink, grid, align_corners=False)[0, 0]


def objects_in(
    annotations: tuple[Annotation, ...],
    ignored: tuple[Box, ...],
    view: View,
    size: int,
    number: Callable[[str], int],
) -> Objects:
    """Returns the part of a tile's objects that the window shows, boxes in its pixels."""
    moved = [Annotation(each.label, moved_box(each.box, view, size)) for each in annotations]
    region = Box(0, 0, size, size)
    shown, cut = shown_in(region, moved)
    parts = [moved_box(box, view, size).intersection(region) for box in ignored]
    left_out = [*cut, *(part for part in parts if part.area)]
    return Objects(
        boxes=_rows([each.box for each in shown]),
        labels=np.array([number(each.label) for each in shown], dtype=np.int64),
        ignored=_rows(left_out),
        boxes_are_sure=is_nearly_upright(view.degrees),
    )


def is_nearly_upright(degrees: float) -> bool:
    """Tells if the box of a turned object follows from its box before it was turned.

    Further from a quarter turn it depends on the object's shape; taught a box that is somewhat too
    large or too small, the network loosens all its boxes.
    """
    return abs((degrees + 45) % 90 - 45) <= 1.5 * SMALL_ANGLE


def moved_box(box: Box, view: View, size: int) -> Box:
    """The box of an object after turning.

    What of its box an object fills is not known: a turned box is as much too large for it as the
    box of an ellipse is too small. Their mean is taken; at quarter turns both are exact.
    """
    angle = math.radians(view.degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    x, y = box.centre[0] - view.x, box.centre[1] - view.y
    across = view.scale * (x * cos + y * sin) + size / 2
    down = view.scale * (y * cos - x * sin) + size / 2
    a, b = box.width / 2, box.height / 2
    half_width = (a * abs(cos) + b * abs(sin) + math.hypot(a * cos, b * sin)) / 2 * view.scale
    half_height = (a * abs(sin) + b * abs(cos) + math.hypot(a * sin, b * cos)) / 2 * view.scale
    return Box(across - half_width, down - half_height, across + half_width, down + half_height)


def aged(window: Tensor, chance: np.random.Generator) -> Tensor:
    """Lines thicker or thinner, paper less white, grain: as plotters and scanners make them."""
    if chance.random() < LINE_WEIGHT_SHARE:
        share = float(chance.uniform(0.2, 1.0))
        thicker = bool(chance.integers(2))
        ink = (PAPER - window)[None, None]
        ink = ink if thicker else -ink
        other = functional.max_pool2d(ink, 3, 1, 1)
        changed = (
            (1 - share) * ink + share * other
            if thicker
            else -((1 - 0.6 * share) * ink + 0.6 * share * other)
        )
        window = PAPER - changed[0, 0]
    window = PAPER - float(chance.uniform(*CONTRAST)) * (PAPER - window)
    if chance.random() < NOISE_SHARE:
        grain = chance.normal(0, chance.uniform(0, MOST_NOISE), window.shape).astype(np.float32)
        window = window + torch.from_numpy(grain)
    return window.clamp(0, PAPER)


def _rows(boxes: list[Box]) -> Floats:
    rows = [(box.left, box.top, box.right, box.bottom) for box in boxes]
    return np.array(rows, dtype=np.float32).reshape(-1, 4)
