"""`tilescout retry`: do again what is missing of documents, and nothing that is there."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tilescout_cli.console import terminal
from tilescout_cli.console.failures import CommandFailed
from tilescout_cli.console.options import Json, Local, StackName, example
from tilescout_cli.console.terminal import counted
from tilescout_cli.documents import retry as document_retry
from tilescout_cli.documents.retry import Retried, Wanted
from tilescout_cli.stack import target

NOT_DONE = {
    "busy": "somebody else is at it, probably its cleaning up; try again in 11 minutes",
    "gone": "its object is gone, or it was retried meanwhile; upload the file again",
}


def register(app: typer.Typer) -> None:
    app.command("retry", epilog=example("tilescout retry --partial --dry-run"))(retry)


def retry(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DOCUMENT|PDF|KEY]...",
            help="Ids, their beginnings, files or keys.",
            show_default=False,
        ),
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="All that are PARTIAL.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="All that are FAILED.")] = False,
    dead_letters: Annotated[
        bool, typer.Option("--dead-letters", help="All that nothing could process.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Ask again for failed tiles and tile failed pages again.

    Answers that are there are kept and not paid again, for 30 days after the end; then the
    pages are tiled and read anew. The old result stays visible until there is a new one.
    A HELD document is released, a REJECTED one is judged again, and a SUPERSEDED one is processed
    beside the newer version.
    """
    found = target.find(local=local, stack=stack)
    wanted = Wanted(partial=partial, failed=failed, dead_letters=dead_letters)
    done = []
    for document in document_retry.chosen(found, names or [], wanted):
        done.append(document_retry.retry(found, document, dry_run=dry_run))
        if not as_json:
            typer.echo(_line(done[-1]))
    if as_json:
        terminal.print_json([_shown(each) for each in done])
    elif not done:
        terminal.say("there is nothing to retry")
    left = sum(each.did in NOT_DONE for each in done)
    if left:
        raise CommandFailed(f"{counted(left, 'document')} could not be retried")


def _line(each: Retried) -> str:
    head = f"{each.document.id}  {each.document.status}  {terminal.printable(each.document.key)}"
    if each.did in NOT_DONE:
        return f"{head}: {NOT_DONE[each.did]}"
    if each.did not in ("retried", "would retry"):
        return f"{head}: {each.did}"
    return (
        f"{head}: {each.did}: {counted(each.tiles, 'tile')} to ask again, "
        f"{counted(each.pages, 'page')} to tile again, {counted(each.answered, 'answer')} kept"
    )


def _shown(each: Retried) -> dict[str, Any]:
    return {
        "document": each.document.id,
        "key": each.document.key,
        "was": each.document.status,
        "status": each.status,
        "did": each.did,
        "tiles": each.tiles,
        "pages": each.pages,
        "answered": each.answered,
    }
