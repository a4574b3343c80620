"""Simulates pages that hold what drawings hold, and what a detector detects in their tiles.

A simulator: which merge wins on it says little about a real detector, but its ground truth is
exact and every kind of trouble can be dosed. Sizes in px at the detector's resolution.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from benchmarks.merging.detection_sets import DetectionSet, Floats, Ints
from tilescout.geometry import Box
from tilescout.tiling.grid import TileGrid

SYMBOLS, TEXT, FRAME = 10, 10, 11
"""The labels: symbols are 0 to 9, followed by lines of text and frames."""
CELL = 8
MIN_SIDE_PX = 6.0
"""An object smaller than this in the pixels of the detector is never detected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The objects to draw and how well they are detected; shares are of the number of
    ``objects``."""

    name: str
    objects: int = 5_000
    page: int = 9_000
    tile: int = 640
    overlap: float = 0.2
    nested: float = 0.03
    overlapping: float = 0.03
    lines: float = 0.05
    frames: float = 0.01
    false: float = 0.01
    jitter: float = 1.0
    found: float = 0.97
    part_found: float = 1.0
    drop: float = 0.5
    ellipses: bool = False
    page_pass: bool = False
    is_hard: bool = True
    symbol_px: tuple[float, float] = (14.0, 120.0)
    seeds: tuple[int, ...] = field(default=(0, 10, 20))


SCENES = (
    Scene(name="overlap .2"),
    Scene(name="overlap .1", objects=6_700),
    Scene(name="overlap .3", objects=4_100),
    Scene(name="overlap 0", overlap=0.0, objects=7_200),
    Scene(
        name="easy: small, apart", nested=0, overlapping=0, lines=0, frames=0, is_hard=False,
        symbol_px=(14.0, 48.0), objects=6_200,
    ),
    Scene(name="jitter x3", jitter=3.0),
    Scene(name="parts as confident", drop=0.0),
    Scene(name="parts always found", part_found=9.0),
    Scene(name="parts rarely found", part_found=0.4, objects=5_800),
    Scene(name="ellipses", ellipses=True),
    Scene(name="page pass", page_pass=True),
    Scene(name="page pass, ellipses", page_pass=True, ellipses=True),
    Scene(name="crowded, much missed", nested=0.2, overlapping=0.2, found=0.85, objects=3_900),
    Scene(name="tile 1,024", tile=1_024, objects=5_600),
)  # fmt: skip


def detected(scene: Scene, seed: int) -> DetectionSet:
    """Returns one page of the scene as its tiles show it."""
    rng = np.random.default_rng(seed)
    boxes, labels = _drawn(scene, rng)
    grid = TileGrid(scene.tile, round(scene.tile * scene.overlap))
    tiles = [tile.box for tile in grid.tiles(scene.page, scene.page)]
    scales = [1.0] * len(tiles)
    if scene.page_pass:
        tiles.append(Box(0, 0, scene.page, scene.page))
        scales.append(scene.page / 1_280)
    seen = _seen(scene, boxes, labels, tiles, scales, rng)
    return _set(scene, boxes, labels, tiles, scales, seen)


def _drawn(scene: Scene, rng: np.random.Generator) -> tuple[list[Box], list[int]]:
    taken = np.zeros((scene.page // CELL + 1, scene.page // CELL + 1), dtype=bool)
    found: list[tuple[Box, int]] = []
    for _ in range(round(scene.objects * scene.lines)):
        height = rng.uniform(10, 30)
        length = min(2_200.0, height * np.exp(rng.normal(2.3, 0.9)))
        line = (length, height) if rng.random() < 0.8 else (height, length)
        found += [(box, TEXT) for box in _placed(line, taken, scene.page, rng)]
    for _ in range(round(scene.objects * (1 - scene.lines))):
        small, large = scene.symbol_px
        size = np.clip(np.exp(rng.normal(3.5, 0.5)) * np.exp(rng.normal(0, 0.25, 2)), small, large)
        label = int(rng.integers(SYMBOLS))
        for box in _placed((float(size[0]), float(size[1])), taken, scene.page, rng):
            found += [(part, label) for part in _family(box, scene, rng)]
    for _ in range(round(scene.objects * scene.frames)):
        width, tall = rng.uniform(150, 1_500, 2)
        left, top = rng.uniform(0, (scene.page - width, scene.page - tall))
        found.append((Box(left, top, left + width, top + tall), FRAME))
    return [box for box, _ in found], [label for _, label in found]


def _placed(
    size: tuple[float, float], taken: np.ndarray, page: int, rng: np.random.Generator
) -> Iterator[Box]:
    """Yields a box of that size in a free place, if twenty tries find one."""
    for _ in range(20):
        left, top = rng.uniform(0, page - size[0]), rng.uniform(0, page - size[1])
        box = Box(left, top, left + size[0], top + size[1])
        rows = slice(int(top) // CELL, int(box.bottom) // CELL + 1)
        columns = slice(int(left) // CELL, int(box.right) // CELL + 1)
        if not taken[rows, columns].any():
            taken[rows, columns] = True
            yield box
            return


def _family(box: Box, scene: Scene, rng: np.random.Generator) -> Iterator[Box]:
    """Yields the box, sometimes with one of its kind inside or half over it."""
    yield box
    kind = rng.random()
    width, height = box.width, box.height
    if kind < scene.nested and min(width, height) > 24:
        share = rng.uniform(0.3, 0.6)
        left = box.left + rng.uniform(0, 1 - share) * width
        top = box.top + rng.uniform(0, 1 - share) * height
        yield Box(left, top, left + share * width, top + share * height)
    elif kind < scene.nested + scene.overlapping:
        shift = rng.uniform(0.35, 0.65, 2) * rng.choice([-1, 1], 2) * rng.permutation([1.0, 0.3])
        moved = box.shift(shift[0] * width, shift[1] * height)
        if moved.left >= 0 and moved.top >= 0 and max(moved.right, moved.bottom) <= scene.page:
            yield moved


Seen = tuple[Box, float, int, int, int]
"""The box, confidence, label, tile and owner of a detection."""


def _seen(
    scene: Scene, boxes: list[Box], labels: list[int], tiles: list[Box], scales: list[float],
    rng: np.random.Generator,
) -> list[Seen]:  # fmt: skip
    edges = np.array([[tile.left, tile.top, tile.right, tile.bottom] for tile in tiles])
    seen: list[Seen] = []
    for owner, (box, label) in enumerate(zip(boxes, labels, strict=True)):
        base = rng.uniform(60, 98)
        touching = (
            (edges[:, 0] < box.right) & (edges[:, 2] > box.left)
            & (edges[:, 1] < box.bottom) & (edges[:, 3] > box.top)
        )  # fmt: skip
        for tile in np.flatnonzero(touching).tolist():
            part = _part(box, tiles[tile], scene, label, scales[tile], rng)
            if part:
                share, view = part
                confidence = base * (1 - scene.drop * (1 - share)) + rng.normal(0, 2)
                seen.append((view, float(np.clip(confidence, 5, 99.9)), label, tile, owner))
    for _ in range(round(len(seen) * scene.false)):
        tile = int(rng.integers(len(tiles)))
        size = rng.uniform(14, 80, 2)
        left, top = rng.uniform(edges[tile, :2], edges[tile, 2:] - size)
        box = Box(left, top, left + size[0], top + size[1])
        seen.append((box, float(rng.uniform(20, 70)), int(rng.integers(SYMBOLS)), tile, -1))
    return seen


def _part(
    box: Box, tile: Box, scene: Scene, label: int, scale: float, rng: np.random.Generator
) -> tuple[float, Box] | None:
    """Returns the share of the box that the tile shows, and the detected box, if any."""
    part = box.intersection(tile)
    if scene.ellipses and label < SYMBOLS:
        part = _of_ellipse(box, part)
    share = part.area / box.area if box.area else 0.0
    if min(part.width, part.height) < MIN_SIDE_PX * scale:
        return None
    hit = scene.found
    if share < 0.999:
        # Lines and frames are known by any part of them that is long enough.
        known = min(1.0, max(part.width, part.height) / 200) if label >= TEXT else share
        hit *= min(1.0, scene.part_found * max(0.0, known - 0.05) / 0.55)
    if rng.random() > hit:
        return None
    inset = rng.uniform(0, 2, 4) * scale
    if label == TEXT:
        # Text ends with its last whole letter.
        inset += rng.uniform(0, 0.4, 4) * min(box.width, box.height) * _along(box)
    spread = scene.jitter * scale * (0.8 + 0.01 * min(box.width, box.height) / scale)
    noise = np.clip(rng.normal(0, spread, 4), -3 * spread, 3 * spread)
    noise = np.clip(noise, None, 0.4 * min(part.width, part.height))
    sides = np.array([part.left, part.top, part.right, part.bottom])
    cut = np.array([tile.left > box.left, tile.top > box.top,
                    tile.right < box.right, tile.bottom < box.bottom])  # fmt: skip
    inward = np.array([1, 1, -1, -1])
    sides = sides + inward * np.where(cut, inset, noise)
    view = Box(*sides.tolist()).clamp(tile)
    return (share, view) if view.area > 0 else None


def _along(box: Box) -> Floats:
    return np.array([1, 0, 1, 0]) if box.width >= box.height else np.array([0, 1, 0, 1])


def _of_ellipse(box: Box, part: Box) -> Box:
    """Returns the box around the part of the ellipse in ``box`` that lies in ``part``."""
    (x, y), (rx, ry) = box.centre, (box.width / 2, box.height / 2)
    if not part.area:
        return part

    def reach(low: float, high: float, centre: float, own: float, other: float) -> float:
        off = max(low - centre, centre - high, 0.0) / own
        return other * float(np.sqrt(max(0.0, 1 - off * off)))

    down = reach(part.left, part.right, x, rx, ry)
    across = reach(part.top, part.bottom, y, ry, rx)
    return part.intersection(Box(x - across, y - down, x + across, y + down))


def _set(
    scene: Scene, boxes: list[Box], labels: list[int], tiles: list[Box], scales: list[float],
    seen: list[Seen],
) -> DetectionSet:  # fmt: skip
    def rows(found: list[Box]) -> Floats:
        return np.array([[b.left, b.top, b.right, b.bottom] for b in found]).reshape(-1, 4)

    def column(at: int) -> Ints:
        return np.array([part[at] for part in seen], dtype=np.int64)

    return DetectionSet(
        name=scene.name,
        page=(float(scene.page), float(scene.page)),
        tile_boxes=rows(tiles),
        tile_scales=np.array(scales),
        boxes=rows([part[0] for part in seen]),
        confidences=np.array([part[1] for part in seen]),
        labels=column(2),
        tiles=column(3),
        true_boxes=rows(boxes),
        true_labels=np.array(labels, dtype=np.int64),
        owners=column(4),
        text_labels=(TEXT,),
    )
