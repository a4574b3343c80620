"""Detections of a query as a table, as JSON, or as their number."""

from __future__ import annotations

from typing import Any

from tilescout_cli.console import tables, terminal
from tilescout_cli.console.tables import MAX_ROWS
from tilescout_cli.documents.queries import Row

INDEX_ATTRIBUTES = {"label_shard", "label_key", "text_prefix", "text_key"}


def show(rows: list[Row], *, only_count: bool, with_document: bool, as_json: bool) -> None:
    """Prints the rows; ``with_document`` adds a column that tells whose each is."""
    if only_count:
        terminal.print_json({"count": len(rows)} if as_json else len(rows))
    elif as_json:
        terminal.print_json([as_member(row) for row in rows])
    else:
        _show_table(rows, with_document=with_document)


def as_member(row: Row) -> dict[str, Any]:
    """Returns a row without the attributes that only indexes need."""
    return {"id": row["sort"]} | {name: row[name] for name in sorted(row.keys() - INDEX_ATTRIBUTES)}


def _show_table(rows: list[Row], *, with_document: bool) -> None:
    if not rows:
        terminal.say(
            "no detection matches; plain lines of text are in no label index, query them with "
            "--text, or name a document"
        )
        return
    terminal.out.print(tables.detections(rows, with_document=with_document))
    if len(rows) > MAX_ROWS:
        terminal.out.print(f"and {len(rows) - MAX_ROWS} more, see --json or `tilescout export`")
