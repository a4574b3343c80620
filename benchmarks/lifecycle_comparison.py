"""Compares Tilescout with the AWS sample under the same faults and the same day of arrivals.

    python -m benchmarks.lifecycle_comparison --out docs

Writes lifecycle_comparison.md and .svg; the drawing needs the `bench` extra. A minute.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.simulation.arrivals import HOUR
from benchmarks.simulation.clock import DAY_ZERO
from benchmarks.simulation.comparison import Cell, Mean, Row
from benchmarks.simulation.comparison_page import page
from benchmarks.simulation.days import sample_day, tilescout_day
from benchmarks.simulation.outcome import Outcome, failures
from benchmarks.simulation.scenario_kinds import Moment, Scenario
from benchmarks.simulation.scenarios import QUIET, scenarios
from benchmarks.simulation.tilescout_system.system import PROFILE
from tilescout.profiles import StartWhen

SEED = 1
SEEDS = range(1, 6)
PATIENT = replace(PROFILE, start_when=StartWhen(tiles=400, oldest_minutes=120))
Day = Callable[[Scenario, int], Outcome]


def moments(undisturbed: Outcome) -> tuple[Moment, Moment]:
    """Returns the moments just before the run of ten o'clock and before the last, both with
    work."""
    starts = [cell.at_ms / 1000 for cell in undisturbed.log if cell.status == "STARTING"]
    ten = next(number for number, at in enumerate(starts) if at >= DAY_ZERO + 10 * HOUR)
    return tuple(  # type: ignore[return-value]
        Moment(at=starts[number] - 60, start=number) for number in (ten, len(starts) - 1)
    )


def under_faults(day: Day, seed: int) -> Iterator[tuple[str, tuple[Cell, Cell]]]:
    """Yields each fault with its effects at both moments."""
    quiet = day(QUIET, seed)
    for pair in zip(*map(scenarios, moments(quiet)), strict=True):
        got = [(scenario, day(scenario, seed)) for scenario in pair]
        cells = [
            Cell(
                outcome=cell,
                reasons=tuple(failures(cell, quiet, scenario.unavoidable_minutes)),
            )
            for scenario, cell in got
        ]
        yield pair[0].name, (cells[0], cells[1])


def rows(seed: int = SEED) -> list[Row]:
    both = zip(under_faults(sample_day, seed), under_faults(tilescout_day, seed), strict=True)
    return [Row(name=name, sample=ran, tilescout=other) for (name, ran), (_, other) in both]


def mean(name: str, day: Day) -> Mean:
    days = [day(QUIET, seed) for seed in SEEDS]

    def over(value: Callable[[Outcome], float]) -> float:
        return statistics.mean(map(value, days))

    return Mean(
        name=name,
        hours=over(lambda cell: cell.minutes / 60),
        dollars=over(lambda cell: cell.dollars),
        dollars_starting_free=over(lambda cell: cell.dollars_starting_free),
        median_minutes=over(lambda cell: cell.median_minutes),
        p95_minutes=over(lambda cell: cell.p95_minutes),
    )


def means() -> list[Mean]:
    return [
        mean("AWS sample, hourly", sample_day),
        mean("Tilescout, hourly", tilescout_day),
        mean(
            "Tilescout, every 15 minutes",
            lambda scenario, seed: tilescout_day(scenario, seed, schedule=HOUR // 4),
        ),
        mean(
            "Tilescout, hourly, start_when 400 tiles or 120 minutes",
            lambda scenario, seed: tilescout_day(scenario, seed, profile=PATIENT),
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    out: Path = parser.parse_args().out
    # Only drawing needs the extra: a table can be made without.
    from benchmarks.simulation.comparison_picture import draw

    under = rows()
    (out / "lifecycle_comparison.md").write_text(page(under, means()))
    draw(
        under,
        [sample_day(QUIET, SEED), tilescout_day(QUIET, SEED)],
        out / "lifecycle_comparison.svg",
    )


if __name__ == "__main__":
    main()
