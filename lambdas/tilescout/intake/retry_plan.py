"""The plan of a retry: tiles to be detected again, and pages to be tiled again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace

from tilescout import keys
from tilescout.documents import Document
from tilescout.ledger import BandRow, PageRow, TileRow
from tilescout.runs.reservations import Drop


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """The plan for one document. ``tiles`` as (page, tile) are detected again, once ``pages`` are
    tiled again; ``answered`` tiles keep their answers, which are not paid again.
    """

    document: Document
    tiles: tuple[tuple[int, int], ...] = ()
    pages: tuple[int, ...] = ()
    answered: int = 0


def is_kept(tile: TileRow, stored: Container[str]) -> bool:
    """Returns True where the tile's answer exists; ``stored`` holds the keys of all objects."""
    return tile.state == "answered" and tile.answer in stored


def must_be_tiled(
    document_id: str,
    row: PageRow | None,
    bands: Iterable[BandRow],
    tiles: list[TileRow],
    stored: Container[str],
) -> bool:
    """Returns True where a row, an image or the text of the page is gone or never existed."""
    if row is None or not row.tiled:
        return True
    if len(tiles) != row.tiles or {band.band for band in bands} != set(row.bands):
        return True
    if row.has_layer and keys.layer_object(document_id, row.page) not in stored:
        return True
    return any(tile.image not in stored for tile in tiles if not is_kept(tile, stored))


def renew(tile: TileRow, stored: Container[str]) -> TileRow | Drop:
    """Returns the tile as if the detector was never called; the calls that were paid are kept."""
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
    """Returns the pages that have fewer images than tiles; ``images`` are the keys that exist."""
    counts = Counter(image.rpartition("/")[0] for image in images)
    return [
        row.page
        for row in rows
        if row.tiled and counts[keys.tile_page(document_id, row.page, row.grid)] < row.tiles
    ]
