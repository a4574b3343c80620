"""Whole result sets in any export format, as they are after their review."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tilescout.documents import Document
from tilescout_cli.console import clock, terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.terminal import counted
from tilescout_cli.documents import lookup, reviews
from tilescout_cli.stack import paths
from tilescout_cli.stack.target import Stack
from tilescout_exports import comma_separated
from tilescout_exports.model import ExportFailed
from tilescout_exports.registry import named

if TYPE_CHECKING:
    from tilescout_viewer.sources import DocumentSource

STREAMED = ("json", "csv")
"""Formats that are written one document after the other, also to standard output."""


def export(stack: Stack, one: Document | None, form: str, out: Path | None) -> None:
    """Writes the results of one document of a stack, or of all that have some.

    Raises BadUsage where there are no results, or ``out`` is missing or cannot be written.
    """
    documents = [one] if one else [each for each in lookup.every(stack) if each.result_id]
    if not documents:
        raise BadUsage(f"{stack.name} has no results yet; see `tilescout status {stack.option}`")
    if form not in STREAMED:
        from tilescout_cli.documents import viewing

        export_source(viewing.of_stack(stack, [each.id for each in documents]), form, out)
        return
    results = (reviews.result(stack, each) for each in documents)
    if out is None:
        _write(results, form, sys.stdout)
        return
    try:
        with out.open("w", newline="", encoding="utf-8") as file:
            _write(results, form, file)
    except OSError as error:
        raise _unwritable(out, error) from error
    terminal.say(f"{counted(len(documents), 'document')} written to {out}")


def export_folder(folder: str, form: str, out: Path | None) -> None:
    """Writes the results in a folder of `tilescout detect`. Raises BadUsage as `export` does."""
    from tilescout_cli.documents import viewing

    export_source(viewing.of_files([folder]), form, out)


def export_source(source: DocumentSource, form: str, out: Path | None) -> None:
    """Writes all documents of a source to the file or folder ``out``.

    Raises BadUsage where ``out`` is missing or cannot be written.
    """
    from tilescout_reviews.review import Author
    from tilescout_viewer import export_files, server

    if out is None:
        raise BadUsage(f"--format {form} writes a file or a folder; name it with --out")
    opened = server.library(source, Author(name="", now=clock.now), paths.cache_folder())
    try:
        ids = [each.id for each in source.documents() if each.pages]
        documents = export_files.exported(opened, ids)
        named(form).write(documents, out, export_files.options(opened, documents, ids))
    except ExportFailed as failure:
        raise BadUsage(str(failure)) from failure
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        opened.close()
    terminal.say(f"{counted(len(documents), 'document')} written to {out}")


def _unwritable(out: Path, error: OSError) -> BadUsage:
    return BadUsage(f"{out} cannot be written ({error.strerror}); give another --out")


def _write(results: Iterator[dict[str, Any]], form: str, file: IO[str]) -> None:
    if form == "csv":
        comma_separated.write_results(file, results)
        return
    for result in results:
        file.write(f"{json.dumps(result)}\n")
