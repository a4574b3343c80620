"""The six steps of a run, in the order of handlers/run_steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from benchmarks.simulation.custom_labels import CustomLabels
from benchmarks.simulation.queue import Queue
from benchmarks.simulation.states import TaskFailed
from benchmarks.simulation.tilescout_system import model_control
from benchmarks.simulation.tilescout_system.hint_spread import spread_seconds
from benchmarks.simulation.tilescout_system.run_end import close
from benchmarks.simulation.tilescout_system.store import PROJECT, VERSION, Store
from benchmarks.simulation.tilescout_system.survey import (
    Survey,
    claim_due,
    claimed_tiles,
    is_work_due,
    survey,
)
from tilescout import keys
from tilescout.errors import LeaseLost
from tilescout.messages import MergeHint, TileHint
from tilescout.pricing import PriceTable
from tilescout.runs import (
    inference_units,
    lease_rules,
    merge_pacing,
    model_lifecycle,
    model_start,
    pacing,
)
from tilescout.runs.lease_rules import Lease, Phase
from tilescout.runs.pacing import PATIENCE_WITH_MODEL
from tilescout.runs.records import Run, RunState, calls_allowed, closing_seconds, hard_deadline

STATE = TypeAdapter(RunState)
UNIT_HOUR = PriceTable().custom_labels_unit_hour


@dataclass(frozen=True, slots=True)
class Steps:
    """The function advance_run, as the workflow's one task."""

    store: Store
    model: CustomLabels
    tiles: Queue
    merges: Queue

    @property
    def now(self) -> int:
        return self.model.clock.now

    def advance(self, event: dict[str, Any]) -> Any:
        """Takes one step and returns the run as plain JSON. Raises TaskFailed."""
        state: RunState = STATE.validate_python(event["run"])
        steps: dict[str, Callable[[RunState], RunState]] = {
            "OpenRun": self.open_run,
            "StartModel": self.start_model,
            "DetectTiles": self.detect_tiles,
            "StopModel": self.stop_model,
            "MergePages": self.merge_pages,
            "CloseRun": lambda run: close(
                self.store, run, self.now, failed="error" in event.get("state", {})
            ),
        }
        try:
            return STATE.dump_python(steps[event["step"]](state), mode="json")
        except LeaseLost as error:
            raise TaskFailed("LeaseLost") from error

    def _keep_lease(self, state: RunState, phase: Phase | None = None) -> Lease:
        self.store.lease = lease_rules.heartbeat(self.store.lease, state.token, self.now, phase)
        return self.store.lease

    def open_run(self, state: RunState) -> RunState:
        profile = self.store.profile
        if not is_work_due(self.store, self.now):
            return state
        lease = lease_rules.acquire(
            self.store.lease, state.execution, self.now, hard_deadline([profile], self.now)
        )
        if lease is None:
            return state
        self.store.lease = lease
        opened = replace(
            state,
            next="StartModel",
            id=keys.run_id(state.execution, lease.token),
            token=lease.token,
            deadline=lease.hard_deadline - closing_seconds([profile]),
            version=VERSION,
        )
        self._record(opened)
        claim_due(self.store, opened, self.now)
        return opened

    def _record(self, state: RunState) -> None:
        allowed = calls_allowed([self.store.profile], 0.0)
        self.store.claims.setdefault(state.id, {})
        self.store.runs[state.id] = Run(
            id=state.id,
            model=PROJECT,
            execution=state.execution,
            token=state.token,
            status="OPEN",
            opened_at=self.now,
            calls_left=allowed,
            calls_allowed=allowed,
        )

    def start_model(self, state: RunState) -> RunState:
        lease = self._keep_lease(state)
        if not (lease.owned or claimed_tiles(self.store, state)):
            return replace(state, next="DetectTiles", wait_seconds=0, ready_at=0)
        profile = self.store.profile
        state = self._bounded(state, lease)
        status = model_control.describe(self.model)
        terms = model_lifecycle.StartTerms(
            version=state.version,
            starts=state.starts,
            give_up_at=state.give_up_at,
            latest_start=state.deadline - round(self.store.known.start_seconds),
            may_share=profile.use_running_model,
        )
        action = model_lifecycle.next_start(lease, status, terms, now=self.now)
        if action.verb == "use":
            return self._ready(state, lease)
        if action.verb == "start":
            return self._start(state, lease)
        if action.verb in ("stop", "done"):
            stopping = model_control.stop(self.store, self.model, state.token, status)
            seconds = stopping.seconds or model_lifecycle.BEGINNING
            return replace(state, next="", wait_seconds=seconds)
        return model_start.after_action(state, action)

    def _bounded(self, state: RunState, lease: Lease) -> RunState:
        deadline = state.deadline
        if lease.owned and not state.starts:
            since = max(lease.start_requested_at, self.store.runs[state.id].opened_at)
            deadline = min(deadline, self._paid_until(lease.units, since))
        give_up_at = state.give_up_at or self.now + 60 * self.store.profile.start_minutes
        return replace(state, deadline=deadline, give_up_at=min(deadline, give_up_at))

    def _start(self, state: RunState, lease: Lease) -> RunState:
        profile = self.store.profile
        plan = inference_units.plan_units(
            claimed_tiles(self.store, state),
            self.store.known.pace(profile.tiles_per_second_per_unit),
            seconds_left=state.deadline - self.now,
            max_units=profile.max_inference_units,
            usd_per_unit_hour=UNIT_HOUR,
            budget_usd=profile.budget_usd,
        )
        paid_until = self._paid_until(plan.units, self.now)
        action = model_control.start(self.store, self.model, lease, state.version, plan.units)
        self.store.update_run(state.id, units=plan.units)
        if action.refused:
            return model_start.after_action(state, action)
        return model_start.after_action(model_start.started(state, paid_until), action)

    def _paid_until(self, units: int, since: int) -> int:
        budget = self.store.profile.budget_usd
        return inference_units.paid_until(
            since, max(1, units), usd_per_unit_hour=UNIT_HOUR, budget_usd=budget
        )

    def _ready(self, state: RunState, lease: Lease) -> RunState:
        units = lease.units if lease.owned else self.model.units
        if lease.owned and state.starts:
            took = float(self.now - lease.start_requested_at)
            self.store.known = replace(self.store.known, start_seconds=took)
        answered = self.store.runs[state.id].tiles_answered
        return model_start.ready(state, units=units, now=self.now, answered_before=answered)

    def detect_tiles(self, state: RunState) -> RunState:
        self._keep_lease(state)
        claim_due(self.store, state, self.now)
        run = self.store.runs[state.id]
        seen = survey(self.store, state, self.now, has_answers=bool(run.tiles_answered))
        self._send_merge_hints(state)
        progress = seen.progress(run.attempts)
        limits = pacing.Limits(
            deadline=state.deadline,
            calls_left=run.calls_left,
            calls_per_tile=1,
            patience=PATIENCE_WITH_MODEL,
        )
        finished = pacing.why_finished(progress, state.pace, limits, self.now)
        if finished:
            self._keep_lease(state, "closing")
            return replace(state, next="StopModel", wait_seconds=0, finished=finished)
        if not self._is_ready(state):
            return replace(state, next="StartModel", wait_seconds=0, ready_at=0, give_up_at=0)
        longest = pacing.MAX_WAIT_WITH_MODEL
        turn = pacing.next_turn(state.pace, progress, self.now, state.calls_per_second, longest)
        self._send_hints(state, seen, turn)
        return replace(state, next="", wait_seconds=turn.wait_seconds, pace=turn.pace)

    def _is_ready(self, state: RunState) -> bool:
        status = model_control.describe(self.model) if state.ready_at else ""
        return status in ("RUNNING", model_lifecycle.UNSEEN)

    def _send_hints(self, state: RunState, seen: Survey, turn: pacing.Turn) -> None:
        chosen = seen.sendable[turn.skip : turn.skip + turn.send]
        spread = spread_seconds(len(chosen), turn.wait_seconds, state.calls_per_second)
        for number, (document_id, tile) in enumerate(chosen):
            hint = TileHint(
                model=PROJECT,
                token=state.token,
                run_id=state.id,
                document_id=document_id,
                page=1,
                tile=tile,
            )
            self.tiles.send(hint, int(spread * number / len(chosen)))

    def _send_merge_hints(self, state: RunState) -> int:
        claims = self.store.open_claims(state.id, state.token)
        unmerged = [document.id for claim, document in claims if claim.detected]
        for document_id in unmerged[: merge_pacing.HINTS_PER_TURN]:
            hint = MergeHint(document_id=document_id, claim_token=state.token, page=1)
            self.merges.send(hint)
        return len(unmerged)

    def stop_model(self, state: RunState) -> RunState:
        lease = self._keep_lease(state, "closing")
        if not lease.owned:
            return replace(state, next="MergePages", wait_seconds=0, merging_since=self.now)
        status = model_control.describe(self.model)
        action = model_control.stop(self.store, self.model, state.token, status)
        if action.verb == "done":
            return replace(state, next="MergePages", wait_seconds=0, merging_since=self.now)
        return replace(state, next="", wait_seconds=action.seconds)

    def merge_pages(self, state: RunState) -> RunState:
        self._keep_lease(state)
        survey(self.store, state, self.now, has_answers=False)
        unmerged = self._send_merge_hints(state)
        since = self.now if unmerged != state.unmerged else state.merging_since
        if not unmerged or self.now - since > merge_pacing.PATIENCE:
            return replace(state, next="CloseRun", wait_seconds=0, unmerged=unmerged)
        wait = min(merge_pacing.USUAL_WAIT, max(merge_pacing.MIN_WAIT, unmerged // 20))
        return replace(state, next="", wait_seconds=wait, merging_since=since, unmerged=unmerged)
