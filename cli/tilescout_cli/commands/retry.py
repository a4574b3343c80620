"""`tilescout retry`: what is missing of documents is done again, and nothing that is there."""

from __future__ import annotations

from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import DocumentNames, Json, Local, StackName, example

Partial = Annotated[bool, typer.Option("--partial", help="All PARTIAL documents.")]
Failed = Annotated[bool, typer.Option("--failed", help="All FAILED documents.")]
DeadLetters = Annotated[
    bool, typer.Option("--dead-letters", help="All documents that nothing could process.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print what would be done.")]
app = command_app()


@app.command("retry", epilog=example("tilescout retry --partial --dry-run"))
def retry(
    names: DocumentNames = None,
    partial: Partial = False,
    failed: Failed = False,
    dead_letters: DeadLetters = False,
    dry_run: DryRun = False,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Send failed tiles to the detector again, and tile failed pages again.

    Answers that are there are kept and not paid again, for 30 days after the end; then the
    pages are tiled and read anew. The old result stays visible until there is a new one.
    A HELD document is released, a REJECTED one is judged again, and a SUPERSEDED one is processed
    beside the newer version.
    """
    from tilescout_cli.documents import retry
    from tilescout_cli.documents.retry import Wanted
    from tilescout_cli.stack import target

    deployed = target.find(local=local, stack=stack)
    wanted = Wanted(partial=partial, failed=failed, dead_letters=dead_letters)
    documents = retry.chosen(deployed, names or [], wanted)
    retry.retry_all(deployed, documents, dry_run=dry_run, as_json=as_json)
