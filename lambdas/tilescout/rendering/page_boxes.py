"""MediaBox and CropBox of a PDF's pages: what is told of those that cannot be used.

MuPDF takes a page without a usable MediaBox as US Letter, and one whose CropBox is empty or beside
the MediaBox too, and says nothing. Viewers show the MediaBox then. Runs in the rendering child
only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

MAX_NAMED = 5


def warnings(media_boxes: Mapping[int, tuple[str, str]], mended: list[int]) -> list[str]:
    """Returns what must be told of the boxes of pages.

    ``media_boxes`` has kind and text of each page's own entry, "null" where it inherits one;
    ``mended`` are pages whose CropBox was.
    """
    unusable = [
        f"page {number} has no usable MediaBox ({box[:60]}); it is taken as 612 x 792 pt"
        for number, (kind, box) in media_boxes.items()
        if kind == "array" and not _is_usable(box)
    ]
    cropped = [f"page {number} has a CropBox that shows nothing; its MediaBox is shown"
               for number in mended]  # fmt: skip
    return [*_some(unusable, "have no usable MediaBox"),
            *_some(cropped, "have a CropBox that shows nothing")]  # fmt: skip


def _some(lines: list[str], what: str) -> list[str]:
    more = len(lines) - MAX_NAMED
    return lines[:MAX_NAMED] + ([f"{more} more pages {what}"] if more > 0 else [])


def _is_usable(box: str) -> bool:
    """References are for MuPDF to follow."""
    if "R" in box:
        return True
    try:
        left, top, right, bottom = (float(side) for side in box.strip("[] ").split())
    except ValueError:
        return False
    return math.isfinite(left + top + right + bottom) and left != right and top != bottom
