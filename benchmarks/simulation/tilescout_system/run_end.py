"""CloseRun, in the order of run_steps/close_run.py: requeue, measure, release, look again."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.simulation.tilescout_system.store import Store
from benchmarks.simulation.tilescout_system.survey import is_work_due
from tilescout.documents import Document
from tilescout.runs import lease_rules, reservations
from tilescout.runs.model_records import measured_rate
from tilescout.runs.pacing import STALLED
from tilescout.runs.records import Claim, RunState
from tilescout.transitions import decisions
from tilescout.transitions.decisions import RunEnd


def close(store: Store, state: RunState, now: int, *, failed: bool) -> RunState:
    """Returns the state, whose ``next`` is OpenRun where others are due. Raises LeaseLost."""
    lease = store.lease
    if lease.owner or lease.token != state.token:
        store.lease = lease_rules.heartbeat(lease, state.token, now, "closing")
        for claim, document in store.open_claims(state.id, state.token):
            _requeue(store, state, claim, document, now, failed=failed)
        _measure(store, state)
        store.lease = lease_rules.release(store.lease, state.token, now)
    stays = failed or state.deferred
    again = not stays and is_work_due(store, now, besides=state.token)
    return replace(state, next="OpenRun" if again else "", wait_seconds=0)


def _requeue(
    store: Store, state: RunState, claim: Claim, document: Document, now: int, *, failed: bool
) -> None:
    answered = sum(row.state == "answered" for row in store.tiles[document.id])
    is_without_answer = not store.runs[state.id].tiles_answered
    end = RunEnd(
        token=state.token,
        answered=answered,
        detected=claim.detected,
        without_answer=is_without_answer,
        stalled=state.finished in STALLED,
        deferred=state.deferred,
        failed=failed,
    )
    store.commit_status(decisions.requeue(document, end, now))
    if is_without_answer and not claim.detected:
        rows = store.tiles[document.id]
        rows[:] = [reservations.forgive(row, state.token, now) for row in rows]


def _measure(store: Store, state: RunState) -> None:
    run = store.runs[state.id]
    if not state.ready_at:
        return
    rate = measured_rate(
        run.tiles_answered - state.answered_before, run.last_answer_at - state.ready_at, run.units
    )
    if rate is not None:
        store.known = replace(store.known, tiles_per_second_per_unit=rate)
