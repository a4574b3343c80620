"""Compares the search of `tilescout tune` with an exhaustive sweep of the same settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.tuning import cases
from benchmarks.tuning.cases import Case
from benchmarks.tuning.table import Table
from tilescout_evaluate.report import plots
from tilescout_tune.preference import Preference, Score, pareto
from tilescout_tune.search import Search
from tilescout_tune.trials import order_by_objects

CASES = {
    "symbols": cases.symbols,
    "two_sizes": cases.two_sizes,
    "tags": cases.tags,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The results of searches from every candidate: the distance from the sweep's best F1, the
    dollars per page over those of the sweep's choice, and the share of its calls."""

    pages: int
    preference: Preference
    gaps: tuple[float, ...]
    costs: tuple[float, ...]
    shares: tuple[float, ...]


def searched(table: Table, case: Case, pages: tuple[int, ...], preference: Preference) -> Row:
    """Searches from every candidate as the base."""
    every = case.search_space.candidates
    sweep = [table.measure(candidate, pages) for candidate in every]
    table.measured = {(candidate, page) for candidate in every for page in pages}
    all_calls, wanted = table.calls(), preference.best(sweep)
    most = wanted.f1 if preference.min_recall else max(score.f1 for score in sweep)
    gaps, costs, shares = [], [], []
    for base in every:
        table.measured = set()
        search = Search(
            space=replace(case.search_space, base=base),
            pages=pages,
            measure=table.measure,
            calls=table.trials.calls,
            preference=preference,
        )
        search.run()
        shares.append(table.calls() / all_calls)
        chosen = table.measure(search.best().candidate, pages)
        gaps.append(most - chosen.f1)
        costs.append(chosen.usd / wanted.usd)
    return Row(pages=len(pages), preference=preference, gaps=tuple(gaps), costs=tuple(costs),
               shares=tuple(shares))  # fmt: skip


def rows(table: Table, case: Case) -> Iterator[Row]:
    order = order_by_objects(case.trials.pages)
    for count in case.pages:
        for preference in (Preference(), Preference(case.min_recall)):
            yield searched(table, case, order[:count], preference)


def summary(found: Sequence[Row]) -> str:
    """Returns the table in Markdown."""
    lines = [
        "| pages | asked for | within .01 F1 | F1 below the sweep: mean, most "
        "| dollars per page over those of the sweep's choice: mean, most "
        "| share of its calls: mean, most |",
        "|---|---|---|---|---|---|",
    ]
    for row in found:
        least = row.preference.min_recall
        lines.append(
            f"| {row.pages} | {f'recall {least:g}, cheapest' if least else 'F1'} "
            f"| {sum(gap <= 0.01 for gap in row.gaps)} of {len(row.gaps)} "
            f"| {sum(row.gaps) / len(row.gaps):.4f}, {max(row.gaps):.4f} "
            f"| {sum(row.costs) / len(row.costs):.2f} x, {max(row.costs):.2f} x "
            f"| {sum(row.shares) / len(row.shares):.2f}, {max(row.shares):.2f} |"
        )
    return "\n".join(lines) + "\n"


def front_table(scores: Sequence[Score]) -> str:
    """Returns the sweep's Pareto set in Markdown."""
    lines = ["| setting | F1 | P | R | tiles per page | $ per page |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {s.candidate} | {s.f1:.3f} | {s.precision:.3f} | {s.recall:.3f} | {s.calls:.1f} "
        f"| {s.usd:.6f} |"
        for s in pareto(scores)
    ]
    return "\n".join(lines) + "\n"


def section(case: Case, found: Sequence[Row], sweep: Sequence[Score], picture: str) -> str:
    """Returns the section of one case in Markdown."""
    varied = "; ".join(f"{name} {', '.join(map(str, v))}" for name, v in case.varied.items())
    return f"""## {case.name.capitalize()}

{case.what[0].upper()}{case.what[1:]}. {len(sweep)} settings: {varied}.

{summary(found)}
The sweep's Pareto set, on {case.pages[0]} pages:

{front_table(sweep)}
![Accuracy against cost of every setting]({picture})

"""


def page_text(sections: Sequence[str]) -> str:
    """Returns docs/tuning.md."""
    model = cases.SYMBOLS
    return f"""# Tuning against an exhaustive sweep

Written by `python -m benchmarks.tuning --out docs/tuning.md`. A detector looks at annotated pages
at every setting: the sweep. `tilescout tune` ([evaluate.md](evaluate.md#tune)) searches the same
settings, once from each of them as the profile to begin with. Compared is F1 of what it chooses,
on all pages, with the best of the sweep; for a recall that is asked for, with the cheapest setting
of the sweep that reaches it. Calls are those of tiles that are not blank, each once, over those
of the sweep, which asks for no tile twice either.

{"".join(sections)}## What this does not say

- The sheets come from the code that drew the training pages. On other drawings the best settings
  are others, and the best is less far above the rest.
- The search looks along one setting at a time, and along the input scale; second scales are tried
  with each. Other settings that are good only together can be missed; `--effort`
  look at more.
- A tile of the ONNX model is priced by {model.seconds_per_tile:g} s at {model.tile_size:,} px, for
  other sizes by its pixels. What does not grow with them, such as reading the tile, is in these
  seconds too: larger tiles look dearer here than they are, and smaller ones cheaper.
- Confidences are chosen on the pages that they are then measured on: with few objects of a label
  the figures are too good. Annotate other pages for `tilescout evaluate`.
"""


def swept(case: Case, table: Table) -> list[Score]:
    pages = order_by_objects(case.trials.pages)[: case.pages[0]]
    return [table.measure(candidate, pages) for candidate in case.search_space.candidates]


def case_section(name: str, cache: Path, out: Path | None) -> str:
    """Returns the section of a case in Markdown; its picture is written beside ``out``."""
    case = CASES[name](cache)
    table = Table(case.trials)
    sweep, found = swept(case, table), list(rows(table, case))
    picture = f"tuning_{name}.svg"
    written = section(case, found, sweep, picture)
    print(written, flush=True)
    if out:
        points = [(s.usd, s.f1, str(s.candidate)) for s in sweep]
        front = [(s.usd, s.f1, str(s.candidate)) for s in pareto(sweep)]
        plot = plots.cost_and_accuracy(points, front)
        (out.parent / picture).write_text(plot, encoding="utf-8")
    return written
