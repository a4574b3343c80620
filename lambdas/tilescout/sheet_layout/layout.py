"""The layout of a sheet: its frame, zones, title block and text blocks, all in points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

from tilescout.geometry import Box
from tilescout.sheet_layout.frames import find_frame
from tilescout.sheet_layout.ruled_lines import Grey, read_lines
from tilescout.sheet_layout.text_blocks import find_text_blocks
from tilescout.sheet_layout.title_block import find_title_block
from tilescout.sheet_layout.words import SheetWord
from tilescout.sheet_layout.zones import ZoneAxis, ZoneGrid, find_zones

REGIONS = ("drawing", "title-block", "legend", "notes", "revision-table", "outside")
"""The regions of a sheet; what lies in no other one is drawing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLayout:
    """What is where on a sheet. ``frame`` is None and the others are empty where none is found.

    ``blocks`` are names of regions and their boxes, the title block first; ``fields`` are those
    of the title block. ``slope`` is the tangent of the page's skew; all boxes are those of the
    straight page.
    """

    frame: Box | None = None
    frame_confidence: float = 0.0
    zones: ZoneGrid | None = None
    blocks: tuple[tuple[str, Box], ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    slope: float = 0.0

    def region_of(self, box: Box) -> str:
        """Returns the region in which a box (points of the page) has its centre."""
        x, y = self._straight(box)
        if self.frame is not None and not self.frame.holds_point(x, y):
            return "outside"
        return next((name for name, block in self.blocks if block.holds_point(x, y)), "drawing")

    def zone_of(self, box: Box) -> str:
        """Returns the zone in which a box (points of the page) has its centre, as C7, or none."""
        return self.zones.zone_at(*self._straight(box)) if self.zones else ""

    def _straight(self, box: Box) -> tuple[float, float]:
        x, y = box.centre
        return x + self.slope * y, y - self.slope * x


def read_sheet(grey: Grey, words: Sequence[SheetWord]) -> SheetLayout:
    """Returns the layout of a page drawn at 72 dpi (rows x columns) with its words in points."""
    page = read_lines(grey)
    straight = [_straight(word, page.slope) for word in words]
    frame = find_frame(page)
    sheet = frame.inner if frame else Box(0, 0, page.width, page.height)
    title = find_title_block(page, sheet, straight)
    blocks = [("title-block", title.box)] if title else []
    return SheetLayout(
        frame=frame.inner if frame else None,
        frame_confidence=frame.confidence if frame else 0.0,
        zones=find_zones(page, frame, straight) if frame else None,
        blocks=(*blocks, *find_text_blocks(page, sheet, straight)),
        fields=title.fields if title else {},
        slope=page.slope,
    )


def _straight(word: SheetWord, slope: float) -> SheetWord:
    x, y = word.box.centre
    return SheetWord(word.text, word.box.shift(slope * y, -slope * x)) if slope else word


def layout_to_json(layout: SheetLayout) -> dict[str, Any]:
    """Returns plain values for a row or a file; `layout_from_json` reads them."""
    zones = layout.zones
    axes = (zones.columns, zones.rows) if zones else ()
    return {
        "frame": list(astuple(layout.frame)) if layout.frame else None,
        "frame_confidence": layout.frame_confidence,
        "zones": [{"names": list(axis.names), "edges": list(axis.edges)} for axis in axes],
        "blocks": [{"region": name, "box": list(astuple(box))} for name, box in layout.blocks],
        "fields": dict(layout.fields),
        "slope": layout.slope,
    }


def layout_from_json(value: Mapping[str, Any]) -> SheetLayout:
    """Returns the layout that `layout_to_json` wrote."""
    axes = [ZoneAxis(tuple(each["names"]), tuple(map(float, each["edges"]))) for each in value["zones"]]
    return SheetLayout(
        frame=_box(value["frame"]) if value["frame"] else None,
        frame_confidence=float(value["frame_confidence"]),
        zones=ZoneGrid(*axes) if axes else None,
        blocks=tuple((each["region"], _box(each["box"])) for each in value["blocks"]),
        fields=dict(value["fields"]),
        slope=float(value["slope"]),
    )


def _box(sides: Sequence[float]) -> Box:
    return Box(*map(float, sides))
