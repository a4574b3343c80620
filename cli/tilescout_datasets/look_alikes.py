"""Places that look like annotated objects and are not annotated: a network learns they are empty.

Normalised cross-correlation (Lewis, 1995) of a few annotated objects of each label, in four turns,
with the tiles: coarsely over everything, then closely where that found something, each object in
each turn, and at other scales those that were most alike. How alike is alike enough is asked of the
annotated objects themselves: as much as most of them are to one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

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
OTHER_SCALES = (0.87, 0.93, 1.07, 1.15)
SCALES = (1.0, *OTHER_SCALES)
SCALE_GAIN = 0.3
"""The likeness that another scale adds at most."""
SCALED = 3
"""So many of a place's most alike exemplars, each in one turn, are tried at other scales."""
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
class _Places:
    """Places where a template was found coarsely: left and top in shrunk px, and the likeness."""

    label: str
    size: tuple[int, ...]
    lefts: NDArray[np.int64]
    tops: NDArray[np.int64]
    likeness: Floats

    def box(self, at: int) -> Box:
        """Returns a place in tile px."""
        left, top = int(self.lefts[at]), int(self.tops[at])
        return Box(left, top, left + self.size[1], top + self.size[0]).scale(COARSE)


@dataclass(frozen=True, slots=True)
class _Template:
    """A picture that images are correlated with, and the least variance of a part that is alike."""

    ink: Floats
    min_variance: float

    def fits(self, image: Floats) -> bool:
        (rows, columns), (high, wide) = image.shape, self.ink.shape
        return bool(rows >= high and columns >= wide)


Turned = tuple[_Template, ...]
"""A template by turn."""


@dataclass(frozen=True, slots=True)
class _Exemplar:
    """An annotated object: its templates by scale, closely, and those to look coarsely with."""

    by_scale: dict[float, Turned]
    coarse: Turned


@dataclass(frozen=True, slots=True)
class _Kind:
    """A label's exemplars, and the likeness that is enough."""

    label: str
    exemplars: list[_Exemplar]
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
    exemplars = [_exemplar(_cut(tile, box)) for tile, box in drawn[:EXEMPLARS]]
    others = drawn[EXEMPLARS:]
    alike = [_likeness(_window(*place), exemplars) for place in others]
    if len(alike) < 4:
        alike = [
            _likeness(_window(*place), exemplars[:at] + exemplars[at + 1 :])
            for at, place in enumerate(drawn[:EXEMPLARS])
            if len(exemplars) > 1
        ]
    enough = float(np.quantile(alike, 1 - ALIKE_SHARE)) - SLACK if alike else 1.0
    return _Kind(label, exemplars, max(MIN_LIKENESS, enough))


def _exemplar(ink: Floats) -> _Exemplar:
    by_scale = {scale: _turned(_soft(_small(ink, FINE / scale))) for scale in SCALES}
    return _Exemplar(by_scale, _turned(_soft(_small(ink, COARSE))))


def _turned(ink: Floats) -> Turned:
    least = MIN_VARIANCE * float(ink.var())
    turns = (np.ascontiguousarray(np.rot90(ink, turn)) for turn in range(TURNS))
    return tuple(_Template(turned, least) for turned in turns)


def _is_whole(box: Box, tile: AnnotatedTile) -> bool:
    """Tells if the box is not cut by the tile's edge, and large enough to be compared."""
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
    """Returns more of the tile than the largest scale of an exemplar of that size fills."""
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


def _likeness(window: Floats, exemplars: Sequence[_Exemplar], least: float = 0.0) -> float:
    """Returns the best correlation of any exemplar in any turn, anywhere in the window.

    Other scales are tried where the first gives ``least``, with the exemplars and turns that are
    most alike there.
    """
    shown = _soft(_small(window, FINE))
    variances = _Variances(shown)
    likeness = {
        (at, turn): _most(shown, variances, template)
        for at, exemplar in enumerate(exemplars)
        for turn, template in enumerate(exemplar.by_scale[1.0])
    }
    highest = max(likeness.values(), default=0.0)
    if highest < least:
        return highest
    most = sorted(likeness, key=lambda place: -likeness[place])[:SCALED]
    scaled = (
        _most(shown, variances, exemplars[at].by_scale[scale][turn])
        for at, turn in most
        for scale in OTHER_SCALES
    )
    return max(highest, *scaled)


def _most(image: Floats, variances: _Variances, template: _Template) -> float:
    """Returns the highest correlation with a part of the image that is not even."""
    if not template.fits(image):
        return 0.0
    found = _correlated(image, template)
    _, highest, _, (left, top) = cv2.minMaxLoc(found)
    if variances.of_part(top, left, template.ink.shape) >= template.min_variance:
        return min(highest, 1.0)
    return float(_with_ink(found, variances, template).max())


def _correlated(image: Floats, template: _Template) -> Floats:
    return np.asarray(cv2.matchTemplate(image, template.ink, cv2.TM_CCOEFF_NORMED), np.float32)


def _with_ink(found: Floats, variances: _Variances, template: _Template) -> Floats:
    """Returns the correlations, 0 where the image is even, which correlates with anything."""
    has_ink = variances.of_parts(template.ink.shape) >= template.min_variance
    return np.where(has_ink, np.minimum(found, 1), 0)


class _Variances:
    """The variance of every part of an image, by the part's size."""

    def __init__(self, image: Floats) -> None:
        self._sums, self._squares = cv2.integral2(image, sdepth=cv2.CV_64F, sqdepth=cv2.CV_64F)
        self._by_size: dict[tuple[int, ...], Floats] = {}

    def of_part(self, top: int, left: int, size: tuple[int, ...]) -> float:
        """Returns the variance of the part of the size at a place."""
        down, right, area = top + size[0], left + size[1], size[0] * size[1]
        mean, square = (
            float(e[down, right] - e[top, right] - e[down, left] + e[top, left]) / area
            for e in (self._sums, self._squares)
        )
        return square - mean * mean

    def of_parts(self, size: tuple[int, ...]) -> Floats:
        """Returns the variance of the part at each place where a part of the size fits."""
        if size not in self._by_size:
            area = size[0] * size[1]
            means, squares = (_of_parts(e, size) / area for e in (self._sums, self._squares))
            self._by_size[size] = (squares - means * means).astype(np.float32)
        return self._by_size[size]


def _of_parts(sums: NDArray[Any], size: tuple[int, ...]) -> NDArray[np.float64]:
    rows, columns = size
    return np.asarray(
        sums[rows:, columns:] - sums[:-rows, columns:] - sums[rows:, :-columns]
        + sums[:-rows, :-columns]
    )  # fmt: skip


def _in_tile(tile: AnnotatedTile, kinds: Sequence[_Kind]) -> Iterator[LookAlike]:
    known = [*(each.box for each in tile.annotations), *tile.ignored]
    shown = _soft(_small(_ink(tile, Box(0, 0, tile.width, tile.height)), COARSE))
    variances = _Variances(shown)
    by_label = {kind.label: kind for kind in kinds}
    kept: list[Box] = []
    looked_at = 0
    for label, box in _best_first([e for kind in kinds for e in _coarsely(shown, variances, kind)]):
        if any(_touches(box, other) for other in known + kept):
            continue
        looked_at += 1
        if looked_at > MAX_PER_TILE:
            break
        kind = by_label[label]
        likeness = _closely(tile, box, kind)
        if likeness >= kind.enough:
            kept.append(box)
            yield LookAlike(
                label=label,
                page=tile.page,
                box=box.shift(tile.left, tile.top),
                likeness=likeness,
                tile=tile,
            )


def _closely(tile: AnnotatedTile, box: Box, kind: _Kind) -> float:
    """The likeness of a place; where little is missing, also with the pixels shrunk otherwise."""
    likeness = 0.0
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        window = _window(tile, box.shift(right, down))
        likeness = max(likeness, _likeness(window, kind.exemplars, kind.enough - SCALE_GAIN))
        if not kind.enough - NEARLY <= likeness < kind.enough:
            break
    return likeness


def _touches(one: Box, other: Box) -> bool:
    return iou(one, other) >= SAME or ios(one, other) >= 2 * SAME


def _best_first(places: Sequence[_Places]) -> Iterator[tuple[str, Box]]:
    """Yields label and box of each place: boxes are made only for as many as are looked at."""
    if not places:
        return
    likeness = np.concatenate([each.likeness for each in places])
    owners = np.repeat(np.arange(len(places)), [len(each.likeness) for each in places])
    firsts = np.cumsum([0, *(len(each.likeness) for each in places)])
    for at in np.argsort(-likeness, kind="stable").tolist():
        owner = places[owners[at]]
        yield owner.label, owner.box(at - int(firsts[owners[at]]))


def _coarsely(shown: Floats, variances: _Variances, kind: _Kind) -> Iterator[_Places]:
    for exemplar in kind.exemplars[:COARSE_EXEMPLARS]:
        for template in exemplar.coarse:
            if template.fits(shown):
                yield _peaks(_coarse_likeness(shown, variances, template), template, kind.label)


def _coarse_likeness(shown: Floats, variances: _Variances, template: _Template) -> Floats:
    """Returns the normalised correlation, for which the parts' variances are known already."""
    ink = template.ink - template.ink.mean()
    products = cv2.matchTemplate(shown, ink, cv2.TM_CCORR)
    spread = variances.of_parts(ink.shape)
    least = max(template.min_variance, 1e-9)
    scale = np.sqrt(np.maximum(spread, least)) * np.float32(ink.std() * ink.size + 1e-9)
    likeness: Floats = products / scale
    likeness[spread < least] = 0
    return likeness


def _peaks(likeness: Floats, template: _Template, label: str) -> _Places:
    highest = cv2.dilate(likeness, np.ones((5, 5), np.uint8))
    peaks = np.flatnonzero((likeness >= COARSE_LIKENESS) & (likeness == highest))
    rows, columns = np.divmod(peaks, likeness.shape[1])
    return _Places(label, template.ink.shape, columns, rows, likeness[rows, columns])


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
