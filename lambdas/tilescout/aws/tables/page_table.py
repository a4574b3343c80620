"""Pages, bands of tiles and sets of pages in the ledger."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from tilescout import keys
from tilescout.aws.at_most_once import AtMostOnce
from tilescout.aws.items import changes, from_item, to_item
from tilescout.aws.parallel import in_order
from tilescout.aws.requests import conditional, rows_of, transact
from tilescout.ledger import BandRow, PageRow, TileRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

TRANSACTION = 100
"""The actions that DynamoDB takes in one transaction."""


def _page_key(document_id: str, page: int) -> dict[str, str]:
    return {"pk": keys.document_partition(document_id), "sk": keys.page_sort(page)}


def count_attempt(table: AtMostOnce, document_id: str, page: int) -> PageRow:
    """Counts an attempt at tiling, and returns the page's row.

    Where nobody knows whether it was counted it is not counted again: a page would be given up
    without having been tried as often.
    """
    answer = table.update(
        Key=_page_key(document_id, page),
        UpdateExpression="SET page = :page ADD attempts :one",
        ExpressionAttributeValues={":page": page, ":one": 1},
        ReturnValues="ALL_NEW",
    )
    if answer is not None:
        return from_item(PageRow, answer["Attributes"])
    return read_page(table.table, document_id, page) or PageRow(page=page)


def give_back_attempt(table: AtMostOnce, document_id: str, page: int) -> None:
    """Takes a counted attempt back, at most once: an outage and not the page ended it."""
    table.update(
        Key=_page_key(document_id, page),
        UpdateExpression="ADD attempts :less",
        ExpressionAttributeValues={":less": -1},
    )


def settle_dpi(table: Table, document_id: str, page: int, dpi: int) -> int:
    """Returns the dpi at which the page is tiled: the first that was ever settled for it.

    Tiles that an attempt or a run before left behind are those of the same grid.
    """
    answer = table.update_item(
        Key=_page_key(document_id, page),
        UpdateExpression="SET page = :page, settled_dpi = if_not_exists(settled_dpi, :dpi)",
        ExpressionAttributeValues={":page": page, ":dpi": dpi},
        ReturnValues="ALL_NEW",
    )
    return int(answer["Attributes"]["settled_dpi"])  # type: ignore[arg-type]


def read_page(table: Table, document_id: str, page: int) -> PageRow | None:
    item = table.get_item(Key=_page_key(document_id, page), ConsistentRead=True).get("Item")
    return from_item(PageRow, item) if item else None


def pages(table: Table, document_id: str) -> list[PageRow]:
    items = rows_of(table, keys.document_partition(document_id), keys.PAGES)
    return [from_item(PageRow, row) for row in items]


def bands(table: Table, document_id: str, page: int | None = None) -> list[BandRow]:
    """Returns the bands of the document, or of one page, in page order."""
    prefix = keys.BANDS if page is None else keys.bands_of_page(page)
    items = rows_of(table, keys.document_partition(document_id), prefix)
    return [from_item(BandRow, row) for row in items]


def write_tiles(table: Table, document_id: str, page: int, tiles: Iterable[TileRow]) -> None:
    """Writes the tile rows that do not exist yet; one that exists may be answered already."""
    items = []
    for tile in tiles:
        partition = keys.tile_partition(document_id, page, keys.band_of(tile.tile))
        items.append(to_item(tile) | {"pk": partition, "sk": keys.tile_sort(tile.tile)})
    _put_new(table, items)


def write_bands(table: Table, document_id: str, page: int, tiles: Iterable[int]) -> tuple[int, ...]:
    """Writes one row per 256 tiles unless it exists; returns the numbers of the bands."""
    planned: dict[int, int] = {}
    for tile in tiles:
        planned[keys.band_of(tile)] = planned.get(keys.band_of(tile), 0) + 1
    items = []
    for band, count in planned.items():
        row = to_item(BandRow(page=page, band=band, planned=count))
        key = {"pk": keys.document_partition(document_id), "sk": keys.band_sort(page, band)}
        items.append(row | key)
    _put_new(table, items)
    return tuple(sorted(planned))


def _put_new(table: Table, items: list[dict[str, Any]]) -> None:
    """Writes the items that do not exist yet, several at a time.

    One by one: a transaction costs twice as much, and the page's mark follows all of them.
    """

    @conditional
    def put(item: dict[str, Any]) -> None:
        table.put_item(Item=item, ConditionExpression="attribute_not_exists(pk)")

    deque(in_order(put, items), maxlen=0)


def set_layout(table: Table, document_id: str, page: int, layout: str) -> None:
    """Keeps the layout of a page's sheet, as JSON; repeatable."""
    table.update_item(Key=_page_key(document_id, page), **changes({"layout": layout}))


def mark(table: Table, document_id: str, row: PageRow) -> bool:
    """Marks the page as tiled or given up unless it is marked, and counts it in its group.

    A page given up elsewhere may still be marked as tiled, never the other way round. Returns
    False where it was marked already.
    """
    marked = _mark(table, document_id, row)
    add_to_group(table, document_id, keys.page_group_sort(row.page), row.page)
    return marked


@conditional
def _mark(table: Table, document_id: str, row: PageRow) -> None:
    absent: ConditionBase = Attr("tiled").not_exists() | Attr("tiled").eq(False)
    if not row.tiled:
        absent &= Attr("failed_reason").not_exists() | Attr("failed_reason").eq("")
    table.update_item(
        Key=_page_key(document_id, row.page),
        ConditionExpression=absent,
        **changes({name: value for name, value in to_item(row).items() if name != "attempts"}),
    )


def unmark(table: Table, document_id: str, page: int, **values: Any) -> None:
    """Sets the page back to not tiled, so that it holds up its document; repeatable."""
    table.update_item(
        Key=_page_key(document_id, page),
        **changes({"page": page, "tiled": False, "failed_reason": ""} | values),
    )
    table.update_item(
        Key={"pk": keys.document_partition(document_id), "sk": keys.page_group_sort(page)},
        UpdateExpression="DELETE seen :page",
        ExpressionAttributeValues={":page": {page}},
    )


def recount(table: Table, document_id: str, band: BandRow, answered: set[int]) -> None:
    """Sets the band's answered tiles, and no failed ones; not while a run works on it."""
    table.update_item(
        Key={
            "pk": keys.document_partition(document_id),
            "sk": keys.band_sort(band.page, band.band),
        },
        **changes({"answered": answered, "failed": None}),
    )


def add_to_group(table: Table, document_id: str, sort: str, number: int, to: str = "seen") -> None:
    """Adds a number to the set in attribute ``to``; repeatable."""
    table.update_item(
        Key={"pk": keys.document_partition(document_id), "sk": sort},
        UpdateExpression="ADD #set :number",
        ExpressionAttributeNames={"#set": to},
        ExpressionAttributeValues={":number": {number}},
    )


def group(table: Table, document_id: str, prefix: str) -> set[int]:
    """Reads all numbers of the groups whose sort key begins with ``prefix``, consistently."""
    numbers: set[int] = set()
    for row in rows_of(table, keys.document_partition(document_id), prefix):
        numbers |= {int(number) for number in row.get("seen", set())}
    return numbers


def band_outcome(table: Table, document_id: str, page: int, tile: int, state: str) -> None:
    """Counts a tile as answered or failed in its band; repeatable."""
    add_to_group(table, document_id, keys.band_sort(page, keys.band_of(tile)), tile, to=state)


def count_answer(
    table: Table, document_id: str, page: int, tile: int, *, token: int, now: int
) -> None:
    """Counts a tile as answered in its band, and the answer for its run; repeatable."""
    table.update_item(
        Key={
            "pk": keys.document_partition(document_id),
            "sk": keys.band_sort(page, keys.band_of(tile)),
        },
        UpdateExpression="SET answered_at = :now ADD answered :tile, answered_under :token",
        ExpressionAttributeValues={":now": now, ":tile": {tile}, ":token": {token}},
    )


def result_sets(table: Table, document_id: str) -> set[str]:
    """Returns the ids of all result sets that were begun for the document."""
    items = rows_of(table, keys.document_partition(document_id), keys.MERGED_GROUPS)
    return {keys.merged_result(str(row["sk"])) for row in items}


def lasting(table: Table, partition: str) -> list[dict[str, Any]]:
    """Returns the rows of a partition that do not expire yet."""
    return [row for row in rows_of(table, partition) if "expire_at" not in row]


def expire(table: Table, expiring: list[dict[str, Any]], expire_at: int) -> None:
    """Lets the rows expire at ``expire_at``; nothing else of them is changed.

    One by one, several at a time: a transaction costs twice as much.
    """

    def end(row: dict[str, Any]) -> None:
        table.update_item(**_expiry(row, expire_at))

    deque(in_order(end, expiring), maxlen=0)


def keep(table: Table, partition: str) -> bool:
    """Lets no row of the partition expire; returns False where one expired meanwhile."""
    expiring = [row for row in rows_of(table, partition) if "expire_at" in row]
    for start in range(0, len(expiring), TRANSACTION):
        exists = {"TableName": table.name, "ConditionExpression": "attribute_exists(pk)"}
        batch = expiring[start : start + TRANSACTION]
        updates: list[Any] = [{"Update": _expiry(row, None) | exists} for row in batch]
        if not _transacted(table, updates):
            return False
    return True


@conditional
def _transacted(table: Table, actions: list[Any]) -> None:
    transact(table.meta.client, actions)


def _expiry(row: dict[str, Any], expire_at: int | None) -> dict[str, Any]:
    return {"Key": {"pk": row["pk"], "sk": row["sk"]}} | changes({"expire_at": expire_at})
