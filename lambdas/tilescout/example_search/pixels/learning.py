"""Learns a symbol from a box on a scanned page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tilescout.example_search.consensus import otsu_threshold
from tilescout.example_search.findings import MAX_OVERLAP, Example, PoorExample, best_rows
from tilescout.example_search.pixels.alignment import Aligned
from tilescout.example_search.pixels.ink import Picture
from tilescout.example_search.pixels.places import (
    PixelSymbol,
    Places,
    ScannedPage,
    aligned_again,
    appearances,
    cropped,
    grown_box,
    joined,
    places_in_tile,
    sized,
    tiles_of,
)
from tilescout.example_search.pixels.scoring import agreements, off_size, scores, size_of, traits_of
from tilescout.example_search.pixels.template import INK, PixelTemplate, pixel_template
from tilescout.geometry import Box, iou
from tilescout.rendering.page_strokes import Floats

SYMBOL_PX = 44
"""Pages are shrunk until the longer side of the symbol has so many pixels; none is enlarged."""
MIN_SYMBOL_PX = 8
MIN_INK_PX = 12
ROUNDS = 2
MIN_MEMBERS, SOME_MEMBERS, MAX_MEMBERS, ENOUGH_MEMBERS = 3, 8, 40, 25
MEMBER_SCORES = 0.6, 0.8
PARTIAL_SCORE, MIN_PARTIAL, MIN_MUTUAL = 0.38, 4, 0.75
"""So many places of this score are the symbol where they agree so well with one another."""
SAME_SIZE, MAX_MEMBER_SIZE = 0.07, 0.2
"""Logarithms of the size against the example's up to which a copy has its size, and is one."""
REQUIRED_SHARE, OPTIONAL_SHARE = 0.6, 0.25
OPTIONAL_WEIGHT, CLUTTER_WEIGHT, PAPER_WEIGHT = 0.4, 0.05, 0.5
PAPER_INK = 0.15
COVERED_POINT = 0.4
STEADY = 0.02


def learn_pixels(page: ScannedPage, example: Example) -> PixelSymbol:
    """Returns the symbol in the example's box, learned from all like it near it on the page.

    Raises PoorExample where the box holds too little ink or is too small to search with.
    """
    template, origin = _drawn_template(page, example)
    traits = traits_of(template, template.channels[None])
    first = PixelSymbol(
        label=example.label,
        template=template,
        appearance=appearances(template.channels[None])[0],
        extra=float(traits.extra[0]),
    )
    found = _searched(page, first, origin)
    symbol = _common(first, first, found)
    for _ in range(ROUNDS - 1):
        found = [(core, aligned_again(page, symbol, core, places)) for core, places in found]
        symbol = _common(first, symbol, found)
    return symbol if symbol is not first else _alone(first)


def _alone(symbol: PixelSymbol) -> PixelSymbol:
    """Returns the symbol with a note that it was learned from its example only."""
    note = (
        f"fewer than {MIN_MEMBERS} places near the box of {symbol.label!r} agree with it; if there "
        "are more of the symbol, draw the box round one that no letters or lines cross, or give a "
        "second example"
    )
    return replace(symbol, notes=(note,))


def _drawn_template(page: ScannedPage, example: Example) -> tuple[PixelTemplate, Box]:
    """Returns the template of the box, and the box in points."""
    size = max(example.box.width, example.box.height)
    pixel = max(page.pixel, size / SYMBOL_PX)
    if size / pixel < MIN_SYMBOL_PX:
        raise PoorExample(
            f"an example on a scanned page needs {MIN_SYMBOL_PX} pixels; the box of "
            f"{example.label!r} has {size / pixel:.0f}; draw it round a larger symbol, or scan the "
            "page with more dots per inch"
        )
    _require_on_page(page, example)
    channels, corner = cropped(page, grown_box(example.box, 2 * size), pixel)
    template = pixel_template(channels, _in_pixels(example.box, corner, pixel), pixel)
    if int((template.channels[0] * template.weights > INK).sum()) < MIN_INK_PX:
        raise PoorExample(
            f"an example needs ink that lies wholly inside its box; the box of {example.label!r} "
            "has nearly none; draw the box round a whole symbol"
        )
    return template, example.box


def _require_on_page(page: ScannedPage, example: Example) -> None:
    height, width = (side * page.pixel for side in page.grey.shape)
    if not Box(0, 0, width, height).contains(example.box):
        raise PoorExample(
            f"an example lies on its page, which has {width:.0f} x {height:.0f} points; the box of "
            f"{example.label!r} goes beyond; correct the box"
        )


def _in_pixels(box: Box, corner: tuple[float, float], pixel: float) -> Box:
    x, y = corner
    left, top, right, bottom = box.left - x, box.top - y, box.right - x, box.bottom - y
    return Box(left / pixel, top / pixel, right / pixel, bottom / pixel)


def _searched(page: ScannedPage, symbol: PixelSymbol, origin: Box) -> list[tuple[Box, Places]]:
    """Returns the tiles nearest to the example with their places, until there are enough copies."""
    found: list[tuple[Box, Places]] = []
    copies = 0
    for core in sorted(tiles_of(page), key=lambda core: _distance(core, origin)):
        found.append((core, places_in_tile(page, symbol, core)))
        copies += int((found[-1][1].scores > MEMBER_SCORES[1]).sum())
        if copies >= ENOUGH_MEMBERS:
            break
    return found


def _common(
    first: PixelSymbol, symbol: PixelSymbol, found: Sequence[tuple[Box, Places]]
) -> PixelSymbol:
    """Returns the symbol with what its best matches have in common, or as it is for too few."""
    every = sized(joined([places for _, places in found]), symbol.size)
    members = _members(every)
    if len(members.poses) >= MIN_MEMBERS:
        return _consensus(first, members)
    return _from_partial_matches(first, every) or symbol


def _from_partial_matches(first: PixelSymbol, found: Places) -> PixelSymbol | None:
    """Returns the symbol of places that lack the same part of the example and agree in the rest.

    Lines or letters that cross the example are such a part. Returns None where there is no such
    symbol.
    """
    rows = [
        row
        for row in best_rows(found.boxes, found.scores)[1 : SOME_MEMBERS + 1]
        if found.scores[row] >= PARTIAL_SCORE
    ]
    if len(rows) < MIN_PARTIAL:
        return None
    symbol = _consensus(first, found.aligned.chosen(rows))
    return symbol if symbol.usual >= MIN_MUTUAL else None


def _members(found: Places) -> Aligned:
    """Returns the best matches, of one size where these are enough: another may be a look-alike."""
    sizes = np.abs(found.aligned.scales())
    ordered = [
        row
        for row in best_rows(found.boxes, found.scores)
        if sizes[row] <= MAX_MEMBER_SIZE and found.scores[row] >= MEMBER_SCORES[0]
    ]
    alike = [row for row in ordered if sizes[row] <= SAME_SIZE]
    ordered = alike if len(alike) >= SOME_MEMBERS else ordered
    least = float(np.clip(_gap(found.scores), *MEMBER_SCORES))
    rows = [row for row in ordered if found.scores[row] >= least]
    return found.aligned.chosen(max(rows[:MAX_MEMBERS], ordered[:SOME_MEMBERS], key=len))


def _gap(values: Floats) -> float:
    return otsu_threshold(values) if len(values) > 2 else MEMBER_SCORES[0]


def _distance(core: Box, origin: Box) -> float:
    return math.dist(core.centre, origin.centre)


def _consensus(first: PixelSymbol, members: Aligned) -> PixelSymbol:
    """Returns the symbol with the mean picture of its best matches instead of the example's."""
    drawn = first.template
    # Sums depend on the order in memory, and a file keeps none but this one.
    mean = np.ascontiguousarray(members.pictures.mean(0))
    unsteady = np.abs(members.pictures[:, 0] - np.median(members.pictures[:, 0], 0)).mean(0)
    steadiness = 1 / (unsteady**2 + STEADY)
    template = replace(
        drawn,
        channels=mean,
        weights=_common_weights(drawn, members.pictures),
        steadiness=(steadiness / steadiness[drawn.inside].max()).astype(np.float32),
    )
    traits = traits_of(template, members.pictures)
    extra, size = float(np.median(traits.extra)), size_of(members)
    usual = float(np.median(scores(traits, extra) - off_size(members, size)))
    return replace(
        first,
        template=template,
        extra=extra,
        log_scale=size.middle,
        size_spread=size.spread,
        usual=usual,
    )


def _common_weights(drawn: PixelTemplate, pictures: Picture) -> Picture:
    share = (agreements(drawn, pictures) > COVERED_POINT).mean(0)
    weights = np.where(share >= OPTIONAL_SHARE, OPTIONAL_WEIGHT, CLUTTER_WEIGHT)
    weights[share >= REQUIRED_SHARE] = 1.0
    weights[drawn.channels[0] <= PAPER_INK] = PAPER_WEIGHT
    common: Picture = (weights * drawn.weights).astype(np.float32)
    return common


def with_pixel_reject(page: ScannedPage, symbol: PixelSymbol, box: Box) -> PixelSymbol:
    """Returns the symbol with a counter-example: a box round a wrong find on the page.

    A box where nothing resembles the symbol changes nothing.
    """
    height, width = (side * page.pixel for side in page.grey.shape)
    if not Box(0, 0, width, height).contains(box):
        return symbol
    area = grown_box(box, max(box.width, box.height))
    found = sized(places_in_tile(page, symbol, area), symbol.size)
    there = [row for row, place in enumerate(found.boxes) if iou(place, box) > MAX_OVERLAP]
    if not there:
        return symbol
    best = max(there, key=lambda row: float(found.scores[row]))
    reject = (appearances(found.aligned.pictures[[best]])[0], float(found.scores[best]))
    return replace(symbol, rejects=(*symbol.rejects, reject))
