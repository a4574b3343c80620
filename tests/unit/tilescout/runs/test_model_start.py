from __future__ import annotations

from dataclasses import replace

from tilescout.profiles import Profile
from tilescout.runs import model_start
from tilescout.runs.lease_rules import Lease
from tilescout.runs.model_lifecycle import Action
from tilescout.runs.model_records import ModelInUse, ModelStart
from tilescout.runs.model_start import ModelView
from tilescout.runs.records import RunState

NOW = 100_000
PROFILE = Profile(
    name="parts",
    detector="custom-labels",
    dpi=200,
    tile_size=1024,
    overlap=128,
    model_project="parts",
    budget_usd=8.0,
)
KNOWN = ModelInUse(project="parts", project_arn="p", version="v1", version_arn="v1")
STATE = RunState(
    model="parts", execution="e", version="v1", needs_model=True, deadline=NOW + 36_000
)
VIEW = ModelView(
    lease=Lease(model="parts", owner="e", token=1),
    status="STOPPED",
    message="",
    known=KNOWN,
    profiles=[PROFILE],
    usd_per_unit_hour=4.0,
    spent_usd=0.0,
    now=NOW,
)
OWNED = replace(VIEW.lease, owned=True, version="v1", units=1)


def test_the_budget_that_is_left_pays_until_a_stop_must_begin() -> None:
    assert VIEW.paid_until(1) == NOW + 7_200 - 120
    assert replace(VIEW, spent_usd=4.0).paid_until(2) == NOW + 1_800 - 120


def test_the_start_of_an_owned_version_is_to_be_noted_once() -> None:
    start = ModelStart(project="parts", version_arn="v1", units=1, requested_at=NOW - 600)
    lease = replace(OWNED, start_requested_at=NOW - 600)
    owned = replace(VIEW, lease=lease, starts=[replace(start, requested_at=NOW - 9_000), start])
    assert owned.unnoted_start == start
    assert replace(owned, starts=[replace(start, running_at=NOW)]).unnoted_start is None
    assert replace(owned, lease=VIEW.lease).unnoted_start is None


def test_the_largest_budget_of_the_models_profiles_counts_and_none_is_left_below_zero() -> None:
    rich = replace(PROFILE, name="rich", budget_usd=20.0)
    assert replace(VIEW, profiles=[PROFILE, rich], spent_usd=5.0).budget_left_usd == 15.0
    assert replace(VIEW, spent_usd=9.0).budget_left_usd == 0.0


def test_a_start_is_waited_for_as_long_as_the_profile_says_from_the_first_look_on() -> None:
    first = model_start.bounded(STATE, VIEW)
    assert first.give_up_at == NOW + 40 * 60
    assert model_start.bounded(first, replace(VIEW, now=NOW + 60)).give_up_at == first.give_up_at


def test_a_model_that_was_taken_over_bounds_the_deadline_by_what_is_left_of_the_budget() -> None:
    bounded = model_start.bounded(STATE, replace(VIEW, lease=OWNED))
    assert bounded.deadline == NOW + 7_200 - 120


def test_a_model_that_this_run_started_keeps_its_deadline() -> None:
    started = replace(STATE, starts=1)
    assert model_start.bounded(started, replace(VIEW, lease=OWNED)).deadline == STATE.deadline


def test_a_model_is_not_started_where_its_start_would_come_too_late() -> None:
    slow = replace(KNOWN, start_seconds=1_200.0)
    late = replace(STATE, deadline=NOW + 1_200, give_up_at=NOW + 1_200)
    assert model_start.next_action(late, replace(VIEW, known=slow)).verb == "give up"
    assert model_start.next_action(late, VIEW).verb == "start"


def test_units_are_planned_by_what_was_measured_else_by_what_the_profile_assumes() -> None:
    hour = replace(STATE, deadline=NOW + 3_600)
    assert model_start.planned_units(hour, VIEW, 4_000).units == 2
    fast = replace(VIEW, known=replace(KNOWN, tiles_per_second_per_unit=5.0))
    assert model_start.planned_units(hour, fast, 4_000).units == 1


def test_a_start_ends_the_run_before_its_budget_does() -> None:
    started = model_start.started(replace(STATE, give_up_at=NOW + 2_400), NOW + 1_000)
    assert (started.starts, started.deadline, started.give_up_at) == (1, NOW + 1_000, NOW + 1_000)


def test_a_model_that_was_given_up_for_now_counts_against_no_document() -> None:
    later = model_start.after_action(STATE, Action("give up", "two models run already"))
    assert (later.next, later.finished, later.deferred) == (
        "StopModel",
        "two models run already",
        True,
    )
    never = model_start.after_action(STATE, Action("give up", "no such version", permanent=True))
    assert not never.deferred


def test_a_ready_model_sets_the_pace_by_its_units() -> None:
    ready = model_start.ready(STATE, units=2, now=NOW, answered_before=7)
    assert (ready.next, ready.ready_at, ready.answered_before) == ("DetectTiles", NOW, 7)
    assert (ready.calls_per_second, ready.pace.ended_at) == (10.0, NOW)
