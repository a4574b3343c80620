"""Which documents a retry takes, and what becomes of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilescout.aws.documents.retry import Retrier
from tilescout.documents import GIVEN_UP, Document, Status
from tilescout.transitions import RETRY
from tilescout_cli.console import clock
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.documents import lookup
from tilescout_cli.stack.target import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Kinds of documents that are retried without being named."""

    partial: bool = False
    failed: bool = False
    dead_letters: bool = False

    def takes(self, document: Document) -> bool:
        """Dead letters are what became of a document that nothing could process."""
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
    """``tiles`` are asked again, ``pages`` tiled again, ``answered`` kept and not paid again.

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
    """Each document once, in the order given. Raises BadUsage for names and options together,
    for neither, and for a name that means no document.
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
    """What becomes of one document; whatever is not at its end is left as it is."""
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
    found = retrier.look(document)
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
