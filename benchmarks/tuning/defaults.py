"""Measures whether the input scale should vary when nobody says what to vary.

    python -m benchmarks.tuning [--cache DIR] --case defaults

`tilescout tune` without `--vary`, begun from profiles near the dpi that the model was trained at
and far from it: with dpi, tile size and overlap about the profile's as it is, and with half and
twice the input scale as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.tuning import cases
from benchmarks.tuning.table import Table
from tilescout.profiles import Profile
from tilescout_tune.candidates import INPUT_SCALE, Value
from tilescout_tune.preference import Score
from tilescout_tune.search import Search
from tilescout_tune.search_space import build_search_space, default_values
from tilescout_tune.trials import order_by_objects

BASES = (75, 100, 150)
TILE_SIZE, OVERLAP = 1024, 128
PAGES = 2
MIN_DPI = 72
"""Half of a lower dpi is below what a page is rendered at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The candidate that one search chose, with the calls that it took."""

    base: Profile
    is_scaled: bool
    settings: int
    chosen: Score
    calls: int


def rows(cache: Path) -> Iterator[Row]:
    case = cases.symbols(cache)
    table = Table(case.trials)
    pages = order_by_objects(case.trials.pages)[:PAGES]
    for dpi in BASES:
        base = replace(case.trials.base, dpi=dpi, tile_size=TILE_SIZE, overlap=OVERLAP)
        whole = {name: [v for v in values if name != "dpi" or float(v) >= MIN_DPI]
                 for name, values in default_values(base).items()}  # fmt: skip
        own = {name: whole[name] for name in whole if name != INPUT_SCALE}
        yield _searched(table, base, own, pages)
        yield _searched(table, base, whole, pages)


def _searched(
    table: Table, base: Profile, varied: Mapping[str, Sequence[Value]], pages: tuple[int, ...]
) -> Row:
    table.measured = set()
    whole = build_search_space(base, varied)
    search = Search(space=whole, pages=pages, measure=table.measure, calls=table.trials.calls)
    search.run()
    calls = table.calls()
    chosen = table.measure(search.best().candidate, pages)
    return Row(base=base, is_scaled=INPUT_SCALE in varied, settings=len(whole.candidates),
               chosen=chosen, calls=calls)  # fmt: skip


def section(cache: Path) -> str:
    """Returns the section in Markdown."""
    lines = [
        "| profile | input scale | settings | chosen | F1 | $ per page | calls |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.base.dpi} dpi, {row.base.tile_size} px | {'0.5, 1, 2' if row.is_scaled else '1'} "
        f"| {row.settings} | {row.chosen.candidate} | {row.chosen.f1:.3f} "
        f"| {row.chosen.usd:.6f} | {row.calls} |"
        for row in rows(cache)
    ]
    table = "\n".join(lines)
    return f"""## Without --vary

What is tried where nobody says, on {PAGES} of the sheets of symbols: dpi, tile size and overlap
around the profile's, as it is and at half and twice the input scale. A profile whose dpi is half of
what the model knows is only put right by the latter; that is why it is tried, for all the calls.

{table}

"""
