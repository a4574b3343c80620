"""`tilescout export`: whole result sets as detections.json or as CSV."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import typer

from tilescout.documents import Document
from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.options import DocumentName, Key, Local, StackName, example
from tilescout_cli.console.terminal import counted
from tilescout_cli.documents import lookup, result_files
from tilescout_cli.documents.query_options import selected
from tilescout_cli.stack import target
from tilescout_cli.stack.target import Stack
from tilescout_exports import comma_separated

Format = Literal["json", "csv"]


def register(app: typer.Typer) -> None:
    app.command("export", epilog=example("tilescout export --format csv --out all.csv"))(export)


def export(
    document: DocumentName = None,
    key: Key = None,
    format: Annotated[Format, typer.Option("--format", help="What to write.")] = "json",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Where to write it.", show_default="standard output"
        ),
    ] = None,
    local: Local = False,
    stack: StackName = None,
) -> None:
    """Write the results of one document, or of all.

    json: detections.json of the document; for all documents one such object a line.
    csv: one row a detection, boxes in pixels and in points.
    """
    found = target.find(local=local, stack=stack)
    one = selected(found, document, key)
    documents = [one] if one else [each for each in lookup.every(found) if each.result_id]
    if not documents:
        raise BadUsage(f"{found.name} has no results yet; see `tilescout status {found.option}`")
    if out is None:
        _write(found, documents, format, sys.stdout, lines=one is None)
        return
    try:
        with out.open("w", newline="", encoding="utf-8") as file:
            _write(found, documents, format, file, lines=one is None)
    except OSError as error:
        raise BadUsage(f"{out} cannot be written ({error.strerror}); give another --out") from error
    terminal.say(f"{counted(len(documents), 'document')} written to {out}")


def _write(
    stack: Stack, documents: list[Document], format_: Format, file: IO[str], *, lines: bool
) -> None:
    bodies = (result_files.fetch(stack, each).decode() for each in documents)
    if format_ == "csv":
        comma_separated.write_results(file, _parsed(bodies))
        return
    for body in bodies:
        file.write(f"{json.dumps(json.loads(body))}\n" if lines else f"{body}\n")


def _parsed(bodies: Iterator[str]) -> Iterator[dict[str, Any]]:
    return (json.loads(body) for body in bodies)
