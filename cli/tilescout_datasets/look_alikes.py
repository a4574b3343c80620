"""Places that look like annotated objects and are not annotated: a network learns they are empty.

Normalised cross-correlation (Lewis, 1995) of a few annotated objects of each label, in four turns,
with the tiles: coarsely over everything, then closely, at several scales, where that found
something. How alike is alike enough is asked of the annotated objects themselves: as much as most
of them are to one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tilescout.geometry import Box, ios, iou
from tilescout_datasets.annotations import AnnotatedTile, LookAlike
from tilescout_datasets.tile_pixels import pixels_of

Floats = NDArray[np.float32]
COARSE, FINE = 3, 2
"""Tiles are shrunk by it."""
EXEMPLARS, COARSE_EXEMPLARS, JUDGED = 8, 3, 24
TURNS = 4
SCALES = (0.87, 0.93, 1.0, 1.07, 1.15)
COARSE_LIKENESS, MIN_LIKENESS = 0.5, 0.6
ALIKE_SHARE = 0.9
"""So large a share of a label's own objects is found by the others."""
SLACK, NEARLY = 0.01, 0.04
"""Objects that are all drawn alike still differ by where they lie between pixels."""
SAME = 0.3
"""Share of an overlap from which two places are one."""
MARGIN = 0.08
MAX_PER_TILE = 60
MIN_SIDE_PX = 4
MIN_VARIANCE = 0.25
"""The least variance, as a share of the exemplar's."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A place where something was found coarsely: a box in tile px."""

    label: str
    box: Box
    likeness: float


@dataclass(frozen=True, slots=True)
class _Kind:
    """A label's exemplars, ink of the tile's resolution, and the likeness that is enough."""

    label: str
    exemplars: list[Floats]
    enough: float


def find(
    tiles: Sequence[AnnotatedTile], on_tile: Callable[[int, int], None] = lambda done, of: None
) -> list[LookAlike]:
    """The likest first, each once though several tiles show it."""
    kinds = [_kind(label, tiles) for label in sorted(_labels(tiles))]
    found: list[LookAlike] = []
    for done, tile in enumerate(tiles, 1):
        found += _in_tile(tile, kinds)
        on_tile(done, len(tiles))
    found.sort(key=lambda each: -each.likeness)
    return _once(found, tiles)


def _labels(tiles: Sequence[AnnotatedTile]) -> set[str]:
    return {each.label for tile in tiles for each in tile.annotations}


def _kind(label: str, tiles: Sequence[AnnotatedTile]) -> _Kind:
    places = [(tile, each.box) for tile in tiles for each in tile.annotations
              if each.label == label and _is_whole(each.box, tile)]  # fmt: skip
    chance = np.random.default_rng(1)
    drawn = [places[at] for at in chance.permutation(len(places))[: EXEMPLARS + JUDGED]]
    cuts = [_cut(tile, box) for tile, box in drawn]
    exemplars, others = cuts[:EXEMPLARS], drawn[EXEMPLARS:]
    alike = [_likeness(_window(*place), exemplars) for place in others]
    if len(alike) < 4:
        alike = [
            _likeness(_window(*place), exemplars[:at] + exemplars[at + 1 :])
            for at, place in enumerate(drawn[:EXEMPLARS])
            if len(exemplars) > 1
        ]
    enough = float(np.quantile(alike, 1 - ALIKE_SHARE)) - SLACK if alike else 1.0
    return _Kind(label, exemplars, max(MIN_LIKENESS, enough))


def _is_whole(box: Box, tile: AnnotatedTile) -> bool:
    """Not cut by the tile's edge, and large enough to be likened."""
    return (
        min(box.left, box.top) > 0
        and box.right < tile.width
        and box.bottom < tile.height
        and min(box.width, box.height) >= MIN_SIDE_PX * COARSE
    )


def _ink(tile: AnnotatedTile, region: Box) -> Floats:
    left, top, right, bottom = region.rounded()
    part = pixels_of(tile.file)[max(0, top) : bottom, max(0, left) : right]
    return 255 - part.astype(np.float32)


def _cut(tile: AnnotatedTile, box: Box) -> Floats:
    margin = MARGIN * max(box.width, box.height)
    return _ink(tile, box.grow(margin, margin))


def _window(tile: AnnotatedTile, box: Box) -> Floats:
    """More than the largest scale of an exemplar of that size fills."""
    reach = 0.3 * max(box.width, box.height)
    return _ink(tile, box.grow(reach, reach))


def _small(ink: Floats, factor: float) -> Floats:
    # Exactly by the factor: a size that is rounded first would make another scale of each part.
    by = 1 / factor
    small = cv2.resize(ink, None, fx=by, fy=by, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _soft(ink: Floats) -> Floats:
    """A line that is a pixel aside is still alike."""
    return np.asarray(cv2.GaussianBlur(ink, (3, 3), 0), np.float32)


def _likeness(window: Floats, exemplars: Sequence[Floats]) -> float:
    """The best correlation of any exemplar in any turn and scale, anywhere in the window."""
    shown = _soft(_small(window, FINE))
    best = 0.0
    for exemplar in exemplars:
        for scale in SCALES:
            small = _soft(_small(exemplar, FINE / scale))
            for turn in range(TURNS):
                best = max(best, _most(shown, np.rot90(small, turn)))
    return best


def _most(image: Floats, template: Floats) -> float:
    if image.shape[0] < template.shape[0] or image.shape[1] < template.shape[1]:
        return 0.0
    return float(_correlation(image, template).max())


def _correlation(image: Floats, template: Floats) -> Floats:
    turned = np.ascontiguousarray(template)
    found = np.asarray(cv2.matchTemplate(image, turned, cv2.TM_CCOEFF_NORMED), np.float32)
    # An even part of the page correlates with anything.
    has_ink = _variances(image, turned.shape) >= MIN_VARIANCE * float(turned.var())
    return np.where(has_ink, np.minimum(found, 1), 0)


def _variances(image: Floats, size: tuple[int, ...]) -> Floats:
    """Returns the variance of every part of the image that has the size."""
    rows, columns = image.shape[0] - size[0] + 1, image.shape[1] - size[1] + 1
    means, squares = (
        cv2.boxFilter(each, cv2.CV_32F, (size[1], size[0]), anchor=(0, 0))[:rows, :columns]
        for each in (image, image * image)
    )
    return np.asarray(squares - means * means, np.float32)


def _in_tile(tile: AnnotatedTile, kinds: Sequence[_Kind]) -> Iterator[LookAlike]:
    known = [*(each.box for each in tile.annotations), *tile.ignored]
    shown = _soft(_small(_ink(tile, Box(0, 0, tile.width, tile.height)), COARSE))
    places = [place for kind in kinds for place in _coarsely(shown, kind)]
    places.sort(key=lambda place: -place.likeness)
    enough = {kind.label: kind for kind in kinds}
    kept: list[Box] = []
    looked_at = 0
    for place in places:
        if any(_touches(place.box, box) for box in known + kept):
            continue
        looked_at += 1
        if looked_at > MAX_PER_TILE:
            break
        kind = enough[place.label]
        likeness = _closely(tile, place.box, kind)
        if likeness >= kind.enough:
            kept.append(place.box)
            yield LookAlike(
                label=place.label,
                page=tile.page,
                box=place.box.shift(tile.left, tile.top),
                likeness=likeness,
                tile=tile,
            )


def _closely(tile: AnnotatedTile, box: Box, kind: _Kind) -> float:
    """The likeness of a place; where little is missing, also with the pixels shrunk otherwise."""
    likeness = 0.0
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        window = _window(tile, box.shift(right, down))
        likeness = max(likeness, _likeness(window, kind.exemplars))
        if not kind.enough - NEARLY <= likeness < kind.enough:
            break
    return likeness


def _touches(one: Box, other: Box) -> bool:
    return iou(one, other) >= SAME or ios(one, other) >= 2 * SAME


def _coarsely(shown: Floats, kind: _Kind) -> Iterator[_Place]:
    for exemplar in kind.exemplars[:COARSE_EXEMPLARS]:
        small = _soft(_small(exemplar, COARSE))
        for turn in range(TURNS):
            template = np.rot90(small, turn)
            if shown.shape[0] < template.shape[0] or shown.shape[1] < template.shape[1]:
                continue
            yield from _peaks(_correlation(shown, template), template.shape, kind.label)


def _peaks(likeness: Floats, size: tuple[int, ...], label: str) -> Iterator[_Place]:
    highest = cv2.dilate(likeness, np.ones((5, 5), np.uint8))
    rows, columns = np.nonzero((likeness >= COARSE_LIKENESS) & (likeness == highest))
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        box = Box(column, row, column + size[1], row + size[0]).scale(COARSE)
        yield _Place(label, box, float(likeness[row, column]))


def _once(found: Sequence[LookAlike], tiles: Sequence[AnnotatedTile]) -> list[LookAlike]:
    """Returns each place once, of all tiles that show it, and none that another has annotated."""
    known: dict[str, list[Box]] = {}
    for tile in tiles:
        boxes = [*(each.box for each in tile.annotations), *tile.ignored]
        known.setdefault(tile.page, []).extend(box.shift(tile.left, tile.top) for box in boxes)
    kept = []
    for each in found:
        of_page = known.setdefault(each.page, [])
        if not any(_touches(each.box, box) for box in of_page):
            of_page.append(each.box)
            kept.append(each)
    return kept
