"""An estimate for PDFs: pages, tiles, calls and dollars, before anything is uploaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from tilescout.errors import TilescoutError
from tilescout.intake.page_ranges import parse_pages
from tilescout.intake.planning import DocumentPlan, plan_document
from tilescout.pricing import PRICES_AS_OF, PRICES_REGION
from tilescout.profiles import Profile
from tilescout.rendering.render import inspect_for_profile
from tilescout_cli.console import tables, terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.terminal import dollars, plain
from tilescout_cli.documents import uploads
from tilescout_cli.documents.uploads import Pdf
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.stack.cdk_profiles import Profiles

MAX_PAGES = 12


def plan(pdfs: list[Path], profile: str | None, pages: str, *, as_json: bool) -> None:
    """Prints what PDFs would take. Ends the command with 2 for a PDF that cannot be used, with 1
    for one that would be rejected.
    """
    profiles = cdk_profiles.read()
    chosen = profiles.named(profile)
    wanted = parse_pages(uploads.check_pages(pages))
    usable, refused = uploads.check(pdfs)
    planned = {pdf.path: _plan(pdf, chosen, profiles, wanted) for pdf in usable}
    if as_json:
        terminal.print_json([_json(path, chosen, outcome) for path, outcome in planned.items()])
    else:
        for path, outcome in planned.items():
            _show(path, chosen, outcome)
    for line in refused:
        terminal.say(f"tilescout: {line}")
    if refused:
        raise typer.Exit(BadUsage.exit_code)
    if any(isinstance(outcome, str) for outcome in planned.values()):
        raise typer.Exit(CommandFailed.exit_code)


def _plan(
    pdf: Pdf, profile: Profile, profiles: Profiles, pages: tuple[int, int] | None
) -> DocumentPlan | str:
    """Returns the plan, or the reason why the upload would be rejected."""
    try:
        facts = inspect_for_profile(pdf.path, profile, pages)
        return plan_document(facts, profile, profiles.prices)
    except TilescoutError as error:
        return str(error)


def _json(path: Path, profile: Profile, outcome: DocumentPlan | str) -> dict[str, Any]:
    head: dict[str, Any] = {"file": str(path), "profile": profile.name}
    if isinstance(outcome, str):
        return head | {"rejected": outcome}
    return head | {
        "pages": [
            {
                "page": page.page,
                "width_px": page.width_px,
                "height_px": page.height_px,
                "dpi": page.dpi,
                "tiles": page.tiles,
                "coarse_tiles": page.coarse_tiles,
            }
            for page in outcome.pages
        ],
        "tiles": outcome.tiles,
        "calls": list(outcome.calls),
        "dollars": [round(amount, 6) for amount in outcome.dollars],
        "smallest_text_px": outcome.smallest_text_px,
        "warnings": list(outcome.warnings),
    }


def _show(path: Path, profile: Profile, outcome: DocumentPlan | str) -> None:
    terminal.out.print(plain(path), style="bold")
    if isinstance(outcome, str):
        terminal.out.print(plain(f"would be rejected: {outcome}"))
        return
    terminal.out.print(_pages(outcome))
    if len(outcome.pages) > MAX_PAGES:
        terminal.out.print(f"and {len(outcome.pages) - MAX_PAGES} more pages, see --json")
    text = outcome.smallest_text_px
    terminal.out.print(
        tables.facts(
            [
                ("profile", f"{profile.name} ({profile.detector}, {_dpi(profile)})"),
                ("pages", len(outcome.pages)),
                ("tiles", _tiles(outcome)),
                ("calls", _between(*(f"{calls:,}" for calls in outcome.calls))),
                ("cost", _between(*(dollars(amount) for amount in outcome.dollars))),
                ("prices", f"of {PRICES_AS_OF}, {PRICES_REGION}; cdk.json may override them"),
                ("smallest text", "" if text is None else f"{text:g} px high"),
                *[("warning", warning) for warning in outcome.warnings],
            ]
        )
    )


def _dpi(profile: Profile) -> str:
    if profile.has_auto_dpi:
        return f"{profile.dpi} to {profile.max_dpi} dpi by the height of lettering"
    return f"{profile.dpi} dpi"


def _tiles(outcome: DocumentPlan) -> str:
    coarse = sum(page.coarse_tiles for page in outcome.pages)
    return f"at most {outcome.tiles}" + (
        f", {coarse} of them at the second scale" if coarse else ""
    )


def _pages(outcome: DocumentPlan) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("page", "width px", "height px", "dpi", "tiles"):
        table.add_column(name, justify="right")
    for page in outcome.pages[:MAX_PAGES]:
        cells = (page.page, page.width_px, page.height_px, page.dpi, page.tiles)
        table.add_row(*(plain(cell) for cell in cells))
    return table


def _between(least: str, most: str) -> str:
    return least if least == most else f"{least} to {most}"
