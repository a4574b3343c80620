"""Writes the page on capacity: its tables, and the assumptions they rest on."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from benchmarks.simulation.arrivals import SHEETS_PX, tiles_of
from benchmarks.simulation.tilescout_system.hint_spread import EVENLY
from tilescout.detector_kinds import KINDS
from tilescout.pricing import PRICES_AS_OF, PRICES_REGION, PriceTable
from tilescout.tiling.grid import TileGrid

TEXT_GRID = TileGrid(size=2048, overlap=256)
"""The grid of the profile `text`, as Textract is paid by the tile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One simulated case: hours until the last page is merged, and US dollars per page."""

    name: str
    hours: float
    is_finished: bool
    usd_per_page: float
    usd_per_page_starting_free: float
    around_usd_per_page: float
    runs: int
    units: tuple[int, ...]
    binds: str
    why_more_runs: str


@dataclass(frozen=True, slots=True)
class PerImage:
    """A service paid by the image: dollars per A1 page, and its pages per hour."""

    name: str
    usd_per_page: float
    pages_per_hour: float


def per_image() -> list[PerImage]:
    prices = PriceTable()
    textract, text = TEXT_GRID.count(*SHEETS_PX["A1"]), tiles_of("A1")
    return [
        PerImage(
            f"Textract, {textract} tiles of 2,048 px",
            textract * prices.call("textract"),
            3600 * KINDS["textract"].tiles_per_second(PRICES_REGION) / textract,
        ),
        PerImage(
            f"Rekognition DetectText, {text} tiles of 1,024 px",
            text * prices.call("rekognition-text"),
            3600 * KINDS["rekognition-text"].tiles_per_second(PRICES_REGION) / text,
        ),
    ]


def _dollars(usd: float) -> str:
    return f"${usd:.4f}" if usd < 0.1 else f"${usd:.2f}"


def _hours(line: Line) -> str:
    hours = line.hours
    told = f"{hours * 60:.0f} min" if hours < 2 else f"{hours:,.1f} h"
    return told if line.is_finished else f"not done after {told}"


def _told(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 98, break_on_hyphens=False)


def _head() -> str:
    told = f"""
        Written by `python -m benchmarks.capacity --out docs`: a simulation with the documented
        quotas, not a measurement in AWS. Pages are A1 sheets at 150 dpi, {tiles_of("A1")} tiles of
        1,024 px with 128 px overlap by the project's own tiling, none blank, in documents of ten
        pages, all uploaded at once. Units, pacing and ends of runs are decided by the project's
        own functions. Dollars are list prices of {PRICES_AS_OF}: the model from StartProjectVersion
        until it is down, and everything around it.
        """
    return (
        "# Capacity: 10, 1,000 and 100,000 pages\n\n"
        f"{_told(told)}\n\n![Dollars and hours by pages](capacity.svg)"
    )


def _grid(cells: list[tuple[int, float, list[Line]]], units: tuple[int, ...]) -> str:
    names = " | ".join(f"{count} unit{'s' if count > 1 else ''}" for count in units)
    lines = [
        "## By units",
        "",
        _told(
            "Deadline 600 minutes, budget $250 per run, `detect_tile_concurrency` 60, a start of "
            "15 minutes, STARTING billed. Time until the last page is merged, dollars per page, "
            "what most of the time went to, and what made further runs necessary."
        ),
        "",
        f"| pages | tiles per second and unit | {names} |",
        f"|---|---|{'---|' * len(units)}",
    ]
    for pages, rate, row in cells:
        told = " | ".join(_cell(each) for each in row)
        lines.append(f"| {pages:,} | {rate:g} | {told} |")
    return "\n".join(lines)


def _cell(line: Line) -> str:
    more = f"; {line.runs} runs: {line.why_more_runs}" if line.why_more_runs else ""
    return f"{_hours(line)}, {_dollars(line.usd_per_page)}, {line.binds}{more}"


def _installed(cells: list[tuple[int, float, Line]]) -> str:
    lines = [
        "## As installed",
        "",
        _told(
            "Default profile: deadline 60 minutes, budget $25 per run, at most 2 units, "
            "`account_concurrency` 1,000, so that 40 tiles are sent at once; each run plans its "
            "units for what it has claimed."
        ),
        "",
        "| pages | tiles per second and unit | time | $ per page | $ if STARTING is free | runs "
        "| units | most of the time | more runs by |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {pages:,} | {rate:g} | {_hours(each)} | {_dollars(each.usd_per_page)} "
        f"| {_dollars(each.usd_per_page_starting_free)} | {each.runs} "
        f"| {', '.join(map(str, each.units))} | {each.binds} | {each.why_more_runs or 'nothing'} |"
        for pages, rate, each in cells
    ]
    return "\n".join(lines)


def _varied(cases: list[Line]) -> str:
    base = cases[0]
    lines = [
        "## What is not known, and what it changes",
        "",
        _told(
            "Not documented: tiles per second and unit (1 to 5 are named), the time of a start (10 "
            "to 20 minutes), whether STARTING is billed. The rate is measured by each run and "
            "stored with the version. If STARTING is free, each start costs "
            "$1.00 per unit less. 1,000 pages, 2 units of 2.8 tiles per second, one thing changed "
            "at a time:"
        ),
        "",
        "| changed | time | $ per page | against nothing changed | most of the time | runs |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.name} | {_hours(each)} | {_dollars(each.usd_per_page)} "
        f"| {each.usd_per_page / base.usd_per_page:.2f} x $, {each.hours / base.hours:.2f} x time "
        f"| {each.binds} | {each.runs} |"
        for each in cases
    ]
    return "\n".join(lines)


def _alternatives(cells: list[tuple[int, float, list[Line]]]) -> str:
    lines = [
        "## Against services paid by the image",
        "",
        "| | $ per page, call only | pages per hour at its call rate |",
        "|---|---|---|",
    ]
    lines += [
        f"| {each.name} | {_dollars(each.usd_per_page)} | {each.pages_per_hour:,.0f} |"
        for each in per_image()
    ]
    around = cells[0][2][0].around_usd_per_page
    dearer = {
        service.name: [
            f"{pages:,}"
            for pages, rate, row in cells
            if rate == 2.8 and row[0].usd_per_page - around > service.usd_per_page
        ]
        for service in per_image()
    }
    told = f"""
        They find text, not a customer's own symbols; the lines are there for the size of the
        price. What is around a page (storing, queues, functions, tables, workflow) is
        {_dollars(around)}. One unit of 2.8 tiles per second is dearer than
        {"; than ".join(f"{name} {_among(pages)}" for name, pages in dearer.items())}.
        """
    return "\n".join([*lines, "", _told(told)])


def _among(pages: list[str]) -> str:
    return f"({', '.join(pages)} pages)" if pages else "(for none of these numbers of pages)"


def _paced(cases: list[tuple[float, Line, Line]]) -> str:
    now = "evenly over its time" if EVENLY else "as fast as the service is said to take them"
    lines = [
        "## Pacing",
        "",
        _told(
            f"A turn of the loop sends its hints {now}; the tables above rest on that. Sent at "
            "once to a unit that "
            "answers fewer than the 5 tiles per second that it is asked for, many are refused and "
            "come back in the next turn only; the measured rate falls, and with it what the "
            "next turn sends. 1,000 pages, 2 units:"
        ),
        "",
        "| tiles per second and unit | hints at once: time, $ per page "
        "| hints evenly: time, $ per page |",
        "|---|---|---|",
    ]
    lines += [
        f"| {rate:g} | {_hours(once)}, {_dollars(once.usd_per_page)} "
        f"| {_hours(evenly)}, {_dollars(evenly.usd_per_page)} |"
        for rate, once, evenly in cases
    ]
    return "\n".join(lines)


def _read(cells: list[tuple[int, float, list[Line]]]) -> str:
    small, large = cells[1][2][0], cells[-2][2][0]
    units = (
        """More units make it faster, not cheaper nor, once a run is much longer than its
        start, noticeably dearer."""
        if EVENLY
        else """Where a unit answers fewer than 5 tiles per second, the pacing of hints binds
        before anything else (see Pacing): more units are dearer then, and hardly faster."""
    )
    told = f"""
        Few pages cost a start: 10 of them {_dollars(small.usd_per_page)} per page, 100,000 of them
        {_dollars(large.usd_per_page)} (one unit, 2.8 tiles per second). {units} The account's
        50 calls per second are out of reach: five units of 5 tiles per second ask for 25. Lambda
        binds only where `detect_tile_concurrency` divided by the seconds of an ask is less
        than units times rate; rendering does not, unless an account allows ten invocations at
        once. A deadline shorter than the work makes runs of it, each with a start of its own.
        """
    return "## In short\n\n" + _told(told)


ASSUMED = """## Assumed

- One page is rendered, cut and stored in 4 s and merged in 4 s; an ask takes 1 s from hint to
  commit; stopping takes 75 s until it is seen. Not measured in AWS.
- Quotas: 5 units per model, 50 DetectCustomLabels calls per second and account, 1,000 Lambda
  invocations at once, `merge_page_concurrency` 10. DynamoDB, S3 and SQS are taken not to throttle.
- Tiles flow at the smallest rate between two looks of the loop; single tiles are followed in
  `benchmarks/simulation/tilescout_system`, and a test holds the two against each other.
- Nothing fails; `docs/lifecycle_comparison.md` is about that."""


def page(
    cells: list[tuple[int, float, list[Line]]],
    units: tuple[int, ...],
    installed: list[tuple[int, float, Line]],
    varied: list[Line],
    paced: list[tuple[float, Line, Line]],
) -> str:
    parts = [
        _head(),
        _read(cells),
        _grid(cells, units),
        _installed(installed),
        _varied(varied),
        _paced(paced),
        _alternatives(cells),
        ASSUMED,
    ]
    return "\n\n".join(parts) + "\n"
