"""Surveys a run's tiles by the ledger's rows: which can be sent, and which have failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tilescout.ledger import BandRow, TileRow
from tilescout.runs import reservations
from tilescout.runs.pacing import Progress
from tilescout.runs.records import Claim

TileKey = tuple[str, int, int]
"""The document's id, the page and the tile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRows:
    """The rows of the run's documents that one turn has read.

    ``bands`` are those of each claimed document whose tiles have not all ended. ``tiles`` are
    rows, with their document's id, that no set of their band counts. ``unread`` tiles of open
    bands were left out, after ``bands_read`` bands. ``waiting`` tiles are to take the answer that
    another one with the same image is about to get.
    """

    claims: Sequence[Claim]
    bands: dict[str, list[BandRow]]
    tiles: list[tuple[str, TileRow]] = field(default_factory=list)
    waiting: frozenset[TileKey] = frozenset()
    unread: int = 0
    bands_read: int = 0

    @property
    def pending(self) -> list[tuple[str, TileRow]]:
        """Rows of tiles that have not ended."""
        return [(document, row) for document, row in self.tiles if row.state == "pending"]

    @property
    def uncounted(self) -> list[tuple[str, TileRow]]:
        """Rows of tiles that have ended, which a crash kept from their band."""
        return [(document, row) for document, row in self.tiles if row.state != "pending"]


@dataclass(slots=True)
class Survey:
    """The work to go on with. ``since`` are tiles to send, by the time from which they wait.

    ``has_answers``: the detector answered a tile in this very run. Of the tiles that have not
    ended, ``server_errors`` made some. ``given_up`` tiles have failed, each with whether others
    were answered. ``complete`` are claims all of whose tiles have ended by now.
    """

    has_answers: bool = False
    answered: int = 0
    failed: int = 0
    reserved: int = 0
    stuck: int = 0
    unread: int = 0
    bands_read: int = 0
    server_errors: int = 0
    since: dict[TileKey, int] = field(default_factory=dict)
    given_up: list[tuple[str, TileRow, bool]] = field(default_factory=list)
    complete: list[Claim] = field(default_factory=list)

    @property
    def sendable(self) -> list[TileKey]:
        """Tiles that were never sent first, then those that came back, in the order they did."""
        return sorted(self.since, key=self.since.__getitem__)

    @property
    def may_blame(self) -> bool:
        """True if a few tiles make server errors, and fail in this run if it lasts long enough."""
        return self.has_answers and 0 < self.server_errors <= reservations.MAX_TILES_AT_FAULT

    def progress(self, attempts: int) -> Progress:
        """Returns the counts for the pace of a run with so many ``attempts``."""
        return Progress(
            answered=self.answered,
            failed=self.failed,
            reserved=self.reserved,
            sendable=len(self.since),
            stuck=self.stuck,
            unread=self.unread,
            attempts=attempts,
        )

    def next_band(self, first: int) -> int:
        """Returns where the next look begins: further on, if this one found nothing to send."""
        return first if self.since or not self.unread else first + self.bands_read


def survey_rows(rows: LedgerRows, *, token: int, now: int, answered_at: int) -> Survey:
    """Returns what the run with this ``token`` can do at ``now``.

    ``answered_at`` is when the detector last answered a tile in this run, 0 if never.
    """
    ended = [claim for claim in rows.claims if claim.document_id not in rows.bands]
    survey = Survey(
        has_answers=bool(answered_at),
        answered=sum(claim.answered for claim in ended) + sum(map(_answered, rows.bands.values())),
        failed=sum(claim.failed for claim in ended) + sum(map(_failed, rows.bands.values())),
        reserved=len(rows.uncounted),
        unread=rows.unread,
        bands_read=rows.bands_read,
        server_errors=sum(row.server_errors > 0 for _, row in rows.pending),
        complete=_complete(rows),
    )
    for document_id, row in rows.pending:
        others = reservations.others_answered(
            row, answered_at=answered_at, tiles_with_errors=survey.server_errors
        )
        standing = reservations.tile_standing(row, token, now, run_has_answers=others)
        key = document_id, row.page, row.tile
        if standing == "failed":
            survey.given_up.append((document_id, row, others))
        elif standing == "stuck":
            survey.stuck += 1
        elif standing == "sendable" and key not in rows.waiting:
            survey.since[key] = reservations.sendable_since(row)
        survey.reserved += standing in ("failed", "reserved")
    return survey


def waiting_tiles(band: Iterable[TileRow], now: int) -> frozenset[int]:
    """Returns the tiles of a band that look like an earlier one which is about to be answered.

    They wait for its answer, so that it is paid once. No tile waits longer than for one attempt:
    if it brings no answer that is shared, the others are sent.
    """
    first: dict[str, TileRow] = {}
    waiting: set[int] = set()
    for row in band:
        leader = first.setdefault(row.reuse_key, row)
        if row.reuse_key and leader is not row and _may_bring_answer(leader, now):
            waiting.add(row.tile)
    return frozenset(waiting)


def _may_bring_answer(row: TileRow, now: int) -> bool:
    fresh = not (row.attempts or row.refusals or row.server_errors)
    return row.state == "pending" and (fresh or reservations.is_reserved(row, now))


def _complete(rows: LedgerRows) -> list[Claim]:
    """Returns those claims with the counts that hold from now on."""
    return [
        replace(claim, detected=True, answered=_answered(bands), failed=_failed(bands))
        for claim in rows.claims
        if (bands := rows.bands.get(claim.document_id)) is not None
        and all(band.is_complete for band in bands)
    ]


def _answered(bands: Iterable[BandRow]) -> int:
    return sum(len(band.answered) for band in bands)


def _failed(bands: Iterable[BandRow]) -> int:
    return sum(len(band.failed - band.answered) for band in bands)
