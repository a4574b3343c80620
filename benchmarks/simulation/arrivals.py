"""A working day of a design office: sheets come in bursts, and some singly in between."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from benchmarks.simulation.clock import DAY_ZERO
from tilescout.tiling.grid import TileGrid

HOUR = 3600
DPI = 150
GRID = TileGrid(size=1024, overlap=128)
SHEETS_PX = {"A1": (4967, 3508), "A0": (7022, 4967)}
"""Width and height at 150 dpi."""
BURSTS = ((8.7, 10), (9.6, 14), (11.4, 8), (13.8, 16), (15.2, 6), (16.6, 20))
"""Hour of the day and sheets: releases, and what is handed in before people go home."""
SINGLE_SHEETS = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One sheet of ``tiles`` tiles that comes ``at`` an epoch second.

    ``poison`` tiles get the same refusal whenever they are sent; ``odd_key``: its name holds
    characters that an event encodes; ``events`` is how often its arrival is told.
    """

    name: str
    at: float
    tiles: int
    poison: frozenset[int] = frozenset()
    odd_key: bool = False
    events: int = 1


def tiles_of(sheet: str) -> int:
    """Returns the number of tiles by the project's own tiling, none of them blank."""
    return GRID.count(*SHEETS_PX[sheet])


def working_day(seed: int) -> list[Drawing]:
    """Returns 92 sheets between 7:30 and 17:30, in the order in which they come."""
    drawn = random.Random(seed)
    hours = [hour + drawn.uniform(0, 0.2) for hour, sheets in BURSTS for _ in range(sheets)]
    hours += [drawn.uniform(7.5, 17.5) for _ in range(SINGLE_SHEETS)]
    sheets = [drawn.choices(("A1", "A0"), weights=(4, 1))[0] for _ in hours]
    return [
        Drawing(name=f"sheet-{number:03}", at=DAY_ZERO + hour * HOUR, tiles=tiles_of(sheet))
        for number, (hour, sheet) in enumerate(sorted(zip(hours, sheets, strict=True)))
    ]


def changed(day: list[Drawing], before: float, **values: object) -> list[Drawing]:
    """Returns the same day, but the last drawing before the epoch second has other ``values``."""
    index = max(i for i, each in enumerate(day) if each.at < before)
    return [*day[:index], replace(day[index], **values), *day[index + 1 :]]  # type: ignore[arg-type]
