"""A guard against boxes of another page, another turn or another size.

Most boxes on blank paper, or a page of another aspect, are no annotation that anybody meant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tilescout.geometry import Box
from tilescout_datasets.annotations import AnnotatedPage, AnnotatedTile
from tilescout_datasets.formats.page_files import have_same_aspect
from tilescout_datasets.page_source import CutPage
from tilescout_datasets.tile_pixels import pixels_of

MOST = 0.5
"""Share of a page's boxes that lie on blank paper, from which they are not where they should be."""
MIN_CONTRAST = 16
"""Ink differs so much from the paper, of 255: less is noise of a scan or of its compression."""
MIN_INK = 0.002
"""Share of a box's pixels; a line of one pixel through it has more."""
PICTURE_SIDE = 1600
RED, GREEN = (200, 30, 30), (30, 140, 60)


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A box in px of the rendered page; ``is_on_paper`` where no ink is in it."""

    box: Box
    is_on_paper: bool


def fault(page: AnnotatedPage, cut: CutPage) -> str:
    """Returns what is wrong with the boxes of a page that was cut; empty where all is well."""
    shown = page.shown or cut.size
    annotated = (page.width, page.height)
    if not have_same_aspect(annotated, shown):
        return (
            f"{page.name} was annotated at {page.width:g} x {page.height:g} and is shown as "
            f"{shown[0]:g} x {shown[1]:g}, which is another shape: the boxes would be stretched"
        )
    boxes = placed(page, cut)
    blank = sum(each.is_on_paper for each in boxes)
    if blank > MOST * len(boxes):
        return f"{blank} of {len(boxes)} boxes of {page.name} lie on blank paper"
    return ""


def placed(page: AnnotatedPage, cut: CutPage) -> list[PlacedBox]:
    """Returns the boxes of the page's objects, each with whether any tile shows ink in it.

    Boxes that no tile shows are on paper, unless only regions of the page were cut.
    """
    across, down = cut.size[0] / page.width, cut.size[1] / page.height
    boxes = [
        Box(e.box.left * across, e.box.top * down, e.box.right * across, e.box.bottom * down)
        for e in page.annotations
    ]
    return [
        PlacedBox(box, not any(_has_ink(tile, box) for tile in cut.tiles))
        for box in boxes
        if cut.is_whole or any(box.intersection(tile.box).area for tile in cut.tiles)
    ]


def _has_ink(tile: AnnotatedTile, box: Box) -> bool:
    part = box.intersection(tile.box)
    if not part.area:
        return False
    pixels = pixels_of(tile.file)
    left, top, right, bottom = part.shift(-tile.left, -tile.top).rounded()
    inside = pixels[max(0, top) : bottom, max(0, left) : right].astype(np.int16)
    if not inside.size:
        return False
    ink = np.abs(inside - _paper(pixels)) >= MIN_CONTRAST
    return bool(ink.mean() >= MIN_INK)


def _paper(pixels: NDArray[np.uint8]) -> int:
    """The commonest lightness."""
    return int(np.bincount(pixels[::4, ::4].ravel(), minlength=256).argmax())


def picture(page: AnnotatedPage, cut: CutPage) -> Image.Image:
    """Returns the page with its boxes: green where there is ink, red on blank paper."""
    ratio = min(1.0, PICTURE_SIDE / max(cut.size))
    size = tuple(max(1, round(side * ratio)) for side in cut.size)
    drawn = Image.new("RGB", (size[0], size[1]), (255, 255, 255))
    for tile in cut.tiles:
        shown = Image.fromarray(pixels_of(tile.file))
        left, top, right, bottom = tile.box.scale(ratio).rounded()
        drawn.paste(shown.resize((right - left, bottom - top)), (left, top))
    pen = ImageDraw.Draw(drawn)
    for each in placed(page, cut):
        colour = RED if each.is_on_paper else GREEN
        pen.rectangle(each.box.scale(ratio).rounded(), outline=colour, width=2)
    return drawn
