"""Leaves out the detections in parts of a sheet that a profile does not want, and tells of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tilescout.detections import Detection, TextLine
from tilescout.ledger import PageRow
from tilescout.merging.page import PageDetections
from tilescout.sheet_layout.layout import SheetLayout
from tilescout.sheet_layout.sheet_reader import read_words
from tilescout.sheet_layout.words import SheetWord


def layout_with_words(layout: SheetLayout, lines: Sequence[TextLine], dpi: int) -> SheetLayout:
    """Returns the layout with what level lines of text tell, where the page had no words itself."""
    words = [
        SheetWord(word.text, word.box.to_points(dpi))
        for line in lines
        if line.direction == "right"
        for word in line.words
    ]
    return read_words(layout, words)


def scale_warnings(page: int, layout: SheetLayout) -> tuple[str, ...]:
    """Returns a warning where the scales that the page's sheet tells contradict each other."""
    return (f"page {page}: {layout.scale_note}",) if layout.scale_note else ()


def keep_wanted_regions(
    detections: Sequence[Detection], layout: SheetLayout, unwanted: Sequence[str], page: PageRow
) -> PageDetections:
    """Returns the detections outside of the ``unwanted`` regions of the page's sheet.

    The warnings count what was left out, and name the regions that the page does not show.
    """
    if not unwanted:
        return PageDetections(tuple(detections))
    regions = [layout.region_of(each.box.to_points(page.dpi)) for each in detections]
    kept = [
        each for each, region in zip(detections, regions, strict=True) if region not in unwanted
    ]
    left_out = Counter(region for region in regions if region in unwanted)
    return PageDetections(tuple(kept), _warnings(page.page, layout, left_out, unwanted))


def _warnings(
    page: int, layout: SheetLayout, left_out: Counter[str], unwanted: Sequence[str]
) -> tuple[str, ...]:
    shown = {name for name, _ in layout.blocks} | ({"outside"} if layout.frame else set())
    counts = [
        f"{count} detections in the {name} of page {page} were left out, as the profile says"
        for name, count in sorted(left_out.items())
    ]
    missing = [name for name in unwanted if name not in shown]
    if missing:
        counts.append(
            f"page {page} shows no {' and no '.join(missing)} that could be left out; look at it"
        )
    return tuple(counts)
