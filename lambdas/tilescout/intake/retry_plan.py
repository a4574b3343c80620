"""What a retry does to a document: which tiles are asked again, which pages are tiled again."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace

from tilescout import keys
from tilescout.documents import Document
from tilescout.ledger import BandRow, PageRow, TileRow
from tilescout.runs.reservations import Drop


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """``tiles`` as (page, tile) are asked again, ``pages`` are tiled again first.

    ``answered``: answers that are kept, and not paid again.
    """

    document: Document
    tiles: tuple[tuple[int, int], ...] = ()
    pages: tuple[int, ...] = ()
    answered: int = 0


def is_kept(tile: TileRow, stored: Container[str]) -> bool:
    """Whether the tile's answer is there; ``stored`` holds the keys of the objects that are."""
    return tile.state == "answered" and tile.answer in stored


def must_be_tiled(
    document_id: str,
    row: PageRow | None,
    bands: Iterable[BandRow],
    tiles: list[TileRow],
    stored: Container[str],
) -> bool:
    """Whether something of the page is gone, or never was: a row, an image or its text."""
    if row is None or not row.tiled:
        return True
    if len(tiles) != row.tiles or {band.band for band in bands} != set(row.bands):
        return True
    if row.has_layer and keys.layer_object(document_id, row.page) not in stored:
        return True
    return any(tile.image not in stored for tile in tiles if not is_kept(tile, stored))


def renew(tile: TileRow, stored: Container[str]) -> TileRow | Drop:
    """The tile as if it was never asked; what was paid for it stays on record."""
    if is_kept(tile, stored):
        return Drop("already answered")
    return replace(
        tile,
        state="pending",
        attempts=0,
        refusals=0,
        server_errors=0,
        reservation=None,
        answer="",
        retry_at=0,
        last_error="",
    )


def lost_pages(rows: Iterable[PageRow], images: Iterable[str], document_id: str) -> list[int]:
    """Pages that have fewer images than tiles; ``images`` are the keys of those that are there."""
    there: dict[str, int] = {}
    for image in images:
        page = image.rpartition("/")[0]
        there[page] = there.get(page, 0) + 1
    return [
        row.page
        for row in rows
        if row.tiled and there.get(keys.tile_page(document_id, row.page, row.grid), 0) < row.tiles
    ]
