"""`tilescout forget`: a document, and everything that was made of it, is removed for good."""

from __future__ import annotations

from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import DocumentNames, Json, Local, StackName, Yes, example

Prefix = Annotated[
    str,
    typer.Option(
        "--prefix", metavar="P", help="All uploads whose key begins so.", show_default=False
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only list and count what there is.")]
app = command_app()


@app.command("forget", epilog=example("tilescout forget --prefix incoming/text/plant-7/ --dry-run"))
def forget(
    names: DocumentNames = None,
    prefix: Prefix = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Remove documents and everything that is stored of them, then prove that nothing is left.

    All versions of the upload go, its tiles, answers and results, its rows in the three tables and
    its review. A document that is being tiled or detected is left until it has ended. Logs and
    the backups of the tables expire by themselves.
    """
    from tilescout_cli.documents import removal
    from tilescout_cli.stack import target

    deployed = target.find(local=local, stack=stack)
    object_keys = removal.chosen(deployed, names or [], prefix)
    done = removal.forget(deployed, object_keys, dry_run=dry_run, yes=yes)
    removal.show(done, dry_run=dry_run, as_json=as_json)
