"""What was left out of annotation files, on the console, and the option that refuses it."""

from __future__ import annotations

from typing import Annotated

import typer

from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_datasets.formats.records import KINDS, PLURALS, RecordTable

Strict = Annotated[
    bool, typer.Option("--strict", help="Refuse files of which a record is left out.")
]


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
