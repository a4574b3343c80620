"""What the ledger says of the run's tiles: read from bands, and from tiles only where needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tilescout.aws.tables import claim_table, page_table, tile_table
from tilescout.handlers.run_steps.context import Edges
from tilescout.ledger import BandRow, TileRow
from tilescout.runs import reservations
from tilescout.runs.pacing import Progress
from tilescout.runs.records import Claim, RunState

SCAN = 4000
"""Tile rows read in one turn; the rest of the open bands counts as open, unread."""
BANDS = 400
"""Open bands looked into in one turn: each is a query, and a step has seconds."""


@dataclass(slots=True)
class Survey:
    """One look at the run. ``sendable`` are (document id, page, tile) by the time from which.

    ``answered_at``: when the detector last answered a tile in this very run, 0 if never.
    ``pending`` tiles by document, ``broken`` of them made server errors; ``bands_read`` of the open
    bands were looked into.
    """

    answered_at: int
    pending: list[tuple[str, TileRow]] = field(default_factory=list)
    answered: int = 0
    failed: int = 0
    reserved: int = 0
    stuck: int = 0
    unread: int = 0
    scanned: int = 0
    bands_read: int = 0
    broken: int = 0
    since: dict[tuple[str, int, int], int] = field(default_factory=dict)

    @property
    def sendable(self) -> list[tuple[str, int, int]]:
        """Never asked tiles first, then those that came back, in the order they did."""
        return sorted(self.since, key=self.since.__getitem__)

    @property
    def may_blame(self) -> bool:
        """A few tiles make server errors, and fail in this run if it lasts long enough."""
        return bool(self.answered_at) and 0 < self.broken <= reservations.MAX_TILES_AT_FAULT

    def progress(self, asked: int) -> Progress:
        return Progress(
            answered=self.answered,
            failed=self.failed,
            reserved=self.reserved,
            sendable=len(self.since),
            stuck=self.stuck,
            unread=self.unread,
            asked=asked,
        )

    def next_band(self, first: int) -> int:
        """Where the next look begins: further on, if this one found nothing to send."""
        return first if self.since or not self.unread else first + self.bands_read


def survey(edges: Edges, state: RunState, *, answered_at: int) -> Survey:
    """Count, repair counts that a crash left behind, and give up tiles that have failed."""
    seen = Survey(answered_at)
    open_bands: list[tuple[str, BandRow]] = []
    claims = claim_table.claims(edges.ledger, state.id)
    for claim in sorted(claims, key=lambda claim: (claim.claimed_at, claim.document_id)):
        open_bands += [(claim.document_id, band) for band in _open_bands(edges, state, claim, seen)]
    first = state.first_band % max(1, len(open_bands))
    for document_id, band in open_bands[first:] + open_bands[:first]:
        _look_into(edges, document_id, band, seen)
    seen.broken = sum(row.broken > 0 for _, row in seen.pending)
    for document_id, row in seen.pending:
        _judge(edges, state, document_id, row, seen)
    return seen


def tiles_to_ask(edges: Edges, state: RunState) -> int:
    """Tiles of the run's documents that have not ended, counted in the ledger's bands."""
    seen = Survey(answered_at=0)
    return sum(
        band.planned - band.ended
        for claim in list(claim_table.claims(edges.ledger, state.id))
        for band in _open_bands(edges, state, claim, seen)
    )


def _open_bands(edges: Edges, state: RunState, claim: Claim, seen: Survey) -> Iterator[BandRow]:
    if claim.detected:
        seen.answered += claim.answered
        seen.failed += claim.failed
        return
    bands = page_table.bands(edges.ledger, claim.document_id)
    answered = sum(len(band.answered) for band in bands)
    failed = sum(len(band.failed - band.answered) for band in bands)
    seen.answered += answered
    seen.failed += failed
    yield from (band for band in bands if not band.is_complete)
    if all(band.is_complete for band in bands):
        done = {"detected": True, "answered": answered, "failed": failed}
        claim_table.update_claim(edges.ledger, state.id, claim.document_id, done)


def _look_into(edges: Edges, document_id: str, band: BandRow, seen: Survey) -> None:
    if seen.scanned >= SCAN or seen.bands_read >= BANDS:
        seen.unread += band.planned - band.ended
        return
    seen.bands_read += 1
    for row in tile_table.in_band(edges.ledger, document_id, band.page, band.band):
        seen.scanned += 1
        if row.tile in band.answered or row.tile in band.failed:
            continue
        if row.state == "pending":
            seen.pending.append((document_id, row))
        else:
            page_table.band_outcome(edges.ledger, document_id, row.page, row.tile, row.state)
            seen.reserved += 1


def _judge(edges: Edges, state: RunState, document_id: str, row: TileRow, seen: Survey) -> None:
    others = reservations.others_answered(
        row, answered_at=seen.answered_at, broken_tiles=seen.broken
    )
    if reservations.has_failed(row, state.token, edges.now, run_has_answers=others):
        _fail(edges, state, document_id, row, others=others)
        seen.reserved += 1
    elif reservations.is_reserved(row, edges.now) or edges.now < row.retry_at:
        seen.reserved += 1
    elif reservations.is_stuck(row, state.token, edges.now):
        seen.stuck += 1
    else:
        ran_out = row.reservation.until if row.reservation else 0
        seen.since[document_id, row.page, row.tile] = max(row.retry_at, ran_out)


def _fail(edges: Edges, state: RunState, document_id: str, row: TileRow, *, others: bool) -> None:
    failed = tile_table.change(
        edges.ledger,
        document_id,
        row.page,
        row.tile,
        lambda row: reservations.fail(row, state.token, edges.now, run_has_answers=others),
    )
    if isinstance(failed, TileRow):
        page_table.band_outcome(edges.ledger, document_id, row.page, row.tile, "failed")
