"""Places of a scanned page that look like a symbol, tile by tile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tilescout.example_search.findings import best_rows
from tilescout.example_search.pixels.alignment import Aligned, Starts, align, proposed
from tilescout.example_search.pixels.ink import Picture, Pixels, blurred, directed_ink, halved
from tilescout.example_search.pixels.proposals import propose
from tilescout.example_search.pixels.scoring import Size, off_size, scores, traits_of
from tilescout.example_search.pixels.template import PixelTemplate, coarse
from tilescout.geometry import Box
from tilescout.rendering.page_strokes import Floats

MAX_REFINED = 200
HALVED_FROM_PX = 26
"""Symbols of more pixels are proposed at half the size."""
TILE_PX = 2048
MIN_SCORE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedPage:
    """A page as grey pixels (0 to 255, rows x columns) of ``pixel`` points each."""

    grey: Pixels
    pixel: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelSymbol:
    """A symbol ready to be searched for on any scanned page."""

    label: str
    template: PixelTemplate
    appearance: Floats
    """The example's own, for telling counter-examples apart."""
    extra: float = 0.0
    usual: float = 0.87
    """The agreement that copies have: simple symbols agree more than rich ones."""
    log_scale: float = 0.0
    size_spread: float = 0.07
    rejects: tuple[tuple[Floats, float], ...] = ()
    """Appearance and score of each counter-example."""
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> Size:
        """The size that copies have against the template."""
        return Size(self.log_scale, self.size_spread)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Scored places on a page; boxes are in points."""

    aligned: Aligned
    scores: Floats
    boxes: tuple[Box, ...]
    were_cut: bool = False


def tiles_of(page: ScannedPage) -> list[Box]:
    """Returns the cores of the tiles of a page in points; each is searched with a margin."""
    rows, columns = page.grey.shape
    step = TILE_PX * page.pixel
    return [
        Box(x * step, y * step, (x + 1) * step, (y + 1) * step)
        for y in range(-(-rows // TILE_PX))
        for x in range(-(-columns // TILE_PX))
    ]


def places_in_tile(page: ScannedPage, symbol: PixelSymbol, core: Box) -> Places:
    """Returns the scored places whose centres lie in the core of a tile, the best per place."""
    channels, corner = _tile(page, symbol.template, core)
    aligned, were_cut = _looked_at(channels, symbol)
    return _judged(symbol, aligned, (core, corner), were_cut)


def aligned_again(page: ScannedPage, symbol: PixelSymbol, core: Box, places: Places) -> Places:
    """Returns the places of a tile's core, aligned to another template of the same size."""
    channels, corner = _tile(page, symbol.template, core)
    found = places.aligned
    starts = Starts(places=found.centres, matrices=found.matrices, poses=found.poses)
    aligned = align(channels, symbol.template, starts)
    return _judged(symbol, aligned, (core, corner), places.were_cut)


def _tile(
    page: ScannedPage, template: PixelTemplate, core: Box
) -> tuple[Picture, tuple[float, float]]:
    pixel = template.pixel
    return cropped(page, grown_box(core, 1.5 * template.size * pixel), pixel)


def _judged(
    symbol: PixelSymbol, aligned: Aligned, area: tuple[Box, tuple[float, float]], were_cut: bool
) -> Places:
    core, corner = area
    values = _agreement(symbol, aligned)
    likely = values - off_size(aligned, symbol.size)
    boxes = _boxes(symbol.template, aligned, corner)
    kept = [
        row
        for row in best_rows(boxes, likely)
        if values[row] > MIN_SCORE and _holds(core, boxes[row].centre)
    ]
    return Places(
        aligned=aligned.chosen(kept),
        scores=values[kept],
        boxes=tuple(boxes[row] for row in kept),
        were_cut=were_cut,
    )


def _holds(core: Box, centre: tuple[float, float]) -> bool:
    return core.left <= centre[0] < core.right and core.top <= centre[1] < core.bottom


def cropped(page: ScannedPage, area: Box, pixel: float) -> tuple[Picture, tuple[float, float]]:
    """Returns the directed ink of an area in ``pixel`` points per pixel, and its corner."""
    left, top = max(0, int(area.left / page.pixel)), max(0, int(area.top / page.pixel))
    right, bottom = math.ceil(area.right / page.pixel), math.ceil(area.bottom / page.pixel)
    grey = page.grey[top:bottom, left:right]
    return directed_ink(grey, page.pixel / pixel), (left * page.pixel, top * page.pixel)


def grown_box(box: Box, margin: float) -> Box:
    return Box(box.left - margin, box.top - margin, box.right + margin, box.bottom + margin)


def _agreement(symbol: PixelSymbol, aligned: Aligned) -> Floats:
    traits = traits_of(symbol.template, aligned.pictures)
    return scores(traits, symbol.extra)


def _looked_at(channels: Picture, symbol: PixelSymbol) -> tuple[Aligned, bool]:
    """Returns the aligned places of a tile, and whether there were too many to look at all."""
    template = symbol.template
    if template.size < HALVED_FROM_PX:
        found = propose(channels, template)
        return align(channels, template, proposed(found)), found.were_cut
    half, small = halved(channels), replace(symbol, template=coarse(template))
    found = propose(half, small.template)
    rough = align(half, small.template, proposed(found))
    values = _agreement(small, rough) - off_size(rough, symbol.size)
    rows = [row for row in np.argsort(-values)[:MAX_REFINED].tolist() if values[row] > MIN_SCORE]
    starts = Starts(
        places=2 * rough.centres[rows] + 0.5,
        matrices=rough.matrices[rows],
        poses=tuple(rough.poses[row] for row in rows),
    )
    return align(channels, template, starts), found.were_cut


def _boxes(template: PixelTemplate, aligned: Aligned, corner: tuple[float, float]) -> list[Box]:
    half = np.abs(aligned.matrices).swapaxes(1, 2) @ np.array([template.width, template.height]) / 2
    centres = aligned.centres + 0.5
    sides = np.concatenate([centres - half, centres + half], 1) * template.pixel
    return [Box(*row) for row in (sides + np.tile(corner, 2)).tolist()]


def sized(places: Places, size: Size) -> Places:
    """Returns the places with less of a score where their size is not the usual one."""
    return replace(places, scores=places.scores - off_size(places.aligned, size))


def joined(parts: Sequence[Places]) -> Places:
    return Places(
        aligned=Aligned(
            centres=np.concatenate([part.aligned.centres for part in parts]),
            matrices=np.concatenate([part.aligned.matrices for part in parts]),
            pictures=np.concatenate([part.aligned.pictures for part in parts]),
            poses=tuple(pose for part in parts for pose in part.aligned.poses),
        ),
        scores=np.concatenate([part.scores for part in parts]),
        boxes=tuple(box for part in parts for box in part.boxes),
        were_cut=any(part.were_cut for part in parts),
    )


def chosen(places: Places, rows: list[int]) -> Places:
    return replace(
        places,
        aligned=places.aligned.chosen(rows),
        scores=places.scores[rows],
        boxes=tuple(places.boxes[row] for row in rows),
    )


def appearances(pictures: Picture) -> Floats:
    """Returns each picture, blurred, as a row of length 1."""
    rows = blurred(pictures).reshape(len(pictures), math.prod(pictures.shape[1:])).astype(float)
    units: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return units
