"""Decides about the model that a run waits for: bounded in time and money, then one action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tilescout.profiles import Profile
from tilescout.runs import inference_units, model_lifecycle
from tilescout.runs.inference_units import ModelPace, UnitPlan
from tilescout.runs.lease_rules import Lease
from tilescout.runs.model_lifecycle import Action, StartTerms, next_start
from tilescout.runs.model_records import ModelInUse, ModelStart
from tilescout.runs.records import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelView:
    """The run's model as one look has shown it.

    ``status``, ``message`` and ``units`` are those of ``lease.version`` while that one is owned,
    else those that the service shows of the run's version. ``starts`` are what the run may have
    paid for, and ``spent_usd`` is what it has paid so far.
    """

    lease: Lease
    status: str
    message: str
    units: int = 0
    known: ModelInUse | None
    starts: Sequence[ModelStart] = ()
    profiles: Sequence[Profile]
    usd_per_unit_hour: float
    spent_usd: float
    now: int

    @property
    def unnoted_start(self) -> ModelStart | None:
        """The start of the owned version, unless it was noted already as running."""
        if not self.lease.owned:
            return None
        requested = self.lease.start_requested_at
        found = [start for start in self.starts if start.requested_at == requested]
        return found[0] if found and not found[0].running_at else None

    @property
    def budget_left_usd(self) -> float:
        """The largest budget among the model's profiles, less what the run has paid already."""
        return max(0.0, max(profile.budget_usd for profile in self.profiles) - self.spent_usd)

    def paid_until(self, units: int) -> int:
        """Returns when stopping must begin, if so many ``units`` are paid from now on."""
        return inference_units.paid_until(
            self.now,
            max(1, units),
            usd_per_unit_hour=self.usd_per_unit_hour,
            budget_usd=self.budget_left_usd,
        )


def bounded(state: RunState, view: ModelView) -> RunState:
    """Returns the state with the time until which the run waits for its model.

    A model that was taken over is paid by this run from now on, so it bounds the deadline too.
    """
    deadline = state.deadline
    if view.lease.owned and not state.starts and view.lease.version == state.version:
        deadline = min(deadline, view.paid_until(view.lease.units))
    minutes = max(profile.start_minutes for profile in view.profiles)
    give_up_at = state.give_up_at or view.now + 60 * minutes
    return replace(state, deadline=deadline, give_up_at=min(deadline, give_up_at))


def next_action(state: RunState, view: ModelView) -> Action:
    """Returns the one thing to do about the model now."""
    start_seconds = view.known.start_seconds if view.known else 0
    terms = StartTerms(
        version=state.version,
        starts=state.starts,
        give_up_at=state.give_up_at,
        latest_start=state.deadline - round(start_seconds),
        may_share=any(profile.use_running_model for profile in view.profiles),
    )
    return next_start(view.lease, view.status, terms, now=view.now, message=view.message)


def planned_units(state: RunState, view: ModelView, tiles: int) -> UnitPlan:
    """Returns the units to start for so many ``tiles``, and why."""
    assumed = min(profile.tiles_per_second_per_unit for profile in view.profiles)
    unmeasured = ModelPace(tiles_per_second_per_unit=assumed)
    return inference_units.plan_units(
        tiles,
        view.known.pace(assumed) if view.known else unmeasured,
        seconds_left=state.deadline - view.now,
        max_units=max(profile.max_inference_units for profile in view.profiles),
        usd_per_unit_hour=view.usd_per_unit_hour,
        budget_usd=view.budget_left_usd,
    )


def started(state: RunState, paid_until: int) -> RunState:
    """Returns the state after a start was requested that the budget pays until then."""
    deadline = min(state.deadline, paid_until)
    return replace(
        state,
        starts=state.starts + 1,
        deadline=deadline,
        give_up_at=min(state.give_up_at, deadline),
    )


def after_action(state: RunState, action: Action) -> RunState:
    """Returns the state that waits for the next look, or gives the model up."""
    if action.verb == "give up":
        return replace(
            state,
            next="StopModel",
            wait_seconds=0,
            finished=action.reason,
            deferred=not action.permanent,
        )
    return replace(state, next="", wait_seconds=action.seconds or model_lifecycle.STOP_POLL)


def ready(state: RunState, *, units: int, now: int, answered_before: int) -> RunState:
    """Returns the state of a run whose model is up: its tiles may be sent."""
    return replace(
        state,
        next="DetectTiles",
        wait_seconds=0,
        ready_at=now,
        answered_before=answered_before,
        give_up_at=0,
        calls_per_second=inference_units.max_calls_per_second(units),
        pace=replace(state.pace, moved_at=now, ended_at=now),
    )
