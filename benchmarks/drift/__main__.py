"""Counts false alarms of drift on a stationary stream, and how soon a change is found.

    python -m benchmarks.drift [--sheets 140] [--changed 16] [--per-day 20 5] [--kept FILE]

Sheets of a plant are drawn, scanned and read by the sample detector on their tiles, as a run does;
what is kept of each goes through the daily test of the guard. Days of a stream draw their sheets
by chance, with replacement, from the half of the usual office's that is not the baseline. A change
reaches all sheets of a day, or every second one. ``--kept`` holds the figures of sheets between
calls, for drawing and detecting takes a second of CPU each.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.drift.made_sheets import CHANGES, USUAL, Office, figures
from tilescout.drift.histograms import CONFIDENCE, from_json, to_json
from tilescout.drift.sheet_figures import SheetFigures
from tilescout.drift.sides import MAX_BASELINE, Sides

DAYS_PER_QUARTER = 91
DAYS_OF_A_TEST = 2
QUARTERS = 20
TRIALS = 40
FIRST_SEEDS = 1_000_000
Pool = Sequence[SheetFigures]


def pools(sheets: int, changed: int, kept: Path | None) -> Mapping[str, Pool]:
    """Returns the figures of sheets of the usual office, and of each change."""
    known = json.loads(kept.read_text()) if kept and kept.exists() else {}
    wanted = {"": (USUAL, sheets), **{name: (each, changed) for name, each in CHANGES.items()}}
    found: dict[str, list[SheetFigures]] = {}
    for number, (name, (office, count)) in enumerate(wanted.items()):
        found[name] = []
        for sheet in _pool(office, count, FIRST_SEEDS * number, known.get(name, [])):
            found[name].append(sheet)
            known[name] = [to_json(each.histograms) for each in found[name]]
            if kept:
                kept.write_text(json.dumps(known))
    return found


def _pool(office: Office, count: int, seed: int, known: Sequence[str]) -> Iterator[SheetFigures]:
    for number in range(count):
        if number < len(known):
            yield _sheet(f"{seed + number}", known[number])
        else:
            yield figures(office, seed + number)


def _sheet(key: str, histograms: str) -> SheetFigures:
    return SheetFigures(
        document_id=key,
        profile="symbols",
        key=key,
        version="v1",
        at=0,
        pages=1,
        histograms=from_json(histograms),
    )


def false_alarms(baseline: Pool, usual: Pool, per_day: int, chance: random.Random) -> list[int]:
    """Returns the days with an alarm of each stationary quarter."""
    counts = []
    for _ in range(QUARTERS):
        days = [chance.choices(usual, k=per_day) for _ in range(DAYS_PER_QUARTER + 1)]
        counts.append(sum(_alarms(baseline, days[n : n + 2]) for n in range(DAYS_PER_QUARTER)))
    return counts


def days_until_found(
    baseline: Pool, usual: Pool, changed: Pool, share: float, per_day: int, chance: random.Random
) -> list[int]:
    """Returns, for each trial, the day of the change on which it was found; 0 for never in five."""
    return [_found_on(baseline, usual, changed, share, per_day, chance) for _ in range(TRIALS)]


def _found_on(
    baseline: Pool, usual: Pool, changed: Pool, share: float, per_day: int, chance: random.Random
) -> int:
    days = [chance.choices(usual, k=per_day)]
    for day in range(1, 6):
        count = round(share * per_day)
        sheets = [*chance.choices(changed, k=count), *chance.choices(usual, k=per_day - count)]
        days.append(sheets)
        if _alarms(baseline, days[-DAYS_OF_A_TEST:]):
            return day
    return 0


def _alarms(baseline: Pool, days: Sequence[Pool]) -> bool:
    recent = tuple(sheet for day in days for sheet in day)
    return bool(Sides(baseline=tuple(baseline), recent=recent).moved())


def symbols_per_sheet(pool: Pool) -> float:
    """Returns how many symbols the detector finds on a sheet, on average."""
    return sum(sum(each.histograms.get(CONFIDENCE, {}).values()) for each in pool) / len(pool)


def _row(name: str, found: Sequence[int]) -> str:
    within = [sum(0 < day <= limit for day in found) / len(found) for limit in (1, 2, 5)]
    return f"| {name} | " + " | ".join(f"{share:.2f}" for share in within) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sheets", type=int, default=140)
    parser.add_argument("--changed", type=int, default=16)
    parser.add_argument("--per-day", type=int, nargs="+", default=[20, 5])
    parser.add_argument("--kept", type=Path)
    asked = parser.parse_args()
    every = pools(asked.sheets, asked.changed, asked.kept)
    middle = min(MAX_BASELINE, asked.sheets // 2)
    baseline, usual = every[""][:middle], every[""][middle:]
    for name, pool in every.items():
        print(f"{name or 'usual'}: {symbols_per_sheet(pool):.1f} symbols per sheet")
    for per_day in asked.per_day:
        begin = time.process_time()
        alarms = false_alarms(baseline, usual, per_day, random.Random(1))
        tests = QUARTERS * DAYS_PER_QUARTER
        print(
            f"\n{per_day} sheets per day: {sum(alarms)} days with an alarm in {QUARTERS} quarters"
        )
        print(f"{(time.process_time() - begin) / tests:.3f} CPU s per test\n")
        print("| change | day 1 | within 2 days | within 5 |\n|---|---|---|---|")
        for name in CHANGES:
            for share, part in ((1.0, "all sheets"), (0.5, "every second sheet")):
                found = days_until_found(
                    baseline, usual, every[name], share, per_day, random.Random(2)
                )
                print(_row(f"{name}: {part}", found), flush=True)


if __name__ == "__main__":
    main()
