"""`tilescout results`: what was found, by document, label, text, page, confidence or region."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tilescout_cli.console import tables, terminal
from tilescout_cli.console.options import (
    DocumentName,
    Json,
    Key,
    Label,
    Local,
    MinConfidence,
    Page,
    RegionText,
    StackName,
    TextWanted,
    example,
)
from tilescout_cli.console.tables import MOST_ROWS
from tilescout_cli.documents.queries import Question, Row, parse_region
from tilescout_cli.documents.query_options import ask, selected
from tilescout_cli.stack import target


def register(app: typer.Typer) -> None:
    app.command("results", epilog=example("tilescout results --text 'FV-*' --min-confidence 80"))(
        results
    )


def results(
    document: DocumentName = None,
    key: Key = None,
    label: Label = "",
    text: TextWanted = "",
    page: Page = None,
    min_confidence: MinConfidence = 0.0,
    region: RegionText = "",
    count: Annotated[bool, typer.Option("--count", help="Only how many there are.")] = False,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Show detections. Without --document or --key: of all documents, by --label or --text."""
    question = Question(
        label=label,
        text=text,
        page=page or 0,
        min_confidence=min_confidence,
        region=parse_region(region) if region else None,
    )
    found = target.find(local=local, stack=stack)
    rows = list(ask(found, question, selected(found, document, key)))
    if count:
        terminal.print_json({"count": len(rows)} if as_json else len(rows))
    elif as_json:
        terminal.print_json([shown(row) for row in rows])
    else:
        _show(rows, with_document=document is None and key is None)


def shown(row: Row) -> dict[str, Any]:
    """A row without the attributes that only indexes need."""
    hidden = {"label_shard", "label_key", "text_prefix", "text_key"}
    return {"id": row["sort"]} | {name: row[name] for name in sorted(row.keys() - hidden)}


def _show(rows: list[Row], *, with_document: bool) -> None:
    if not rows:
        terminal.say(
            "no detection answers; plain lines of text are in no label index, ask for them with "
            "--text or --document"
        )
        return
    terminal.out.print(tables.detections(rows, with_document=with_document))
    if len(rows) > MOST_ROWS:
        terminal.out.print(f"and {len(rows) - MOST_ROWS} more, see --json or `tilescout export`")
