"""Reads the layout of a page from its pixels and its own words. Runs in the child only."""

from __future__ import annotations

import numpy as np

from tilescout.geometry import POINTS_PER_INCH
from tilescout.rendering.page_tiles import Pixels
from tilescout.rendering.port import ShownPage
from tilescout.sheet_layout.layout import SheetLayout
from tilescout.sheet_layout.sheet_reader import read_sheet
from tilescout.sheet_layout.words import SheetWord

MAX_PIXELS = 24_000_000
"""A sheet of 1.7 x 2.4 m; a larger page has no layout."""


def read_layout(page: ShownPage) -> SheetLayout:
    """Returns the layout of a page; a large sheet takes .2 to 1.3 s of CPU."""
    picture = page.in_grey(POINTS_PER_INCH)
    if picture.width * picture.height > MAX_PIXELS:
        return SheetLayout()
    pixels: Pixels = np.empty((picture.height, picture.width, 1), np.uint8)
    # The finest line is a whole pixel wide: in grey it would be paler than the paper's grain.
    with picture.whole_lines():
        picture.draw(pixels, 0)
    words = [SheetWord(text, picture.to_pixels(box)) for text, box in page.words()]
    return read_sheet(pixels[..., 0], _drawn_once(words))


def _drawn_once(words: list[SheetWord]) -> list[SheetWord]:
    """Returns the words without those that are drawn again beside themselves to look bold."""
    places = {(word.text, *(round(at / 3) for at in word.box.centre)): word for word in words}
    return list(places.values())
