"""An evaluation on the console: tables that fit 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from tilescout_cli.console.terminal import plain
from tilescout_evaluate.report.figures import Evaluation

MAX_TAGS = 8


def new_table(*names: str) -> Table:
    """Returns a table whose first column is a name and the others numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    first, *others = names
    table.add_column(first, no_wrap=True, overflow="ellipsis", max_width=24)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def add(table: Table, *cells: object) -> None:
    table.add_row(*map(plain, cells))


def shown(evaluation: Evaluation) -> Iterator[Table | str]:
    """Yields tables and lines, in order."""
    of_kind = {"objects": _objects, "text": _text, "snippets": _snippets}
    yield from of_kind[evaluation.kind](evaluation.body)


def _objects(body: Mapping[str, Any]) -> Iterator[Table | str]:
    labels = new_table("label", "objects", "evaluation", "P", "R", "F1", "AP@.5")
    for name, row in body["by_label"].items():
        precision = row["average_precision"]
        add(labels, name, *_counts(row), "" if precision is None else f"{precision:.3f}")
    yield labels
    yield ""
    whole = new_table("all labels", "objects", "evaluation", "P", "R", "F1")
    for step, row in body["at_iou"].items():
        add(whole, f"at IoU {step}", *_counts(row))
    for group in ("by_size", "by_size_to_tile", "by_seam"):
        for name, row in body[group].items():
            if row["objects"] or row["detections"]:
                add(whole, name, *_counts(row))
    yield whole
    means, defects = body["mean_average_precision"], body["defects"]
    yield f"mAP {means['at_0.5']:.3f} at IoU .5, {means['at_0.5_to_0.95']:.3f} over .5 to .95"
    yield (
        f"{defects['duplicates']} duplicates left, {defects['split']} objects in pieces; "
        f"{_taken(body['confusion'])} taken for another label"
    )


def _taken(confusion: Mapping[str, Any]) -> int:
    inner: list[list[int]] = [row[:-1] for row in confusion["rows"][:-1]]
    return sum(map(sum, inner)) - sum(row[at] for at, row in enumerate(inner))


def _text(body: Mapping[str, Any]) -> Iterator[Table | str]:
    table = new_table("page", "words", "recall", "precision", "too large", "CER")
    for name, row in _pages(body).items():
        ratios = (row["recall"], row["precision"])
        add(table, name, row["words"], *(f"{v:.3f}" for v in ratios), row["oversized"],
            f"{row['character_error_rate']:.3f}")  # fmt: skip
    yield table


def _snippets(body: Mapping[str, Any]) -> Iterator[Table | str]:
    table = new_table("label", "tags", "evaluation", "P", "R", "F1")
    for name, row in body["by_label"].items():
        add(table, name or "any", *_counts(row))
    if len(body["by_label"]) > 1:
        add(table, "all", *_counts(body["total"]))
    yield table
    for name in ("missed", "wrong"):
        tags = [tag for _, tag in body[name]]
        if tags:
            more = f" and {len(tags) - MAX_TAGS} more" if len(tags) > MAX_TAGS else ""
            yield f"{name}: {', '.join(tags[:MAX_TAGS])}{more}"
    if body["misread"]:
        pairs = (f"{truth} as {read}" for truth, read in body["misread"][:MAX_TAGS])
        yield f"misread: {', '.join(pairs)}"


def _pages(body: Mapping[str, Any]) -> dict[str, Any]:
    pages = dict(body["pages"])
    return pages | {"all": body["total"]} if len(pages) > 1 else pages


def _counts(row: Mapping[str, Any]) -> list[str]:
    ratios = (row["precision"], row["recall"], row["f1"])
    return [f"{row['objects']}", f"{row['detections']}", *(f"{value:.3f}" for value in ratios)]
