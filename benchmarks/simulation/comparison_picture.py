"""Draws the comparison as one picture: two undisturbed days, and dollars under each fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot
from matplotlib.patches import Patch

from benchmarks.simulation.clock import DAY_ZERO
from benchmarks.simulation.comparison import Cell, Row
from benchmarks.simulation.outcome import Outcome

COLOURS = {"STARTING": "#f2b134", "RUNNING": "#2a7f9e", "STOPPING": "#9aa5ab"}
SAMPLE_COLOUR = "#c8553d"
TILESCOUT_COLOUR = "#2a7f9e"


def draw(rows: list[Row], days: list[Outcome], path: Path) -> None:
    """Writes ``path``. The same input gives the same file."""
    pyplot.rcParams.update({"svg.hashsalt": "tilescout", "font.size": 8, "svg.fonttype": "none"})
    figure, (above, below) = pyplot.subplots(
        2, 1, figsize=(9, 9.5), height_ratios=(1, 6), layout="constrained"
    )
    orphaned = next(row for row in rows if "go on" in row.name)
    _days(above, [*days, orphaned.sample[0].outcome, orphaned.tilescout[0].outcome])
    _dollars(below, rows)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _days(axes: Any, days: list[Outcome]) -> None:
    for line, day in enumerate(days):
        ends = [*(each.at_ms for each in day.log[1:]), (DAY_ZERO + 48 * 3600) * 1000]
        for change, end in zip(day.log, ends, strict=True):
            if change.status in COLOURS:
                begin = (change.at_ms / 1000 - DAY_ZERO) / 3600
                hours = (end - change.at_ms) / 3_600_000
                axes.barh(line, hours, left=begin, height=0.6, color=COLOURS[change.status])
    axes.set_yticks(
        range(len(days)),
        [
            f"{day.system}, {'no fault' if number < 2 else 'one function error'}"
            for number, day in enumerate(days)
        ],
    )
    axes.invert_yaxis()
    axes.set_xlim(7, 24)
    axes.set_xticks(range(7, 25))
    axes.set_xlabel("hour of the day", loc="left")
    axes.set_title("When the model is up (the error strikes the run of ten o'clock)", loc="left")
    patches = [Patch(color=colour, label=status) for status, colour in COLOURS.items()]
    axes.legend(
        handles=patches, ncols=3, loc="upper right", bbox_to_anchor=(1, -0.2), frameon=False
    )


def _dollars(axes: Any, rows: list[Row]) -> None:
    for line, row in enumerate(rows):
        axes.axhline(line, color="#e6e6e6", linewidth=0.6, zorder=0)
        for cells, colour, shift in (
            (row.sample, SAMPLE_COLOUR, -0.17),
            (row.tilescout, TILESCOUT_COLOUR, 0.17),
        ):
            for cell, marker in zip(cells, ("o", "s"), strict=True):
                _mark(axes, cell, line + shift, colour, marker)
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, None)
    axes.set_xlabel("US dollars for the model in 48 hours, STARTING billed")
    axes.set_title(
        "Dollars under each fault: circle, run of 10:00; square, last run; filled, survived",
        loc="left",
    )
    patches = [
        Patch(color=SAMPLE_COLOUR, label="AWS sample"),
        Patch(color=TILESCOUT_COLOUR, label="Tilescout"),
    ]
    axes.legend(handles=patches, loc="lower right", frameon=False)


def _mark(axes: Any, cell: Cell, height: float, colour: str, marker: str) -> None:
    axes.plot(
        cell.outcome.dollars,
        height,
        marker=marker,
        markersize=4.5,
        color=colour,
        markerfacecolor="white" if cell.reasons else colour,
    )
