"""Learns a symbol from a box on a scanned page."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tilescout.example_search.consensus import otsu_threshold
from tilescout.example_search.findings import MAX_OVERLAP, Example, PoorExample
from tilescout.example_search.pixels.alignment import Aligned
from tilescout.example_search.pixels.ink import Picture
from tilescout.example_search.pixels.places import (
    PixelSymbol,
    Places,
    ScannedPage,
    appearances,
    best_rows,
    chosen,
    cropped,
    grown_box,
    joined,
    places_in_tile,
    sized,
    tiles_of,
)
from tilescout.example_search.pixels.scoring import agreements, off_size, scores, traits_of
from tilescout.example_search.pixels.template import INK, PixelTemplate, pixel_template
from tilescout.geometry import Box, iou
from tilescout.rendering.page_strokes import Floats

SYMBOL_PX = 44
"""Pages are shrunk until the longer side of the symbol has so many pixels; none is enlarged."""
MIN_SYMBOL_PX = 8
MIN_INK_PX = 12
ROUNDS = 2
MIN_MEMBERS, MAX_MEMBERS, ENOUGH_MEMBERS = 3, 40, 25
MEMBER_SCORES = 0.6, 0.8
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
    symbol = first
    for _ in range(ROUNDS):
        members = _members(page, symbol, origin)
        if len(members.scores) < MIN_MEMBERS:
            break
        symbol = _consensus(first, members.aligned)
    return symbol


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


def _members(page: ScannedPage, symbol: PixelSymbol, origin: Box) -> Places:
    """Returns the best matches of the tiles nearest to the example, as many as are needed."""
    parts = []
    for core in sorted(tiles_of(page), key=lambda core: _distance(core, origin)):
        parts.append(sized(places_in_tile(page, symbol, core), symbol.log_scale))
        if sum(int((part.scores > MEMBER_SCORES[1]).sum()) for part in parts) >= ENOUGH_MEMBERS:
            break
    found = joined(parts)
    least = float(np.clip(_gap(found.scores), *MEMBER_SCORES))
    rows = [row for row in best_rows(found.boxes, found.scores) if found.scores[row] >= least]
    return chosen(found, rows[:MAX_MEMBERS])


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
    extra, size = float(np.median(traits.extra)), float(np.median(members.scales()))
    usual = float(np.median(scores(traits, extra) - off_size(members, size)))
    return replace(first, template=template, extra=extra, log_scale=size, usual=usual)


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
    found = sized(places_in_tile(page, symbol, area), symbol.log_scale)
    there = [row for row, place in enumerate(found.boxes) if iou(place, box) > MAX_OVERLAP]
    if not there:
        return symbol
    best = max(there, key=lambda row: float(found.scores[row]))
    reject = (appearances(found.aligned.pictures[[best]])[0], float(found.scores[best]))
    return replace(symbol, rejects=(*symbol.rejects, reject))
