"""The outcome of one turn of DetectTiles: go on, wait for the model, or stop detecting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tilescout.messages import TileHint
from tilescout.runs import pacing
from tilescout.runs.lease_rules import MAX_WAIT
from tilescout.runs.pacing import Progress
from tilescout.runs.records import Run, RunState
from tilescout.runs.survey import Survey, TileKey


@dataclass(frozen=True, slots=True)
class DetectingTurn:
    """The state after the turn, and the tiles to send hints for."""

    state: RunState
    tiles: Sequence[TileKey] = ()

    @property
    def hints(self) -> list[TileHint]:
        """The messages to send, in the name of the run."""
        return [
            TileHint(
                model=self.state.model,
                token=self.state.token,
                run_id=self.state.id,
                document_id=document_id,
                page=page,
                tile=tile,
                model_version=self.state.version,
            )
            for document_id, page, tile in self.tiles
        ]

    @property
    def is_last(self) -> bool:
        """True if the run detects no more, so that its lease has to be closing."""
        return self.state.next == "StopModel"


def detecting_turn(
    state: RunState, run: Run, seen: Survey, now: int, *, is_model_up: bool
) -> DetectingTurn:
    """Returns what the turn comes to. ``is_model_up`` matters to runs that start a model only."""
    progress = seen.progress(run.attempts)
    limits = pacing.Limits(
        deadline=state.deadline,
        calls_left=run.calls_left,
        calls_per_tile=state.calls_per_tile,
        patience=pacing.patience(starts_model=state.starts_model, may_blame=seen.may_blame),
        turns=state.turns,
    )
    finished = pacing.why_finished(progress, state.pace, limits, now)
    if finished:
        return _stopped(state, finished)
    if state.needs_version and not state.version:
        # The record knew of no open tile when the run opened; the next run knows better.
        finished = "open tiles were found that need the model; the next run starts it"
        return _stopped(replace(state, deferred=True), finished)
    if state.starts_model and not is_model_up:
        waiting = replace(state, next="StartModel", wait_seconds=0, ready_at=0, give_up_at=0)
        return DetectingTurn(waiting)
    return _sent(state, seen, progress, now)


def _stopped(state: RunState, finished: str) -> DetectingTurn:
    return DetectingTurn(replace(state, next="StopModel", wait_seconds=0, finished=finished))


def _sent(state: RunState, seen: Survey, progress: Progress, now: int) -> DetectingTurn:
    max_wait = pacing.MAX_WAIT_WITH_MODEL if state.starts_model else MAX_WAIT
    turn = pacing.next_turn(state.pace, progress, now, state.calls_per_second, max_wait)
    after = replace(
        state,
        next="",
        wait_seconds=turn.wait_seconds,
        pace=turn.pace,
        first_band=seen.next_band(state.first_band),
    )
    return DetectingTurn(after, seen.sendable[turn.skip : turn.skip + turn.send])
