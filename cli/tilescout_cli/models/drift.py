"""`tilescout model drift`: what has changed in the drawings that a profile's model reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rich.table import Table

from tilescout import keys
from tilescout.aws import parallel
from tilescout.aws.tables import figures_table, model_table
from tilescout.drift.comparison import MIN_BASELINE, MIN_RECENT, FigureChange
from tilescout.drift.histograms import REJECTED, edges, histogram
from tilescout.drift.sheet_choice import RankedSheet, annotate_next, rank_by_difference
from tilescout.drift.sheet_figures import SheetFigures
from tilescout.drift.sides import Sides
from tilescout.profiles import Profile
from tilescout.runs.model_records import version_name
from tilescout_cli.console import clock, tables, terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.terminal import counted
from tilescout_cli.documents.review_rows import ReviewRows
from tilescout_cli.evaluation.view import add, new_table
from tilescout_cli.stack.target import Stack
from tilescout_evaluate.report import plots
from tilescout_reviews.review import Review

MAX_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The comparison of a profile's documents; ``since`` is when the version came into use.

    ``different`` are the recent sheets, that which differs most first, and ``chosen`` those of
    them to annotate next.
    """

    profile: str
    version: str
    since: int
    sides: Sides
    changes: tuple[FigureChange, ...]
    different: tuple[RankedSheet, ...]
    chosen: tuple[RankedSheet, ...]

    @property
    def moved(self) -> list[FigureChange]:
        return [change for change in self.changes if change.has_moved]


def look(stack: Stack, profile: Profile, count: int) -> Drift:
    """Compares the last days with the first documents of the version in use.

    Raises CommandFailed where the profile needs a version and none is in use.
    """
    version, since = _in_use(stack, profile)
    found = figures_table.sides(stack.ledger, profile.name, version, since, clock.now())
    sides = Sides(
        baseline=tuple(_with_reviews(stack, found.baseline)),
        recent=tuple(_with_reviews(stack, found.recent)),
    )
    ranked = rank_by_difference(sides.baseline, sides.recent)
    return Drift(
        profile=profile.name,
        version=version,
        since=since,
        sides=sides,
        changes=sides.compared(),
        different=tuple(ranked),
        chosen=tuple(annotate_next(ranked, count)),
    )


def _in_use(stack: Stack, profile: Profile) -> tuple[str, int]:
    """Returns the version in use and since when; nothing for a detector without versions."""
    if not profile.needs_version:
        return "", 0
    in_use = model_table.in_use(stack.ledger, profile.model_project)
    if in_use is None:
        raise CommandFailed(
            f"profile {profile.name} is compared since its model version came into use, and none "
            f"of {profile.model_project} is in use; activate one with `tilescout model use`"
        )
    return in_use.version_arn, in_use.used_since


def _with_reviews(stack: Stack, sheets: Sequence[SheetFigures]) -> Iterator[SheetFigures]:
    """Yields the sheets with the share of their reviewed detections that a person rejected."""

    def reviewed(sheet: SheetFigures) -> SheetFigures:
        source = keys.source_key(stack.documents_bucket, sheet.key)
        made = Review(ReviewRows(stack.ledger, source)).corrections().values()
        verdicts = [each.verdict for each in made if each.finding and each.verdict != "open"]
        if not verdicts:
            return sheet
        rejected = histogram(REJECTED, [verdicts.count("rejected") / len(verdicts)])
        return replace(sheet, histograms={**sheet.histograms, REJECTED: rejected})

    return parallel.in_order(reviewed, sheets)


def show(drift: Drift, stack: Stack, *, as_json: bool) -> None:
    """Prints what moved and which sheets differ. Raises CommandFailed where a figure moved."""
    if as_json:
        terminal.print_json(_members(drift))
    else:
        _show_tables(drift, stack)
    if drift.moved:
        raise CommandFailed(
            f"{counted(len(drift.moved), 'figure')} of profile {drift.profile} moved; look at the "
            "sheets that differ, correct them, and train a version with them"
        )


def _show_tables(drift: Drift, stack: Stack) -> None:
    sides = drift.sides
    terminal.out.print(tables.facts([
        ("profile", drift.profile),
        ("version", version_name(drift.version)),
        ("baseline", counted(len(sides.baseline), "document")),
        ("last 2 days", counted(len(sides.recent), "document")),
    ]))  # fmt: skip
    if not drift.changes:
        terminal.say(
            f"nothing is compared: a baseline has {MIN_BASELINE} documents or more, and the last "
            f"days {MIN_RECENT}; wait for more"
        )
        return
    terminal.out.print(_figures(drift.changes))
    if drift.different:
        terminal.out.print(_sheets(drift.different))
    if drift.moved:
        ids = " ".join(each.sheet.document_id[:8] for each in drift.chosen)
        terminal.say(f"annotate these next: tilescout view {stack.option} {ids}")


def _figures(changes: Sequence[FigureChange]) -> Table:
    table = new_table("figure", "before", "now", "PSI", "distance", "chance", "")
    for change in changes[:MAX_ROWS]:
        before, now = change.medians
        values = (f"{before:.3g}", f"{now:.3g}", f"{change.psi:.2f}", f"{change.distance:.2f}")
        mark = "moved" if change.has_moved else ""
        add(table, change.name, *values, f"{change.chance:.2g}", mark)
    return table


def _sheets(ranked: Sequence[RankedSheet]) -> Table:
    table = new_table("id", "difference", "doubt", "differs most in", "drawing")
    for each in ranked[:MAX_ROWS]:
        add(
            table,
            each.sheet.document_id[:8],
            f"{each.difference:.2f}",
            f"{each.doubt:.2f}",
            each.figure,
            each.sheet.key.rpartition("/")[2],
        )
    return table


def _members(drift: Drift) -> dict[str, Any]:
    return {
        "profile": drift.profile,
        "version": drift.version,
        "since": drift.since,
        "baseline": len(drift.sides.baseline),
        "recent": len(drift.sides.recent),
        "figures": [
            asdict(change) | {"moved": change.has_moved, "medians": change.medians}
            for change in drift.changes
        ],
        "sheets": [_sheet_members(each) for each in drift.different],
        "annotate_next": [each.sheet.document_id for each in drift.chosen],
    }


def _sheet_members(ranked: RankedSheet) -> dict[str, Any]:
    return {
        "id": ranked.sheet.document_id,
        "key": ranked.sheet.key,
        "difference": round(ranked.difference, 4),
        "doubt": round(ranked.doubt, 4),
        "figure": ranked.figure,
    }


def plot(drift: Drift, path: Path) -> None:
    """Writes the figures that moved, else the least likely ones, as SVG.

    Raises BadUsage where matplotlib is missing, there is nothing to draw, or the file cannot be
    written.
    """
    if not plots.is_available():
        raise BadUsage("--plot needs matplotlib; run `pip install matplotlib`, or leave it out")
    shown = drift.moved or list(drift.changes)
    if not shown:
        raise BadUsage("--plot has nothing to draw, as too few documents are compared; wait")
    panels = {each.name: (edges(each.name), each.before, each.after) for each in shown[:MAX_ROWS]}
    try:
        path.write_text(plots.before_and_after(panels), encoding="utf-8")
    except OSError as error:
        raise BadUsage(
            f"--plot {path} cannot be written ({error.strerror}); name another file"
        ) from error
