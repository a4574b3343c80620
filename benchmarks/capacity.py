"""Computes the time and the cost of 10, 1,000 and 100,000 pages, and which limit binds.

    python -m benchmarks.capacity --out docs

Writes capacity.md and .svg; the drawing needs the `bench` extra. Half a minute.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from benchmarks.simulation.bulk import Bulk, Came, with_rate
from benchmarks.simulation.bulk_runs import simulate
from benchmarks.simulation.capacity_page import Line, page

PAGES = (10, 1_000, 100_000)
RATES = (1.0, 2.8, 5.0)
UNITS = (1, 2, 5)
MANY_PAGES = (10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
INSTALLED = Bulk(pages=1_000)
"""The default profile and settings."""
FOR_BULK = Bulk(
    pages=1_000, deadline_minutes=600, budget_usd=250.0, max_units=5, detect_concurrency=60
)
"""The longest deadline that a profile may have, and the cost of five units until then."""
MIDDLE = replace(FOR_BULK, units=2)

VARIED: tuple[tuple[str, dict[str, float]], ...] = (
    ("nothing", {}),
    ("a unit answers 1 tile per second", {"rate_per_unit": 1.0, "assumed_rate": 1.0}),
    ("a unit answers 5 tiles per second", {"rate_per_unit": 5.0, "assumed_rate": 5.0}),
    ("a start takes 10 minutes", {"start": 600.0}),
    ("a start takes 20 minutes", {"start": 1200.0}),
    ("half of the tiles are blank", {"tiles_per_page": 12}),
    ("A0 sheets instead of A1", {"tiles_per_page": 48}),
    ("an ask takes 0.5 s", {"latency": 0.5}),
    ("an ask takes 2 s", {"latency": 2.0}),
    ("detect_tile_concurrency 20 (in a large account)", {"detect_concurrency": 20}),
    ("5 units", {"units": 5}),
    ("5 units, detect_tile_concurrency 20", {"units": 5, "detect_concurrency": 20}),
    ("5 units of 5 tiles per second", {"units": 5, "rate_per_unit": 5.0, "assumed_rate": 5.0}),
    (
        "the same, detect_tile_concurrency 20",
        {"units": 5, "rate_per_unit": 5.0, "assumed_rate": 5.0, "detect_concurrency": 20},
    ),
    (
        "an account of 10 Lambda invocations at once",
        {"tiling_concurrency": 10, "detect_concurrency": 10},
    ),
    ("deadline 60 minutes (default)", {"deadline_minutes": 60}),
    ("budget $10", {"budget_usd": 10.0}),
)


def line(name: str, case: Bulk) -> Line:
    came: Came = simulate(case)
    return Line(
        name=name,
        hours=came.finished / 3600,
        is_finished=came.is_finished,
        usd_per_page=came.usd_per_page(case),
        usd_per_page_starting_free=came.usd_per_page(case, starting_is_billed=False),
        around_usd_per_page=came.around_usd(case) / case.pages,
        runs=came.runs,
        units=tuple(sorted(came.units)),
        binds=came.binds,
        why_more_runs=came.why_more_runs,
    )


def grid() -> list[tuple[int, float, list[Line]]]:
    """Returns the lines for fixed units, set for bulk."""
    return [
        (
            pages,
            rate,
            [line("", with_rate(replace(FOR_BULK, pages=pages, units=n), rate)) for n in UNITS],
        )
        for pages in PAGES
        for rate in RATES
    ]


def installed() -> list[tuple[int, float, Line]]:
    """Returns the lines for the default profile, whose runs plan their units."""
    return [
        (pages, rate, line("", with_rate(replace(INSTALLED, pages=pages), rate)))
        for pages in PAGES
        for rate in RATES
    ]


def varied() -> list[Line]:
    return [line(name, replace(MIDDLE, **values)) for name, values in VARIED]  # type: ignore[arg-type]


def paced() -> list[tuple[float, Line, Line]]:
    """Returns for each rate the lines of hints sent as fast as the service accepts them, and
    evenly."""
    return [
        (
            rate,
            line("", replace(with_rate(MIDDLE, rate), evenly=False)),
            line("", replace(with_rate(MIDDLE, rate), evenly=True)),
        )
        for rate in RATES
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    out: Path = parser.parse_args().out
    # Only drawing needs the extra: the tables can be made without.
    from benchmarks.simulation.capacity_picture import draw

    (out / "capacity.md").write_text(page(grid(), UNITS, installed(), varied(), paced()))
    by_rate = {
        rate: [line("", with_rate(replace(FOR_BULK, pages=n, units=1), rate)) for n in MANY_PAGES]
        for rate in RATES
    }
    by_units = {
        units: [line("", replace(FOR_BULK, pages=n, units=units)) for n in MANY_PAGES]
        for units in UNITS
    }
    draw(MANY_PAGES, by_rate, by_units, out / "capacity.svg")


if __name__ == "__main__":
    main()
