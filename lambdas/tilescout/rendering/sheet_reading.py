"""Reads the layout of a page from its pixels and its own words. Runs in the child only."""

from __future__ import annotations

import numpy as np

from tilescout.geometry import POINTS_PER_INCH
from tilescout.rendering.page_tiles import Pixels
from tilescout.rendering.port import ShownPage
from tilescout.rendering.reduced_page import ReducedPage
from tilescout.sheet_layout.layout import SheetLayout
from tilescout.sheet_layout.sheet_reader import read_sheet
from tilescout.sheet_layout.words import SheetWord

MIN_REDUCTION = 1.4
"""A page that is drawn at less than 100 dpi is drawn once more for its layout."""
MAX_PIXELS = 24_000_000
"""A sheet of 1.7 x 2.4 m; a larger page has no layout."""


def reduced_for_layout(page: ShownPage) -> ReducedPage | None:
    """Returns the page, keeping the picture that `read_layout` needs while it is drawn.

    None where the picture cannot be made of the page's own pixels.
    """
    picture = page.in_grey(POINTS_PER_INCH)
    is_too_large = picture.width * picture.height > MAX_PIXELS
    if is_too_large or page.dpi < MIN_REDUCTION * POINTS_PER_INCH:
        return None
    return ReducedPage(page, (picture.width, picture.height), is_scan=page.has_large_image)


def read_layout(page: ShownPage, pixels: Pixels | None = None) -> SheetLayout:
    """Returns the layout of a page; a large sheet takes .02 to .15 s of CPU.

    ``pixels`` is a grey picture of the page at 72 dpi (rows x columns); without one it is drawn.
    """
    picture = page.in_grey(POINTS_PER_INCH)
    if picture.width * picture.height > MAX_PIXELS:
        return SheetLayout()
    words = [SheetWord(text, picture.to_pixels(box)) for text, box in page.words()]
    grey = _drawn(picture) if pixels is None else pixels
    return read_sheet(grey, _drawn_once(words))


def _drawn(picture: ShownPage) -> Pixels:
    pixels: Pixels = np.empty((picture.height, picture.width, 1), np.uint8)
    # The finest line is a whole pixel wide: in grey it would be paler than the paper's grain.
    with picture.whole_lines():
        picture.draw(pixels, 0)
    return pixels[..., 0]


def _drawn_once(words: list[SheetWord]) -> list[SheetWord]:
    """Returns the words without those that are drawn again beside themselves to look bold."""
    places = {(word.text, *(round(at / 3) for at in word.box.centre)): word for word in words}
    return list(places.values())
