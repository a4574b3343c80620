"""The warnings of a file and of the boxes of its pages.

A page without a usable MediaBox is taken as US Letter, and one whose CropBox is empty or beside the
MediaBox is shown by its MediaBox, as viewers do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

MAX_NAMED = 5
PLACEHOLDERS = ("please wait...", "if this message is not eventually replaced")


def file_warnings(
    *, is_repaired: bool, files: int, is_portfolio: bool, is_dynamic_form: bool
) -> list[str]:
    """Returns what must be told of a PDF with so many ``files`` embedded."""
    warnings = []
    if is_repaired:
        warnings.append("the file is damaged and was repaired; parts of it may be missing")
    if files and is_portfolio:
        warnings.append(
            "the PDF is a portfolio: of it only the cover is read, and none of its files "
            f"({files}); upload the files themselves"
        )
    elif files:
        warnings.append(f"files are embedded in the PDF ({files}); they are not read")
    if is_dynamic_form:
        warnings.append(
            "the PDF is a dynamic XFA form: what is read is the page that stands in for it; open "
            "it in Acrobat and print it to a PDF"
        )
    return warnings


def is_placeholder(text: str) -> bool:
    """Tells if a page says what Adobe's programs write for viewers that show no XFA."""
    said = " ".join(text.split()).lower()
    return any(words in said for words in PLACEHOLDERS)


def box_warnings(media_boxes: Mapping[int, tuple[str, str]], mended: list[int]) -> list[str]:
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
    """References are for the library to follow."""
    if "R" in box:
        return True
    try:
        left, top, right, bottom = (float(side) for side in box.strip("[] ").split())
    except ValueError:
        return False
    return math.isfinite(left + top + right + bottom) and left != right and top != bottom
