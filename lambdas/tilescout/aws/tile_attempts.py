"""Attempts on tiles: one is opened by a reservation in the ledger, and ends there in one way."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tilescout import keys
from tilescout.aws.tables import page_table, tile_table
from tilescout.detectors import reuse
from tilescout.documents import Document
from tilescout.errors import DetectorBroken, DetectorError, PartsNotPaid
from tilescout.geometry import Box
from tilescout.ledger import TileRow
from tilescout.messages import TileHint
from tilescout.runs import reservations
from tilescout.runs.reservations import Drop
from tilescout.tiling.grid import Tile

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class TileAttempt:
    """The right to call the detector for one tile, whose ``row`` is as it was reserved.

    It ends by ``commit``, ``give_back`` or ``refuse``; one that never does runs out.
    """

    ledger: Table
    hint: TileHint
    document: Document
    reservation: str
    row: TileRow

    @property
    def tile(self) -> Tile:
        return Tile(self.row.tile, Box(*self.row.box), self.row.scale)

    @property
    def shared_name(self) -> str:
        """The name under which the tile's answer is shared, empty where it is not."""
        return reuse.shared_name(self.row.reuse_key, self.hint.model_version)

    @property
    def answers(self) -> str:
        """The prefix of the keys of all answers for the tile."""
        return keys.answers_of_tile(*self._place)

    def answer_key(self, shared: str) -> str:
        """Returns the key of this attempt's answer, shared under that name if it is not empty."""
        return keys.answer_object(*self._place, self.reservation, shared)

    def made(self, answer: str) -> bool:
        """Returns True where this attempt has stored the answer, by its key."""
        return self.reservation in answer

    def commit(self, answer: str, calls: int, now: int) -> TileRow | Drop:
        """Gives the tile the detector's answer, by its key; ``calls`` were billed for it."""
        row = self._change(lambda row: reservations.commit(row, answer, calls))
        page_table.count_answer(self.ledger, *self._place, token=self.hint.token, now=now)
        return row

    def commit_reused(self, answer: str) -> TileRow | Drop:
        """Gives the tile an answer that was given for the same image before."""
        row = self._change(lambda row: reservations.commit(row, answer, 0, reused=True))
        # The detector did not answer: this says nothing about those that it fails on.
        page_table.band_outcome(self.ledger, *self._place, "answered")
        return row

    def give_back(self, error: DetectorError, now: int) -> None:
        """Ends the attempt after an error that is not the tile's fault."""

        def given_back(row: TileRow) -> TileRow | Drop:
            back = reservations.give_back(
                row,
                self.reservation,
                now,
                str(error),
                billed=bool(error.billed) and not isinstance(error, PartsNotPaid),
                server_error=isinstance(error, DetectorBroken),
            )
            return reservations.with_billed_calls(back, error.billed)

        self._change(given_back)

    def refuse(self, reason: str, billed: int) -> None:
        """Ends the attempt after an error that is the tile's fault."""

        def refused(row: TileRow) -> TileRow | Drop:
            changed = reservations.refuse(row, self.reservation, reason)
            return reservations.with_billed_calls(changed, billed)

        self._change(refused)

    @property
    def _place(self) -> tuple[str, int, int]:
        return self.hint.document_id, self.hint.page, self.hint.tile

    def _change(self, decide: Callable[[TileRow], TileRow | Drop]) -> TileRow | Drop:
        return tile_table.change(self.ledger, *self._place, decide)


def reserve(
    ledger: Table, hint: TileHint, document: Document, now: int, timeout: int
) -> TileAttempt | Drop:
    """Reserves the tile of a hint, which is one of the document's, or returns why it is not sent.

    ``timeout`` is the function's, in seconds: the reservation outlives it.
    """
    reservation = uuid.uuid4().hex

    def reserved(row: TileRow) -> TileRow | Drop:
        changed = reservations.reserve(row, reservation, hint.token, now, timeout)
        return reservations.with_lost_call(row, changed)

    row = tile_table.change(ledger, hint.document_id, hint.page, hint.tile, reserved)
    if isinstance(row, Drop):
        return row
    return TileAttempt(
        ledger=ledger, hint=hint, document=document, reservation=reservation, row=row
    )
