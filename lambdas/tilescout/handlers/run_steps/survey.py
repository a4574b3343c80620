"""One look at the ledger of a run's tiles: bands are read, and tiles only where needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from tilescout.aws.tables import claim_table, document_table, page_table, tile_table
from tilescout.ledger import BandRow, TileRow
from tilescout.runs import reservations
from tilescout.runs.records import Claim, HeldRun
from tilescout.runs.reservations import Drop
from tilescout.runs.survey import LedgerRows, Survey, TileKey, survey_rows, waiting_tiles

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

TILES_PER_TURN = 4000
"""Tile rows read in one turn; the rest of the open bands counts as open, unread."""
BANDS_PER_TURN = 400
"""Open bands whose tiles are read in one turn: each is a query, and a step has seconds."""


def survey(
    documents: Table, ledger: Table, held: HeldRun, *, fails: bool
) -> tuple[HeldRun, Survey]:
    """Counts, repairs counts that a crash left behind, and gives up tiles that have failed.

    Returns the run as well, with the answers so far and the claims that are complete by now.
    Unless it ``fails`` tiles, those that have failed are left open.
    """
    state, now = held.state, held.now
    rows = _read(ledger, held.claims, state.first_band, now)
    held = with_answers(documents, held, chain.from_iterable(rows.bands.values()))
    answered_at = held.record.last_answer_at if fails else 0
    seen = survey_rows(rows, token=state.token, now=now, answered_at=answered_at)
    for claim in seen.complete:
        counts = {"detected": True, "answered": claim.answered, "failed": claim.failed}
        claim_table.update_claim(ledger, state.id, claim.document_id, counts)
    for document_id, row in rows.uncounted:
        page_table.band_outcome(ledger, document_id, row.page, row.tile, row.state)
    for document_id, row, others in seen.given_up:
        failed = partial(reservations.give_up, token=state.token, now=now, run_has_answers=others)
        _give_up(ledger, document_id, row, failed)
    complete = {claim.document_id: claim for claim in seen.complete}
    claims = tuple(complete.get(claim.document_id, claim) for claim in held.claims)
    return replace(held, claims=claims), seen


def with_answers(documents: Table, held: HeldRun, bands: Iterable[BandRow]) -> HeldRun:
    """Returns the run with the answers that the bands tell of, and notes them with its record."""
    record = held.record.with_answers(bands, held.claims)
    if record != held.record:
        answers = {
            "tiles_answered": record.tiles_answered,
            "last_answer_at": record.last_answer_at,
        }
        document_table.update_run(documents, record.id, answers)
    return replace(held, record=record)


def tiles_to_detect(ledger: Table, claims: Sequence[Claim]) -> int:
    """Returns how many tiles of the claimed documents have not ended, by the ledger's bands."""
    bands = bands_of(ledger, claims)
    return sum(band.planned - band.ended for found in bands.values() for band in found)


def bands_of(ledger: Table, claims: Sequence[Claim]) -> dict[str, list[BandRow]]:
    """Returns the bands of each claimed document whose tiles have not all ended."""
    open_documents = (claim.document_id for claim in claims if not claim.detected)
    return {document_id: page_table.bands(ledger, document_id) for document_id in open_documents}


def _read(ledger: Table, claims: Sequence[Claim], first_band: int, now: int) -> LedgerRows:
    """Reads as many tiles of open bands as fit into a turn, from ``first_band`` on."""
    oldest_first = sorted(claims, key=lambda claim: (claim.claimed_at, claim.document_id))
    bands = bands_of(ledger, oldest_first)
    open_bands = [
        (document_id, band)
        for document_id, found in bands.items()
        for band in found
        if not band.is_complete
    ]
    first = first_band % max(1, len(open_bands))
    tiles: list[tuple[str, TileRow]] = []
    waiting: set[TileKey] = set()
    tiles_read = bands_read = unread = 0
    for document_id, band in open_bands[first:] + open_bands[:first]:
        if tiles_read >= TILES_PER_TURN or bands_read >= BANDS_PER_TURN:
            unread += band.planned - band.ended
            continue
        rows = list(tile_table.in_band(ledger, document_id, band.page, band.band))
        tiles += [(document_id, row) for row in rows if not band.counts(row.tile)]
        waiting |= {(document_id, band.page, tile) for tile in waiting_tiles(rows, now)}
        tiles_read, bands_read = tiles_read + len(rows), bands_read + 1
    return LedgerRows(
        claims=claims,
        bands=bands,
        tiles=tiles,
        waiting=frozenset(waiting),
        unread=unread,
        bands_read=bands_read,
    )


def _give_up(
    ledger: Table, document_id: str, row: TileRow, give_up: Callable[[TileRow], TileRow | Drop]
) -> None:
    failed = tile_table.change(ledger, document_id, row.page, row.tile, give_up)
    if isinstance(failed, TileRow):
        page_table.band_outcome(ledger, document_id, row.page, row.tile, "failed")
