"""MediaBox and CropBox of a PDF's pages: what of them cannot be used, and what is shown instead.

MuPDF takes a page without a usable MediaBox as US Letter, and one whose CropBox is empty or beside
the MediaBox too, and says nothing. Viewers show the MediaBox then. Runs in the rendering child
only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pymupdf import mupdf

from tilescout.geometry import Box

MAX_NAMED = 5


def mend_crop_box(document: Any, number: int) -> bool:
    """Gives page ``number`` (from 1) its MediaBox for a CropBox that shows nothing of it.

    Returns whether that was needed. The file itself is not changed.
    """
    page = mupdf.pdf_lookup_page_obj(mupdf.pdf_document_from_fz_document(document.this), number - 1)
    media, crop = _box(page, "MediaBox"), _box(page, "CropBox")
    if media is None or crop is None or not media.area or crop.intersection(media).area:
        return False
    rect = mupdf.FzRect(media.left, media.top, media.right, media.bottom)
    mupdf.pdf_dict_put_rect(page, mupdf.pdf_new_name("CropBox"), rect)
    return True


def _box(page: Any, name: str) -> Box | None:
    """A box of the page or of the node that it inherits from; None where there is none, or no
    number in it."""
    found = mupdf.pdf_dict_get_inheritable(page, mupdf.pdf_new_name(name))
    if not found.m_internal or mupdf.pdf_array_len(found) != 4:
        return None
    sides = [mupdf.pdf_to_real(mupdf.pdf_array_get(found, at)) for at in range(4)]
    if not all(map(math.isfinite, sides)):
        return None
    return Box(min(sides[0], sides[2]), min(sides[1], sides[3]), max(sides[0], sides[2]),
               max(sides[1], sides[3]))  # fmt: skip


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
