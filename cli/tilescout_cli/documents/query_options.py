"""A question to one document or to all of them."""

from __future__ import annotations

from collections.abc import Iterator

from tilescout.documents import Document
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.documents import lookup, queries
from tilescout_cli.documents.queries import Question, Row
from tilescout_cli.stack.target import Stack


def selected(stack: Stack, document: str | None, key: str | None) -> Document | None:
    """The document that the options name; None where they name none.

    Raises BadUsage for both options, for an unknown document and one without a result.
    """
    if document and key:
        raise BadUsage("--document and --key exclude each other; give one of them")
    name = document or key
    if not name:
        return None
    found = lookup.named(stack, name)
    if not found.result_id:
        raise BadUsage(
            f"{found.key} has no result yet, it is {found.status}; see "
            f"`tilescout status {found.id[:8]} {stack.option}`"
        )
    return found


def ask(stack: Stack, question: Question, document: Document | None) -> Iterator[Row]:
    """Rows that answer, of one document or by an index of all visible ones."""
    if document:
        return queries.of_document(stack.detections, document, question)
    return iter(
        sorted(
            queries.anywhere(stack, question),
            key=lambda row: (row["source_key"], row["result_id"], row["sort"]),
        )
    )
