"""Rows of tiles in the ledger, changed by compare-and-swap of pure decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from tilescout import keys
from tilescout.aws.items import from_item, to_item
from tilescout.aws.requests import conditional, rows_of
from tilescout.errors import DetectorUnavailable
from tilescout.ledger import TileRow
from tilescout.runs.reservations import Drop

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

SWAP_TRIES = 5


def _key(document_id: str, page: int, tile: int) -> dict[str, str]:
    band = keys.band_of(tile)
    return {"pk": keys.tile_partition(document_id, page, band), "sk": keys.tile_sort(tile)}


def read(table: Table, document_id: str, page: int, tile: int) -> TileRow | None:
    item = table.get_item(Key=_key(document_id, page, tile), ConsistentRead=True).get("Item")
    return from_item(TileRow, item) if item else None


def in_band(table: Table, document_id: str, page: int, band: int) -> Iterator[TileRow]:
    items = rows_of(table, keys.tile_partition(document_id, page, band), keys.TILES)
    return (from_item(TileRow, row) for row in items)


def _unchanged(old: TileRow) -> ConditionBase:
    same = Attr("state").eq(old.state) & Attr("attempts").eq(old.attempts)
    same &= Attr("refusals").eq(old.refusals)
    if old.reservation is None:
        return same & Attr("reservation").not_exists()
    return same & Attr("reservation.id").eq(old.reservation.id)


@conditional
def _put(table: Table, document_id: str, old: TileRow, new: TileRow) -> None:
    item: dict[str, Any] = to_item(new) | _key(document_id, new.page, new.tile)
    table.put_item(Item=item, ConditionExpression=_unchanged(old))


def change(
    table: Table,
    document_id: str,
    page: int,
    tile: int,
    decide: Callable[[TileRow], TileRow | Drop],
) -> TileRow | Drop:
    """Applies ``decide`` to the row as it is now, and writes what it returns.

    Returns the row as written, or why it was left alone. Raises DetectorUnavailable where other
    workers change the row again and again meanwhile.
    """
    for _ in range(SWAP_TRIES):
        old = read(table, document_id, page, tile)
        if old is None:
            return Drop("no such tile: its page is being tiled anew")
        new = decide(old)
        if isinstance(new, Drop) or new == old or _put(table, document_id, old, new):
            return new
    raise DetectorUnavailable(f"tile {tile} of page {page} changed {SWAP_TRIES} times meanwhile")
