"""`tilescout plan`: pages, tiles, calls and dollars of PDFs, before anything is uploaded."""

from __future__ import annotations

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, Pages, Pdfs, ProfileName, example

app = command_app()


@app.command("plan", epilog=example("tilescout plan plan.pdf --profile text"))
def plan(pdfs: Pdfs, profile: ProfileName = None, pages: Pages = "", as_json: Json = False) -> None:
    """Estimate tiles, calls and dollars of PDFs. Needs no AWS, uploads nothing."""
    from tilescout_cli.documents import plan

    plan.plan(pdfs, profile, pages, as_json=as_json)
