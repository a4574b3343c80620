"""`tilescout reconcile`: objects in the bucket that have no document are announced."""

from __future__ import annotations

from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, Local, StackName, example

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print what is missing.")]
app = command_app()


@app.command("reconcile", epilog=example("tilescout reconcile --dry-run"))
def reconcile(
    dry_run: DryRun = False,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Compare the bucket with the table, and announce objects that have no document.

    The latest version of each object counts; deleted objects are left alone. The guard does the
    same every 15 minutes, a thousand objects at a time. Running it twice does no harm.
    """
    from tilescout_cli.documents import uploads
    from tilescout_cli.stack import target

    uploads.reconcile(target.find(local=local, stack=stack), dry_run=dry_run, as_json=as_json)
