"""Writes the page on the comparison: its tables, and the assumptions they rest on."""

from __future__ import annotations

import textwrap

from benchmarks.simulation.comparison import Cell, Mean, Row

HEAD = """# Tilescout and the AWS sample under the same faults

Written by `python -m benchmarks.lifecycle_comparison --out docs`: a discrete-event simulation,
not a measurement in AWS. Both systems get the same day of arrivals, the same model and the same
faults. Tilescout's decisions are its own code (lease, lifecycle, units, pacing, reservations,
guard) and its own workflow file; the sample's are its published workflow and functions,
re-implemented in `benchmarks/aws_sample` with each of twelve defects named at its line.

![Model time and dollars under faults](lifecycle_comparison.svg)
"""

SURVIVAL = """
A fault is survived if, within 48 hours, the model is down and was up at most two hours longer
than on the same system's day without the fault (plus the time in which nobody could have stopped
it), every tile that can be answered has a result, none is detected twice or has two results (one
call more for each worker killed in its middle is allowed), and no model of somebody else's is
stopped. Each fault strikes twice, in two simulations: a run at ten o'clock, and the last run of
the day, after which no other work happens to clean up.
"""

READING = """
What decides is whether a later run has work. The sample's next run repairs much by accident: it
finds images, sees the model RUNNING, and drains and stops as usual. After the last run of the
day, or where the failed run has left its trigger on, nobody stops the model any more: each day
costs $96 until somebody looks. The image that always fails does not keep the model on for four
days without a break, as its queue suggests: while it is in flight it is not counted (defect 6),
so the run ends; but it is visible again when the next run looks, and the model is started for it
hour after hour.
"""

ASSUMED = """
## Assumed

- 92 sheets (A1 and A0 at 150 dpi, tiled 1,024 px with 128 px overlap, none blank) in six bursts
  and 18 single arrivals between half past seven and half past five; the second day is idle. The
  sample does not tile: it is given each tile as an image of its own, and a sheet's result is that
  of its last tile.
- The model: 2.8 tiles per second a unit, starts in 10 to 20 minutes by the seed, stops in one, one
  unit at $4.00 per hour. Not known is whether STARTING is billed: dollars count it, and the last
  column above does not.
- Tilescout: the hourly schedule, default profile, guard each minute, tiles stored and queued 15 s
  after the upload. The sample: its hourly schedule, 59 minutes, 15-minute looks.
- DynamoDB, S3 and Step Functions themselves do not fail here; control calls take no time. Dollars
  are the model's only.
- The sample is judged as published; its README says that production needs error handling,
  visibility settings and time-outs of one's own. Its other defects (permissions, retired runtime,
  no results to query) are not counted.
"""


def page(rows: list[Row], means: list[Mean]) -> str:
    return "\n".join(
        [
            HEAD,
            "## Faults survived",
            SURVIVAL,
            _survived(rows),
            "",
            _faults(rows),
            READING,
            "## Days without a fault",
            "",
            _days(means),
            "",
            _fine(rows, means),
            ASSUMED,
        ]
    )


def _survived(rows: list[Row]) -> str:
    def count(cells: list[Cell]) -> str:
        kept = sum(not cell.reasons for cell in cells)
        dollars = sum(cell.outcome.dollars for cell in cells) / len(cells)
        most = max(cell.outcome.dollars for cell in cells)
        return f"{kept} of {len(cells)} | {dollars:.2f} | {most:.2f} |"

    sample = [cell for row in rows for cell in row.sample]
    tilescout = [cell for row in rows for cell in row.tilescout]
    return (
        "| | survived | model, mean $ of 48 h | worst $ |\n|---|---|---|---|\n"
        f"| AWS sample | {count(sample)}\n| Tilescout | {count(tilescout)}"
    )


def _cell(cell: Cell) -> str:
    told = f"{cell.outcome.minutes / 60:.1f} h, ${cell.outcome.dollars:.0f}"
    return f"**no**, {told}: {'; '.join(cell.reasons)}" if cell.reasons else f"yes, {told}"


def _faults(rows: list[Row]) -> str:
    lines = [
        "Survived, hours that the model was up or stopping in 48, dollars with STARTING billed:",
        "",
        "| fault | AWS sample, run of 10:00 | last run | Tilescout, run of 10:00 | last run |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.name} | {' | '.join(map(_cell, (*row.sample, *row.tilescout)))} |" for row in rows
    ]
    return "\n".join(lines)


def _days(means: list[Mean]) -> str:
    lines = [
        "Mean of five seeds; minutes from a sheet's arrival to its last result.",
        "",
        "| | model hours | $ | $ if STARTING is free | median minutes | p95 minutes |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.name} | {each.hours:.1f} | {each.dollars:.2f} | {each.dollars_starting_free:.2f} "
        f"| {each.median_minutes:.0f} | {each.p95_minutes:.0f} |"
        for each in means
    ]
    lines.append("| A model that is never stopped | 24.0 | 96.00 | 96.00 | under 1 | a few |")
    return "\n".join(lines)


def _fine(rows: list[Row], means: list[Mean]) -> str:
    both = sum(not (row.sample[0].reasons or row.sample[1].reasons) for row in rows)
    sample, hourly, often = means[:3]
    told = (
        f"It survives {both} of {len(rows)} faults at both moments, most of them because a refused "
        "or failed start is simply tried again. While its model is up it answers an image at "
        f"once: its median is {sample.median_minutes:.0f} minutes where Tilescout on the same "
        f"hourly schedule needs {hourly.median_minutes:.0f}, as Tilescout stops the model when the "
        "last tile is answered and starts it again for the next sheet. That is what its "
        f"{sample.hours - hourly.hours:.1f} more model hours per day buy; on a schedule of "
        f"15 minutes Tilescout's median is {often.median_minutes:.0f} minutes, for "
        f"{often.hours:.1f} model hours. The sample also uses a model that somebody else has "
        "started, where Tilescout waits unless its profile says `use_running_model`; but then it "
        "stops it, too."
    )
    return "## Where the sample does fine\n\n" + textwrap.fill(told, 98)
