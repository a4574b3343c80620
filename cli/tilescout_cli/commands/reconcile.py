"""`tilescout reconcile`: objects in the bucket that no document was made of are accepted."""

from __future__ import annotations

from typing import Annotated

import typer

from tilescout import keys
from tilescout.aws.documents import uploads
from tilescout_cli.console import terminal
from tilescout_cli.console.options import Json, Local, StackName, example
from tilescout_cli.console.terminal import counted
from tilescout_cli.stack import target


def register(app: typer.Typer) -> None:
    app.command("reconcile", epilog=example("tilescout reconcile --dry-run"))(reconcile)


def reconcile(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is missing.")] = False,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Compare the bucket with the table, and announce objects that have no document.

    Of each object the latest version counts; what was deleted is left alone. The guard does the
    same every 15 minutes, a thousand objects at a time. Twice is as good as once.
    """
    found = target.find(local=local, stack=stack)
    listed = uploads.every(found.clients.s3, found.documents_bucket, keys.INCOMING)
    missing = []
    for upload in uploads.without_record(found.documents, listed):
        missing.append(upload)
        if not dry_run:
            uploads.announce(found.clients.sqs, found.documents_queue, upload)
        if not as_json:
            typer.echo(terminal.printable(upload.key))
    if as_json:
        done = {"announced": not dry_run}
        terminal.print_json(
            [{"key": each.key, "version": each.version_id} | done for each in missing]
        )
        return
    did = "without a document" if dry_run else "announced"
    terminal.say(f"{counted(len(missing), 'object')} {did}")
