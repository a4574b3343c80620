"""`tilescout status`: the state of all documents, or of one."""

from __future__ import annotations

from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import DOCUMENT_HELP, Json, Local, StackName, example

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="[DOCUMENT|PDF|KEY]", help=DOCUMENT_HELP, show_default="the newest documents"
    ),
]
app = command_app()


@app.command("status", epilog=example("tilescout status plan.pdf --local"))
def status(
    document: Name = None, local: Local = False, stack: StackName = None, as_json: Json = False
) -> None:
    """Show the newest documents and runs, or everything about one document."""
    from tilescout_cli.runs import status
    from tilescout_cli.stack import target

    status.show(target.find(local=local, stack=stack), document, as_json=as_json)
