"""The ruled lines of a page whose words are read later: what is kept of its pixels until then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from tilescout.geometry import Box
from tilescout.sheet_layout.frames import Frame
from tilescout.sheet_layout.ruled_lines import RuledLine, RuledPage
from tilescout.sheet_layout.zones import frame_bands, ticks

MAX_KEPT = 120
"""Lines of each direction that are kept, the longest: a row of a table must stay small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulings:
    """The size of a page in points, its longest lines, the ticks of its zones, and its border."""

    size: tuple[int, int]
    across: tuple[RuledLine, ...]
    down: tuple[RuledLine, ...]
    border: Box | None = None

    def page(self, slope: float) -> RuledPage:
        """Returns a page with nothing but these lines."""
        width, height = self.size
        ink = np.zeros((height, width), bool)
        for line in self.across:
            ink[int(line.at), int(line.start) : int(line.end)] = True
        for line in self.down:
            ink[int(line.start) : int(line.end), int(line.at)] = True
        return RuledPage(ink=ink, across=self.across, down=self.down, slope=slope)


def kept_rulings(page: RuledPage, frame: Frame | None) -> Rulings:
    """Returns what is kept of a page until its words are read."""
    across, down = _longest(page.across), _longest(page.down)
    if frame:
        down += _tick_lines(page.ink, frame)
        across += _tick_lines(page.ink.T, frame.transposed())
    border = frame.border if frame else None
    return Rulings(size=(page.width, page.height), across=across, down=down, border=border)


def _longest(lines: Sequence[RuledLine]) -> tuple[RuledLine, ...]:
    return tuple(sorted(lines, key=lambda line: -line.length)[:MAX_KEPT])


def _tick_lines(ink: np.ndarray, frame: Frame) -> tuple[RuledLine, ...]:
    """Returns the ticks across the bands above and below a frame."""
    bands = frame_bands(ink, frame)
    found = (
        [RuledLine(at, top, bottom) for at in ticks(ink[round(top) : round(bottom)], frame)]
        for top, bottom in bands
    )
    return tuple(chain.from_iterable(found))


def rulings_to_json(rulings: Rulings) -> dict[str, Any]:
    """Returns plain values; `rulings_from_json` reads them."""
    return {
        "size": rulings.size,
        "across": [_line(line) for line in rulings.across],
        "down": [_line(line) for line in rulings.down],
        "border": None if rulings.border is None else list(rulings.border.rounded()),
    }


def _line(line: RuledLine) -> list[float]:
    return [round(line.at, 1), round(line.start), round(line.end)]


def rulings_from_json(value: Mapping[str, Any]) -> Rulings:
    """Returns what `rulings_to_json` wrote."""
    width, height = value["size"]
    return Rulings(
        size=(int(width), int(height)),
        across=tuple(RuledLine(*map(float, line)) for line in value["across"]),
        down=tuple(RuledLine(*map(float, line)) for line in value["down"]),
        border=Box(*map(float, value["border"])) if value["border"] else None,
    )
