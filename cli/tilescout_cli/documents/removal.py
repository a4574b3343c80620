"""`tilescout forget`: everything that is stored of a person's documents is removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import typer

from tilescout import keys
from tilescout.aws.tables import document_table
from tilescout.aws.tables.claim_table import KEEP_SECONDS
from tilescout.documents import Document
from tilescout.transitions import decisions
from tilescout_cli.console import clock, terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.terminal import counted, printable
from tilescout_cli.documents import lookup, stored_data
from tilescout_cli.documents.stored_data import Inventory, StoredData
from tilescout_cli.stack.target import Stack

INTAKE_SECONDS = 15 * 60
"""An upload without a record that is older was missed, and is nobody's work any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """The removal of one object; ``obstacle`` tells why it cannot be done now, else it is empty."""

    stored: StoredData
    obstacle: str = ""
    left: StoredData | None = None

    @property
    def is_removed(self) -> bool:
        return self.left is not None and self.left.is_empty


def chosen(stack: Stack, names: Sequence[str], prefix: str) -> list[str]:
    """Returns the keys of the objects, each once. Raises BadUsage where none is named."""
    if bool(names) == bool(prefix):
        raise BadUsage("name documents, or all under a --prefix; one of the two")
    if prefix and not prefix.startswith(keys.INCOMING):
        raise BadUsage(
            f"--prefix takes the beginning of keys of uploads, such as {keys.INCOMING}text/plant-7/"
            f", not {prefix!r}"
        )
    if names:
        return list(dict.fromkeys(lookup.named(stack, name).key for name in names))
    recorded = {each.key for each in lookup.every(stack) if each.key.startswith(prefix)}
    return sorted(recorded | stored_data.keys_under(stack, prefix))


def inventory(stack: Stack) -> Inventory:
    """Returns the inventory of a stack, with what its runs of the last days claimed."""
    claims = stored_data.claims_of_runs(stack, clock.now() - KEEP_SECONDS)
    return Inventory(stack=stack, claims=claims)


def plan(stack: Stack, listing: Inventory, key: str) -> Removal:
    """Returns what is stored of the object, and why it may not be removed now."""
    stored = listing.of(key)
    return Removal(stored=stored, obstacle=_obstacle(stack, stored))


def _obstacle(stack: Stack, stored: StoredData) -> str:
    known = {each.id for each in stored.documents}
    for version in stored.uploads:
        id = keys.document_id(stack.documents_bucket, stored.key, version.id)
        is_new = version.written_at > clock.now() - INTAKE_SECONDS
        if is_new and not version.is_marker and id not in known:
            return "was uploaded just now and is not accepted yet; try again in some minutes"
    busy = (each for each in stored.documents if not _is_free(each))
    return next((_told(document) for document in busy), "")


def _is_free(document: Document) -> bool:
    waits = document.status in ("QUEUED", "WAITING_FOR_MODEL")
    return waits or decisions.may_be_removed(document)


def _told(document: Document) -> str:
    if document.has_ended:
        return f"is {document.status} and being cleaned up; try again in 15 minutes"
    return f"is {document.status}; wait until it has ended (`tilescout status`), then try again"


def remove(stack: Stack, listing: Inventory, planned: Removal) -> Removal:
    """Removes what is stored of one object, then lists it again.

    A document that waits for a run is held first, so that no run takes it meanwhile.
    """
    documents = [_held(stack, each) for each in planned.stored.documents]
    busy = (each for each in documents if not decisions.may_be_removed(each))
    if obstacle := next((_told(document) for document in busy), ""):
        return replace(planned, obstacle=obstacle)
    stored_data.delete(stack, replace(planned.stored, documents=documents))
    fresh = Inventory(
        stack=stack,
        claims=_claims_left(stack, planned.stored, listing),
        answers_before=planned.stored.answers,
    )
    return replace(planned, left=fresh.of(planned.stored.key, documents))


def _claims_left(
    stack: Stack, stored: StoredData, listing: Inventory
) -> dict[str, list[dict[str, Any]]]:
    """Returns those of the listed claims that are still there."""
    return {
        each.id: [
            row
            for row in listing.claims.get(each.id, ())
            if "Item" in stack.ledger.get_item(Key=row, ConsistentRead=True)
        ]
        for each in stored.documents
    }


def _held(stack: Stack, document: Document) -> Document:
    """Returns the document as it is now, HELD where it waited for a run."""
    document_table.commit_status(stack.documents, decisions.hold_for_removal(document))
    return document_table.get(stack.documents, document.id) or document


def forget(stack: Stack, object_keys: Sequence[str], *, dry_run: bool, yes: bool) -> list[Removal]:
    """Removes everything of the objects once a person agreed; returns what was done with each.

    Raises CommandFailed where the person does not agree.
    """
    listing = inventory(stack)
    planned = [plan(stack, listing, key) for key in object_keys]
    free = [each for each in planned if not each.obstacle]
    if dry_run or not free:
        return planned
    if not yes:
        _agree(stack, free)
    return [each if each.obstacle else remove(stack, listing, each) for each in planned]


def _agree(stack: Stack, planned: Sequence[Removal]) -> None:
    for each in planned:
        terminal.say(_line(each, "would remove"))
    what = counted(len(planned), "object")
    question = f"remove all of this, {what} of {stack.name}? there is no way back"
    if not typer.confirm(question, err=True):
        raise CommandFailed("nothing was removed")


def show(done: Sequence[Removal], *, dry_run: bool, as_json: bool) -> None:
    """Prints what was done with each object.

    Raises CommandFailed where something was not removed, or is still there.
    """
    if as_json:
        terminal.print_json([_members(each) for each in done])
    else:
        for each in done:
            typer.echo(_line(each, "would remove" if dry_run else "removed"))
    if not done:
        terminal.say("there is nothing to remove")
    kept = [each for each in done if each.obstacle or (each.left and not each.is_removed)]
    if kept:
        raise CommandFailed(f"{counted(len(kept), 'object')} could not be removed")


def _line(each: Removal, did: str) -> str:
    key = printable(each.stored.key)
    if each.obstacle:
        return f"{key}: left, it {each.obstacle}"
    if each.left and not each.is_removed:
        return f"{key}: still there: {_counts(each.left)}; run the command again"
    proof = "; nothing is left" if each.left else ""
    return f"{key}: {did} {_counts(each.stored) or 'nothing'}{proof}"


def _counts(stored: StoredData) -> str:
    return ", ".join(f"{number:,} {kind}" for kind, number in stored.counts.items() if number)


def _members(each: Removal) -> dict[str, Any]:
    return {
        "key": each.stored.key,
        "documents": [document.id for document in each.stored.documents],
        "found": each.stored.counts,
        "obstacle": each.obstacle,
        "removed": each.is_removed,
        "left": each.left.counts if each.left else None,
    }
