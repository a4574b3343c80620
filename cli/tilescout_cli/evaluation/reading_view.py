"""Messages about records left out and about boxes that lie beside their objects."""

from __future__ import annotations

from pathlib import Path

from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_datasets import placement
from tilescout_datasets.annotations import AnnotatedPage
from tilescout_datasets.formats.records import KINDS, PLURALS, RecordTable
from tilescout_datasets.page_source import CutPage

PICTURE = "misplaced.png"


def tell(table: RecordTable, *, strict: bool = False) -> None:
    """Says how many records were read, kept and left out, and why.

    Raises BadUsage where ``strict`` and one was left out.
    """
    if table.rows:
        counts = "; ".join(
            f"{table.read[kind]:,} {PLURALS[kind]} read, {table.kept[kind]:,} kept, "
            f"{table.left_out(kind):,} left out"
            for kind in KINDS
            if table.read[kind]
        )
        terminal.say(f"tilescout: {counts}")
    for line in table.lines():
        terminal.say(f"tilescout: {line}")
    if strict and not table.is_complete:
        raise BadUsage("--strict takes files only whole; correct them, or leave --strict out")


def check_placement(page: AnnotatedPage, cut: CutPage, folder: Path, *, anyway: bool) -> None:
    """Says what is wrong with the boxes of a page, and writes a picture of it to ``folder``.

    Raises BadUsage unless ``anyway``.
    """
    fault = placement.fault(page, cut)
    if not fault:
        return
    picture = folder / PICTURE
    placement.picture(page, cut).save(picture)
    if not anyway:
        raise BadUsage(
            f"{fault}; see {picture}: red boxes are on blank paper; export the annotations again "
            "with the pages that they were made on, or go on with --anyway"
        )
    terminal.say(f"tilescout: {fault}; see {picture}")
