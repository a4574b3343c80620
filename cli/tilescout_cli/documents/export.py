"""Whole result sets, written as JSON or CSV to a file or to standard output."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import IO, Literal

from tilescout.documents import Document
from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.terminal import counted
from tilescout_cli.documents import lookup, result_files
from tilescout_cli.stack.target import Stack
from tilescout_exports import comma_separated

Format = Literal["json", "csv"]


def export(stack: Stack, one: Document | None, form: Format, out: Path | None) -> None:
    """Writes the results of one document, or of all that have some.

    Raises BadUsage where there are no results, or ``out`` cannot be written.
    """
    documents = [one] if one else [each for each in lookup.every(stack) if each.result_id]
    if not documents:
        raise BadUsage(f"{stack.name} has no results yet; see `tilescout status {stack.option}`")
    if out is None:
        _write(stack, documents, form, sys.stdout, is_lines=one is None)
        return
    try:
        with out.open("w", newline="", encoding="utf-8") as file:
            _write(stack, documents, form, file, is_lines=one is None)
    except OSError as error:
        raise BadUsage(f"{out} cannot be written ({error.strerror}); give another --out") from error
    terminal.say(f"{counted(len(documents), 'document')} written to {out}")


def _write(
    stack: Stack, documents: list[Document], form: Format, file: IO[str], *, is_lines: bool
) -> None:
    bodies = (result_files.fetch(stack, each).decode() for each in documents)
    if form == "csv":
        comma_separated.write_results(file, (json.loads(body) for body in bodies))
        return
    for body in bodies:
        file.write(f"{json.dumps(json.loads(body))}\n" if is_lines else f"{body}\n")
