"""Finding documents: by id, beginning of an id, key, or file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from boto3.dynamodb.conditions import Key

from tilescout import keys
from tilescout.aws import requests
from tilescout.aws.items import from_item
from tilescout.aws.tables import document_table
from tilescout.documents import Document, Status
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.documents import uploads
from tilescout_cli.stack.target import Stack

ID_DIGITS = 32
MIN_PREFIX_LENGTH = 4


def every(stack: Stack) -> list[Document]:
    """Returns all documents, newest first; the read is eventually consistent."""
    found = (document for status in get_args(Status) for document in _with_status(stack, status))
    # A document may change its status while the index is read: the later row is the truth.
    return sorted({each.id: each for each in found}.values(), key=_newest)


def _newest(document: Document) -> tuple[int, str]:
    return -document.accepted_at, document.id


def _with_status(stack: Stack, status: str) -> Iterator[Document]:
    for row in document_table.query_status(stack.documents, Key("status").eq(status)):
        if row.get("kind") == "document":
            yield from_item(Document, row)


def runs(stack: Stack, model: str = "") -> list[dict[str, Any]]:
    """Returns the rows of runs, newest first."""
    found = (
        row
        for status in ("OPEN", "CLOSED", "FAILED")
        for row in document_table.query_status(stack.documents, Key("status").eq(status))
        if row.get("kind") == "run" and model in ("", row["model"])
    )
    return sorted(found, key=lambda row: -row["opened_at"])


def named(stack: Stack, name: str) -> Document:
    """Returns the document that ``name`` means: an id, its beginning, a key or a file.

    The newest version of a key is meant.

    Raises BadUsage where none or several are meant.
    """
    if len(name) == ID_DIGITS and (found := document_table.get(stack.documents, name)):
        return found
    matching = by_key(stack, name) or _by_file(stack, Path(name)) or _by_prefix(stack, name)
    if not matching:
        raise BadUsage(
            f"no document is named {name!r}; give an id or its beginning, a key or a file, as "
            f"`tilescout status {stack.option}` shows them"
        )
    if len({each.key for each in matching}) > 1:
        ids = ", ".join(f"{each.id[:8]} ({each.key})" for each in matching[:5])
        raise BadUsage(f"{name!r} means {len(matching)} documents: {ids}; give one of these ids")
    return matching[0]


def by_key(stack: Stack, key: str) -> list[Document]:
    """Returns every accepted version of an object, newest first, whatever order they came in."""
    source = keys.source_key(stack.documents_bucket, key.removeprefix(_bucket_url(stack)))
    versions = Key("source_key").eq(source)
    rows = requests.rows(stack.documents, versions, IndexName="by_source")
    found = [from_item(Document, row) for row in rows if row.get("kind") == "document"]
    return sorted(found, key=_age)


def _age(document: Document) -> tuple[int, int]:
    """Returns a sort key: S3 tells the second of an upload, within it acceptance decides."""
    return -(document.uploaded_at or document.accepted_at), -document.accepted_at


def _bucket_url(stack: Stack) -> str:
    return f"s3://{stack.documents_bucket}/"


def _by_file(stack: Stack, path: Path) -> list[Document]:
    """Returns documents of a file, known by its content where it is here, else by its name."""
    usable, _ = uploads.check([path]) if path.is_file() else ([], [])
    ending = f"/{usable[0].digest}/{path.name}" if usable else f"/{path.name}"
    return [each for each in every(stack) if each.key.endswith(ending)]


def _by_prefix(stack: Stack, prefix: str) -> list[Document]:
    if len(prefix) < MIN_PREFIX_LENGTH:
        return []
    return [each for each in every(stack) if each.id.startswith(prefix)]
