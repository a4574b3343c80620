"""Queries of the detections table, and the key conditions that answer them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import ConditionBase, Key

from tilescout import keys
from tilescout.aws import requests
from tilescout.aws.items import plain
from tilescout.aws.tables import document_table
from tilescout.documents import Document
from tilescout.merging.text.confusions import normalise
from tilescout_cli.console import tables, terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.tables import MAX_ROWS
from tilescout_cli.documents import lookup, reviews
from tilescout_cli.stack.target import Stack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Row = dict[str, Any]
Region = tuple[float, float, float, float]
INDEX_ATTRIBUTES = {"label_shard", "label_key", "text_prefix", "text_key"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query: all conditions must hold; empty ones do. ``region`` in points, confidence 0-100.

    ``text`` is compared without case; with a final "*" as a beginning.
    """

    label: str = ""
    text: str = ""
    page: int = 0
    min_confidence: float = 0.0
    region: Region | None = None

    @property
    def text_wanted(self) -> str:
        return normalise(self.text.removesuffix("*"))

    @property
    def is_prefix(self) -> bool:
        return self.text.endswith("*")

    def accepts(self, row: Row) -> bool:
        return (
            (not self.label or row["label"] == self.label)
            and (not self.page or row["page"] == self.page)
            and row["confidence"] >= self.min_confidence
            and self._accepts_text(row["normalised_text"])
            and (self.region is None or _is_within(row["box_pt"], self.region))
        )

    def _accepts_text(self, text: str) -> bool:
        if not self.text:
            return True
        return text.startswith(self.text_wanted) if self.is_prefix else text == self.text_wanted


def parse_region(text: str) -> Region:
    """Returns the region of ``l,t,r,b`` in points. Raises BadUsage for anything else."""
    try:
        left, top, right, bottom = (float(side) for side in text.split(","))
    except ValueError as error:
        raise BadUsage(_region_rule(text)) from error
    if left >= right or top >= bottom:
        raise BadUsage(_region_rule(text))
    return left, top, right, bottom


def _region_rule(text: str) -> str:
    return (
        "--region takes left,top,right,bottom in points, such as 0,0,595,421, with left < right "
        f"and top < bottom; received {text!r}"
    )


def _is_within(box: list[float], region: Region) -> bool:
    """Tells if the centre of ``box`` is in ``region``."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return region[0] <= x < region[2] and region[1] <= y < region[3]


def of_document(table: Table, document: Document, query: Query) -> Iterator[Row]:
    """Yields the rows of the document's visible result set, in page order."""
    if not document.result_id:
        return
    condition: ConditionBase = Key("result_id").eq(document.result_id)
    if query.page:
        condition &= Key("sort").begins_with(keys.detection_page(query.page))
    yield from (row for row in _rows(table, condition) if query.accepts(row))


def anywhere(stack: Stack, query: Query) -> Iterator[Row]:
    """Yields rows of all documents by an index: of texts where the query has one, else of labels.

    Only visible result sets are shown. Raises BadUsage where neither text nor label is given.
    """
    visible: dict[str, str] = {}
    for index, condition in index_conditions(query):
        for row in _rows(stack.detections, condition, index):
            if query.accepts(row) and _is_visible(stack, row, visible):
                yield row


def index_conditions(query: Query) -> list[tuple[str, ConditionBase]]:
    """Returns an index and a key condition for each request that the query takes."""
    if query.text:
        return [("by_text", _text_condition(query))]
    if not query.label:
        raise BadUsage("give --label or --text, or name a document")
    shards = keys.label_shards(query.label)
    return [("by_label", Key("label_shard").eq(shard)) for shard in shards]


def _text_condition(query: Query) -> ConditionBase:
    wanted = query.text_wanted
    if len(wanted) < keys.TEXT_PREFIX:
        raise BadUsage(
            f"--text over all documents takes {keys.TEXT_PREFIX} characters or more, received "
            f"{query.text!r}; name more, or one --document"
        )
    start = keys.indexed_text(wanted) + ("" if query.is_prefix else "#")
    prefix = keys.text_prefix(wanted)
    return Key("text_prefix").eq(prefix) & Key("text_key").begins_with(start)


def _is_visible(stack: Stack, row: Row, visible: dict[str, str]) -> bool:
    """Tells if the document shows this result set; each document is read once."""
    document_id = row["document_id"]
    if document_id not in visible:
        document = document_table.get(stack.documents, document_id)
        visible[document_id] = document.result_id if document else ""
    return visible[document_id] == str(row["result_id"])


def _rows(table: Table, condition: ConditionBase, index: str = "") -> Iterator[Row]:
    options = {"IndexName": index} if index else {}
    return (plain(row) for row in requests.rows(table, condition, **options))


def selected(stack: Stack, name: str | None) -> Document | None:
    """Returns the document that ``name`` means, or None where there is no name.

    Raises BadUsage for an unknown document, and for one without a result.
    """
    if not name:
        return None
    found = lookup.named(stack, name)
    if not found.result_id:
        raise BadUsage(
            f"{found.key} has no result yet, it is {found.status}; see "
            f"`tilescout status {found.id[:8]} {stack.option}`"
        )
    return found


def run(stack: Stack, query: Query, document: Document | None) -> list[Row]:
    """Returns the rows of one document in page order, or those of all documents by an index.

    They are those after the review, where a person reviewed the document.
    """
    if document:
        every = list(of_document(stack.detections, document, Query()))
        shown = reviews.rows(stack, document, every)
        return [row for row in shown if query.accepts(row)]
    found = list(anywhere(stack, query))
    shown = reviews.rows_of_index(stack, found, reviews.documents_of(stack, found))
    return sorted(
        (row for row in shown if query.accepts(row)),
        key=lambda row: (row["source_key"], row["result_id"], row["sort"]),
    )


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
