"""How much memory the images of a page take once decoded, and which are refused before that.

The limit is a share of the child's memory: a decoded image, its scaled copy and the band have to
fit into it together. An image is counted with the bits that its pixels have: MuPDF expands an image
of one bit only where it draws it. Runs in the rendering child only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tilescout.geometry import Box
from tilescout.rendering.port import ShownPage

SHARE_OF_MEMORY = 3
MAX_CHANNELS = 4
BITS_PER_BYTE = 8
MIN_SCAN_SHARE = 0.5
"""The share of a page that its images cover on a scan."""
MIN_STRIP_PIXELS = 30_000
"""A scan is one image, or strips that each have as many pixels."""


def limit_mb(memory_mb: int) -> int:
    """Returns the MB that one image may take in a child of ``memory_mb``."""
    return memory_mb // SHARE_OF_MEMORY


def refusal(shown: Iterable[Mapping[str, Any]], page: int, limit: int) -> str:
    """Returns why a page that draws the images ``shown`` is not drawn; empty where it is."""
    for image in shown:
        width, height = image["width"], image["height"]
        bits = max(1, image["colorspace"]) * max(1, image["bpc"])
        needed_mb = width * height * bits // (BITS_PER_BYTE * 1_000_000)
        if needed_mb > limit:
            return (
                f"an image may take {limit} MB once decoded; page {page} has one of {width} x "
                f"{height} px that takes {needed_mb} MB; scan or export it at a lower resolution"
            )
    return ""


def may_be_refused(listed: Iterable[Sequence[Any]], limit: int) -> bool:
    """Tells if an image of those that a page's resources list could be over the limit.

    ``listed`` are rows of PyMuPDF's ``get_page_images``: width, height and bits from the third on.
    """
    return any(
        row[2] * row[3] * MAX_CHANNELS * max(1, row[4]) > limit * BITS_PER_BYTE * 1_000_000
        for row in listed
    )


def scan_dpi(page: ShownPage) -> float:
    """Returns the pixels per inch of the images that cover most of a page, 0 where none do.

    The strips of a scan count together.
    """
    shown = page.images if page.may_have_image_of(MIN_STRIP_PIXELS) else []
    area = sum(page.to_pixels(Box(*image["bbox"])).area for image in shown)
    if area <= MIN_SCAN_SHARE * page.width * page.height:
        return 0.0
    pixels = sum(image["width"] * image["height"] for image in shown)
    return round(page.dpi * math.sqrt(pixels / area), 1)
