"""The figures that documents leave in the ledger, by profile and time, for drift."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from tilescout import keys
from tilescout.aws.items import changes, plain
from tilescout.aws.requests import rows
from tilescout.drift.histograms import from_json, to_json
from tilescout.drift.sheet_figures import SheetFigures
from tilescout.drift.sides import MAX_BASELINE, RECENT_SECONDS, Sides, of_version

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

KEEP_SECONDS = 400 * 24 * 3600
"""Figures are kept for so long: a year, and time to look at it."""


def write(ledger: Table, figures: SheetFigures, now: int) -> None:
    """Writes the figures of a document; repeating it, or retrying the document, replaces them."""
    values = {
        "key": figures.key,
        "version": figures.version,
        "pages": figures.pages,
        "histograms": to_json(figures.histograms),
        "expire_at": now + KEEP_SECONDS,
    }
    key = row_key(figures.profile, figures.at, figures.document_id)
    ledger.update_item(Key=key, **changes(values))


def between(ledger: Table, profile: str, since: int, until: int) -> Iterator[SheetFigures]:
    """Yields the figures of documents accepted from ``since`` and before ``until``, oldest first.

    The read is eventually consistent: nothing that was written a moment ago decides anything.
    """
    items = rows(
        ledger,
        "pk = :pk AND sk BETWEEN :first AND :last",
        ExpressionAttributeValues={
            ":pk": keys.figures(profile),
            ":first": keys.figures_sort(since),
            ":last": keys.figures_sort(until),
        },
    )
    return (_figures(profile, plain(item)) for item in items)


def sides(ledger: Table, profile: str, version: str, since: int, now: int) -> Sides:
    """Returns the baseline of a version in use since then, and the documents of the last days."""
    begin = now - RECENT_SECONDS
    first = of_version(between(ledger, profile, since, begin), version)
    baseline = islice(first, MAX_BASELINE)
    recent = of_version(between(ledger, profile, max(since, begin), now), version)
    return Sides(baseline=tuple(baseline), recent=tuple(recent))


def row_key(profile: str, accepted_at: int, document_id: str) -> dict[str, str]:
    """Returns the whole key of a document's figures."""
    sort = keys.figures_sort(accepted_at, document_id)
    return {"pk": keys.figures(profile), "sk": sort}


def _figures(profile: str, item: Mapping[str, Any]) -> SheetFigures:
    at, _, document_id = item["sk"].partition("#")
    return SheetFigures(
        document_id=document_id,
        profile=profile,
        key=item["key"],
        version=item["version"],
        at=int(at),
        pages=item["pages"],
        histograms=from_json(item["histograms"]),
    )
