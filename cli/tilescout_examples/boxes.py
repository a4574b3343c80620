"""Reads boxes that a person types: ``plan.pdf#1:100,200,130,230=receptacle``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tilescout.errors import TilescoutError
from tilescout.geometry import Box

NOTATION = re.compile(r"(?P<file>.+)#(?P<page>\d+):(?P<box>[-\d.,\s]+)(?:=(?P<label>.+))?")
DEFAULT_LABEL = "symbol"


class BadBox(TilescoutError):
    """A box on the command line that cannot be read."""


@dataclass(frozen=True, slots=True)
class BoxOnPage:
    """A box in points of a page (from 1) as it is shown, with the origin at the top left."""

    file: Path
    page: int
    box: Box
    label: str = DEFAULT_LABEL


def parse_box(text: str) -> BoxOnPage:
    """Returns the box of ``FILE#PAGE:LEFT,TOP,RIGHT,BOTTOM[=LABEL]``; raises BadBox."""
    match = NOTATION.fullmatch(text)
    if not match:
        raise BadBox(
            f"a box is FILE#PAGE:LEFT,TOP,RIGHT,BOTTOM=LABEL, in points; {text!r} is not; "
            "for example plan.pdf#1:100,200,130,230=receptacle"
        )
    sides = _sides(match["box"], text)
    page = int(match["page"])
    if page < 1:
        raise BadBox(f"pages count from 1; {text!r} names page {page}; correct the page")
    return BoxOnPage(Path(match["file"]), page, sides, match["label"] or DEFAULT_LABEL)


def _sides(numbers: str, text: str) -> Box:
    try:
        left, top, right, bottom = (float(part) for part in numbers.split(","))
    except ValueError:
        raise BadBox(
            f"a box has four numbers: left, top, right, bottom; {text!r} has {numbers!r}; "
            "write them in points, with commas"
        ) from None
    if left >= right or top >= bottom:
        raise BadBox(
            f"a box's left must be less than its right, and its top less than its bottom; "
            f"{text!r} has {numbers!r}; the origin is at the top left"
        )
    return Box(left, top, right, bottom)
