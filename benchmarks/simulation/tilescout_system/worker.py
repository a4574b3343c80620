"""detect_tile and merge_page: one hint, one tile or page, only for a run that is alive."""

from __future__ import annotations

from itertools import count

from benchmarks.simulation.clock import Sleeping
from benchmarks.simulation.faults import WORKER, WORKER_LATE, ServiceError
from benchmarks.simulation.queue import FunctionFailed
from benchmarks.simulation.tilescout_system.store import Store
from benchmarks.simulation.world import World
from tilescout.messages import MergeHint, TileHint
from tilescout.results import ResultSet, Totals
from tilescout.runs import reservations
from tilescout.transitions import decisions

READ_SECONDS = 0.2
COMMIT_SECONDS = 0.2
MERGE_SECONDS = 4.0
"""Seconds for one sheet: its answers are read, merged and written."""
FUNCTION_TIMEOUT = 60
BROKEN = frozenset({"InternalServerError"})
REFUSED = frozenset({"InvalidImageFormatException", "ImageTooLargeException"})


class Worker:
    """The functions detect_tile and merge_page, on one store."""

    def __init__(self, world: World, store: Store) -> None:
        self._world = world
        self._store = store
        self._numbers = count()
        self._drawings = {drawing.name: drawing for drawing in world.arrivals()}

    @property
    def now(self) -> int:
        return self._world.clock.now

    def detect(self, hint: TileHint) -> Sleeping:
        """Handles a hint. The message is completed in every case but a killed worker's."""
        yield READ_SECONDS
        reservation = str(next(self._numbers))
        if not self._reserve(hint, reservation):
            return
        drawing = self._drawings[hint.document_id]
        try:
            yield from self._world.model.detect(self._world.history.refusal(drawing, hint.tile))
        except ServiceError as error:
            self._refused(hint, reservation, error.code)
            return
        self._world.history.tiles[hint.document_id, hint.tile].answers += 1
        if self._world.faults.at(WORKER, self._world.clock.now_ms):
            self._world.history.killed += 1
            raise FunctionFailed("killed")
        yield COMMIT_SECONDS
        self._commit(hint)
        if self._world.faults.at(WORKER_LATE, self._world.clock.now_ms):
            raise FunctionFailed("killed")

    def _reserve(self, hint: TileHint, reservation: str) -> bool:
        if not self._store.lease.may_detect(hint.token, self.now):
            return False
        if not self._store.is_claimed(hint.document_id, hint.token):
            return False
        row = self._store.change_tile(
            hint.document_id,
            hint.tile,
            lambda read: reservations.reserve(
                read, reservation, hint.token, self.now, FUNCTION_TIMEOUT
            ),
        )
        if row is not None:
            run = self._store.runs[hint.run_id]
            self._store.update_run(run.id, attempts=run.attempts + 1)
        return row is not None

    def _refused(self, hint: TileHint, reservation: str, code: str) -> None:
        if code in REFUSED:
            self._world.history.tiles[hint.document_id, hint.tile].refusals += 1
            self._store.change_tile(
                hint.document_id,
                hint.tile,
                lambda read: reservations.refuse(read, reservation, code),
            )
            return
        self._store.change_tile(
            hint.document_id,
            hint.tile,
            lambda read: reservations.give_back(
                read, reservation, self.now, code, server_error=code in BROKEN
            ),
        )

    def _commit(self, hint: TileHint) -> None:
        committed = self._store.change_tile(
            hint.document_id, hint.tile, lambda read: reservations.commit(read, "answer", 1)
        )
        run = self._store.runs[hint.run_id]
        answered = run.tiles_answered + (committed is not None)
        self._store.update_run(run.id, tiles_answered=answered, last_answer_at=self.now)

    def merge(self, hint: MergeHint) -> Sleeping:
        """Merges the document's one page: with it the document is DONE or PARTIAL, and visible."""
        if not self._store.is_claimed(hint.document_id, hint.claim_token):
            return
        yield MERGE_SECONDS
        if not self._store.is_claimed(hint.document_id, hint.claim_token):
            return
        rows = self._store.tiles[hint.document_id]
        failed = sum(row.state == "failed" for row in rows)
        document = self._store.documents[hint.document_id]
        result = ResultSet(id=hint.document_id, document=document, made_at=self.now)
        totals = Totals(answered=len(rows) - failed, failed=failed)
        self._store.commit_status(decisions.finish(result, totals, []))
        for row in rows:
            if row.state == "answered":
                self._world.history.result(
                    hint.document_id, row.tile, self._world.clock.now_ms / 1000
                )
