"""`tilescout upload`: put PDFs where they are tiled at once and detected by the next run."""

from __future__ import annotations

import typer

from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.options import Json, Local, Pages, Pdfs, ProfileName, StackName, example
from tilescout_cli.documents import uploads
from tilescout_cli.documents.uploads import SentPdf
from tilescout_cli.stack import cdk_profiles, target
from tilescout_cli.stack.target import Stack


def register(app: typer.Typer) -> None:
    app.command("upload", epilog=example("tilescout upload plans/*.pdf --profile text"))(upload)


def upload(
    pdfs: Pdfs,
    profile: ProfileName = None,
    pages: Pages = "",
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Upload PDFs; they are checked and tiled at once, and detected by the next run."""
    chosen = cdk_profiles.read().named(profile)
    pages = uploads.check_pages(pages)
    usable, refused = uploads.usable(pdfs)
    found = target.find(local=local, stack=stack)
    done = [uploads.upload(found, pdf, profile=chosen.name, pages=pages) for pdf in usable]
    _report(found, done, as_json=as_json)
    if refused:
        raise typer.Exit(BadUsage.exit_code)


def _report(stack: Stack, done: list[SentPdf], *, as_json: bool) -> None:
    if as_json:
        terminal.print_json(
            [{"file": str(u.pdf.path), "document": u.document_id, "key": u.key} for u in done]
        )
        return
    for each in done:
        typer.echo(f"{each.document_id}  {each.key}")
    terminal.say(f"see `tilescout status {done[-1].document_id[:8]} {stack.option}`")
