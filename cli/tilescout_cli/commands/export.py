"""`tilescout export`: whole result sets as JSON or CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import DocumentName, Local, StackName, example

Format = Annotated[Literal["json", "csv"], typer.Option("--format", help="What to write.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="The file to write.", show_default="standard output"
    ),
]
app = command_app()


@app.command("export", epilog=example("tilescout export --format csv --out all.csv"))
def export(
    document: DocumentName = None,
    format: Format = "json",
    out: Out = None,
    local: Local = False,
    stack: StackName = None,
) -> None:
    """Write the results of one document, or of all.

    json: detections.json of the document; for all documents one such object per line.
    csv: one row per detection, boxes in pixels and in points.
    """
    from tilescout_cli.documents import export, queries
    from tilescout_cli.stack import target

    found = target.find(local=local, stack=stack)
    export.export(found, queries.selected(found, document), format, out)
