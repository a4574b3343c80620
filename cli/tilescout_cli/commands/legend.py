"""`tilescout legend`: the symbols of a drawing's legend, with their names, as examples."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, Pages, example

Drawing = Annotated[
    Path, typer.Argument(metavar="PDF", help="A drawing with a legend.", show_default=False)
]
EXAMPLE = example("tilescout legend plan.pdf --json")
app = command_app()


@app.command("legend", epilog=EXAMPLE)
def legend(file: Drawing, pages: Pages = "", as_json: Json = False) -> None:
    """List the symbols of a legend as boxes with names. Needs no AWS.

    The boxes are examples for `tilescout find-like`, which takes all of them as
    plan.pdf#legend.
    """
    from tilescout_cli.documents import example_search

    example_search.show_legend(file, pages, as_json)
