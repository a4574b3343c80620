"""The layout of a sheet: its frame, zones, title block and text blocks, all in points."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

from tilescout.geometry import Box
from tilescout.sheet_layout.drawing_scale import MM_PER_POINT

REGIONS = ("drawing", "title-block", "legend", "notes", "revision-table", "outside")
"""The regions of a sheet; what lies in no other one is drawing."""


@dataclass(frozen=True, slots=True)
class ZoneAxis:
    """The zones along one side: n names between n + 1 edges in points, from left or top."""

    names: tuple[str, ...]
    edges: tuple[float, ...]

    def name_at(self, place: float) -> str:
        """Returns the name of the zone at a place, empty outside of them all."""
        number = bisect(self.edges, place) - 1
        return self.names[number] if 0 <= number < len(self.names) else ""


@dataclass(frozen=True, slots=True)
class ZoneGrid:
    """The zones of a sheet. A place's name is that of its row and of its column, as C7."""

    columns: ZoneAxis
    rows: ZoneAxis

    def zone_at(self, x: float, y: float) -> str:
        """Returns the zone of a point, the letter first; empty outside of the grid."""
        column, row = self.columns.name_at(x), self.rows.name_at(y)
        if not column or not row:
            return ""
        return f"{row}{column}" if row.isalpha() else f"{column}{row}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLayout:
    """The parts of a sheet. ``frame`` is None and the others are empty where none is found.

    ``blocks`` are names of regions and their boxes, the title block first; ``fields`` are those
    of the title block. ``scale`` is millimetres of the drawn thing per millimetre of the page, 0
    where unknown, by ``scale_source`` ("title-block" or "scale-bar"); ``scale_note`` tells where
    the two contradict each other. ``slope`` is the tangent of the page's skew; all boxes
    are those of the straight page. ``rulings`` are kept of a page without words of its own, for
    `read_words`.
    """

    frame: Box | None = None
    frame_confidence: float = 0.0
    zones: ZoneGrid | None = None
    blocks: tuple[tuple[str, Box], ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    scale: float = 0.0
    scale_source: str = ""
    scale_note: str = ""
    slope: float = 0.0
    rulings: Mapping[str, Any] = field(default_factory=dict)

    def region_of(self, box: Box) -> str:
        """Returns the region in which a box (points of the page) has its centre."""
        x, y = self._straight(box)
        if self.frame is not None and not self.frame.holds_point(x, y):
            return "outside"
        return next((name for name, block in self.blocks if block.holds_point(x, y)), "drawing")

    def zone_of(self, box: Box) -> str:
        """Returns the zone in which a box (points of the page) has its centre, as C7, or none."""
        return self.zones.zone_at(*self._straight(box)) if self.zones else ""

    def size_mm(self, box: Box) -> tuple[float, float] | None:
        """Returns the width and height of what a box (points of the page) shows, in millimetres.

        None where the drawing's scale is unknown.
        """
        if not self.scale:
            return None
        unit = MM_PER_POINT * self.scale
        return round(box.width * unit, 1), round(box.height * unit, 1)

    def place_of(self, box: Box) -> dict[str, Any]:
        """Returns what a detection's row tells of the place of a box (points of the page)."""
        size = self.size_mm(box)
        told = {"size_mm": list(size)} if size else {}
        return {"zone": self.zone_of(box), "region": self.region_of(box)} | told | self.sheet_name

    @property
    def sheet_name(self) -> dict[str, str]:
        """The drawing number and the revision, as far as the sheet tells them."""
        named = {
            "drawing_number": self.fields.get("number"),
            "revision": self.fields.get("revision"),
        }
        return {name: value for name, value in named.items() if value}

    def _straight(self, box: Box) -> tuple[float, float]:
        x, y = box.centre
        return x + self.slope * y, y - self.slope * x


def layout_to_json(layout: SheetLayout) -> dict[str, Any]:
    """Returns plain values for a row or a file; `layout_from_json` reads them."""
    zones = layout.zones
    axes = (zones.columns, zones.rows) if zones else ()
    kept = {"rulings": layout.rulings} if layout.rulings else {}
    return {
        "frame": list(astuple(layout.frame)) if layout.frame else None,
        "frame_confidence": layout.frame_confidence,
        "zones": [{"names": list(axis.names), "edges": list(axis.edges)} for axis in axes],
        "blocks": [{"region": name, "box": list(astuple(box))} for name, box in layout.blocks],
        "fields": dict(layout.fields),
        "scale": layout.scale,
        "scale_source": layout.scale_source,
        "scale_note": layout.scale_note,
        "slope": layout.slope,
        **kept,
    }


def layout_from_json(value: Mapping[str, Any]) -> SheetLayout:
    """Returns the layout that `layout_to_json` wrote."""
    axes = [
        ZoneAxis(tuple(each["names"]), tuple(map(float, each["edges"]))) for each in value["zones"]
    ]
    return SheetLayout(
        frame=_box(value["frame"]) if value["frame"] else None,
        frame_confidence=float(value["frame_confidence"]),
        zones=ZoneGrid(*axes) if axes else None,
        blocks=tuple((each["region"], _box(each["box"])) for each in value["blocks"]),
        fields=dict(value["fields"]),
        scale=float(value.get("scale", 0)),
        scale_source=value.get("scale_source", ""),
        scale_note=value.get("scale_note", ""),
        slope=float(value["slope"]),
        rulings=value.get("rulings", {}),
    )


def _box(sides: Sequence[float]) -> Box:
    return Box(*map(float, sides))
