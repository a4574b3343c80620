"""Retries: the documents that are chosen, and the outcome for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import typer

from tilescout.aws.documents.retry import Retrier
from tilescout.documents import GIVEN_UP, Document, Status
from tilescout.transitions.arrows import RETRY
from tilescout_cli.console import clock, terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.terminal import counted
from tilescout_cli.documents import lookup
from tilescout_cli.stack.target import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Kinds of documents that are retried without being named."""

    partial: bool = False
    failed: bool = False
    dead_letters: bool = False

    def takes(self, document: Document) -> bool:
        """Tells if the document is of a wanted kind; nothing could process a dead letter."""
        return (
            (self.partial and document.status == "PARTIAL")
            or (self.failed and document.status == "FAILED")
            or (
                self.dead_letters
                and document.status in ("PARTIAL", "FAILED", "REJECTED")
                and GIVEN_UP in document.reason
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """``tiles`` are sent again, ``pages`` tiled again, ``answered`` kept and not paid again.

    ``did`` is "retried", "would retry", "judged again", "would judge again", "nothing to retry",
    "busy" or "gone".
    """

    document: Document
    did: str
    status: Status
    tiles: int = 0
    pages: int = 0
    answered: int = 0


def chosen(stack: Stack, names: Sequence[str], wanted: Wanted) -> list[Document]:
    """Returns each document once, in the order given.

    Raises BadUsage for names and options together, for neither, and for a name that means no
    document.
    """
    kinds = wanted != Wanted()
    if bool(names) == kinds:
        raise BadUsage(
            "name documents, or take all of a kind by --partial, --failed or --dead-letters; "
            + ("not both" if kinds else "nothing was given")
        )
    if names:
        named = (lookup.named(stack, name) for name in names)
        return list({each.id: each for each in named}.values())
    return [each for each in lookup.every(stack) if wanted.takes(each)]


def retry(stack: Stack, document: Document, *, dry_run: bool) -> Retried:
    """Returns what was done with one document; a document that has not ended is left as it is."""
    retrier = Retrier(
        documents=stack.documents,
        ledger=stack.ledger,
        s3=stack.clients.s3,
        sqs=stack.clients.sqs,
        tiles_bucket=stack.tiles_bucket,
        pages_queue_url=stack.pages_queue,
        documents_queue_url=stack.documents_queue,
    )
    if document.status == "REJECTED":
        return _judge(retrier, document, dry_run=dry_run)
    if document.status not in RETRY.sources:
        return Retried(document=document, did="nothing to retry", status=document.status)
    found = retrier.plan(document)
    status = None if dry_run else retrier.retry(document, clock.now())
    did = "would retry" if dry_run else ("retried" if status else "busy")
    return Retried(
        document=document,
        did=did,
        status=status or document.status,
        tiles=len(found.tiles),
        pages=len(found.pages),
        answered=found.answered,
    )


def _judge(retrier: Retrier, document: Document, *, dry_run: bool) -> Retried:
    if dry_run:
        return Retried(document=document, did="would judge again", status=document.status)
    did = "judged again" if retrier.judge_again(document) else "gone"
    return Retried(document=document, did=did, status=document.status)


NOT_DONE = {
    "busy": "another process changes it now, probably its clean-up; try again in 11 minutes",
    "gone": "its object is gone, or it was retried meanwhile; upload the file again",
}


def retry_all(stack: Stack, documents: Sequence[Document], *, dry_run: bool, as_json: bool) -> None:
    """Retries the documents and prints what was done with each.

    Raises CommandFailed where one could not be retried.
    """
    done = []
    for document in documents:
        done.append(retry(stack, document, dry_run=dry_run))
        if not as_json:
            typer.echo(_line(done[-1]))
    if as_json:
        terminal.print_json([_members(each) for each in done])
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
        f"{head}: {each.did}: {counted(each.tiles, 'tile')} to send again, "
        f"{counted(each.pages, 'page')} to tile again, {counted(each.answered, 'answer')} kept"
    )


def _members(each: Retried) -> dict[str, Any]:
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
