"""Tables that fit 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from tilescout.documents import Document
from tilescout_cli.console.terminal import dollars, plain

MAX_ROWS = 30


def detections(rows: Sequence[Mapping[str, Any]], *, with_document: bool = False) -> Table:
    """Returns a table of at most 30 rows, with boxes in points."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    if with_document:
        table.add_column("document", no_wrap=True)
    table.add_column("page", justify="right", no_wrap=True)
    has_sheets = any(row.get("drawing_number") for row in rows)
    if has_sheets:
        table.add_column("sheet", no_wrap=True, overflow="ellipsis", max_width=10)
    table.add_column("label", no_wrap=True, overflow="ellipsis", max_width=16)
    table.add_column("text")
    table.add_column("conf.", justify="right", no_wrap=True)
    table.add_column("box (pt)", justify="right", no_wrap=True)
    for row in rows[:MAX_ROWS]:
        document = [plain(row["document_id"][:8])] if with_document else []
        table.add_row(
            *document,
            plain(row["page"]),
            *([plain(sheet_name(row))] if has_sheets else []),
            plain(row["label"]),
            _cut_to_fit(row["text"]),
            plain(f"{row['confidence']:.1f}"),
            plain(" ".join(f"{side:.0f}" for side in row["box_pt"])),
        )
    return table


def sheet_name(row: Mapping[str, Any]) -> str:
    """Returns drawing number and revision of the sheet that a detection lies on, or nothing."""
    return " ".join(filter(None, (row.get("drawing_number"), row.get("revision"))))


def documents(rows: Iterable[Document]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("pages", justify="right", no_wrap=True)
    table.add_column("tiles", justify="right", no_wrap=True)
    table.add_column("found", justify="right", no_wrap=True)
    table.add_column("cost", justify="right", no_wrap=True)
    table.add_column("file")
    for each in rows:
        table.add_row(
            plain(each.id[:8]),
            plain(each.status),
            plain(each.pages),
            plain(f"{each.tiles_answered}/{each.tiles_planned}"),
            plain(each.detections),
            plain(dollars(each.cost_usd)),
            _cut_to_fit(each.key.rsplit("/", 1)[-1]),
        )
    return table


def _cut_to_fit(text: object) -> Text:
    """Returns a cell of one line that ends with … where there is no room for it.

    Its column must be one that may wrap: rich takes the room that lacks from such columns first,
    and from all columns alike where there is none.
    """
    cell = plain(text)
    cell.no_wrap, cell.overflow = True, "ellipsis"
    return cell


def facts(pairs: Iterable[tuple[str, object]]) -> Table:
    """Returns a table with a name and a value per line; empty values are left out."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, value in pairs:
        if value not in ("", None, ()):
            table.add_row(name, plain(value))
    return table


def moment(seconds: int) -> str:
    """Returns a time in UTC, or nothing for 0, a time that has not come."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC" if seconds else ""


def time_of_day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S} UTC"
