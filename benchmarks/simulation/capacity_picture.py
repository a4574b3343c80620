"""Draws capacity as one picture: dollars per page and hours, both by the number of pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot

from benchmarks.simulation.capacity_page import Line, per_image

COLOURS = ("#c8553d", "#2a7f9e", "#4b5d52")
STYLES = ("--", ":")


def draw(
    pages: Sequence[int],
    by_rate: dict[float, list[Line]],
    by_units: dict[int, list[Line]],
    path: Path,
) -> None:
    """Writes ``path``. The same input gives the same file."""
    pyplot.rcParams.update({"svg.hashsalt": "tilescout", "font.size": 8, "svg.fonttype": "none"})
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9.5, 4.6), layout="constrained")
    _dollars(left, pages, by_rate)
    _hours(right, pages, by_units)
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.set_xlabel("pages (A1, 24 tiles each)")
        axes.grid(which="major", color="#e6e6e6", linewidth=0.6)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _dollars(axes: Any, pages: Sequence[int], by_rate: dict[float, list[Line]]) -> None:
    for (rate, lines), colour in zip(by_rate.items(), COLOURS, strict=True):
        billed = [each.usd_per_page for each in lines]
        free = [each.usd_per_page_starting_free for each in lines]
        axes.plot(pages, billed, color=colour, label=f"model, tiles per second: {rate:g}")
        axes.fill_between(pages, free, billed, color=colour, alpha=0.18, linewidth=0)
    for service, style in zip(per_image(), STYLES, strict=True):
        axes.axhline(service.usd_per_page, color="#777777", linestyle=style, label=service.name)
    axes.set_title("US dollars per page, 1 unit; shaded: if STARTING is free", loc="left")
    axes.legend(frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.16))


def _hours(axes: Any, pages: Sequence[int], by_units: dict[int, list[Line]]) -> None:
    for (units, lines), colour in zip(by_units.items(), COLOURS, strict=True):
        name = f"{units} unit{'s' if units > 1 else ''}"
        axes.plot(pages, [each.hours for each in lines], color=colour, label=name)
    axes.set_title("hours until the last page is merged, 2.8 tiles per second a unit", loc="left")
    axes.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.16))
