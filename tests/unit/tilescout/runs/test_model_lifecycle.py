from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mypy_boto3_rekognition.literals import ProjectVersionStatusType

from tilescout.runs.lease_rules import SETTLE, Lease
from tilescout.runs.model_lifecycle import (
    DEFINITE,
    GONE,
    MAX_STARTS,
    NEVER,
    NOT_YET,
    STARTABLE,
    STATUSES,
    UNSEEN,
    UP,
    Action,
    StartTerms,
    after_refused_start,
    after_refused_stop,
    next_start,
    next_stop,
)

VERSION = "arn:aws:rekognition:us-east-1:123456789012:project/valves/version/v1/1"
NOT_OWNED = Lease(model="valves", owner="run", token=1, expires_at=2_000)
OWNED = replace(NOT_OWNED, owned=True, start_requested_at=1_000, version=VERSION, units=1, starts=1)


def start(
    lease: Lease,
    status: str,
    *,
    version: str = VERSION,
    now: int = 1_500,
    starts: int = 0,
    give_up_at: int = 5_000,
    latest_start: int = 4_000,
    may_share: bool = False,
    message: str = "",
) -> Action:
    terms = StartTerms(
        version=version,
        starts=starts,
        give_up_at=give_up_at,
        latest_start=latest_start,
        may_share=may_share,
    )
    return next_start(lease, status, terms, now=now, message=message)


def test_every_status_of_the_service_belongs_to_one_group() -> None:
    assert set(get_args(ProjectVersionStatusType)) == STATUSES
    assert len(STATUSES) == 14
    assert len(UP) + len(STARTABLE) + len(NOT_YET) + len(NEVER) + 1 == 14


@pytest.mark.parametrize(
    ("status", "verb", "permanent"),
    [
        ("TRAINING_IN_PROGRESS", "give up", False),
        ("TRAINING_COMPLETED", "start", False),
        ("TRAINING_FAILED", "give up", True),
        ("STARTING", "give up", False),
        ("RUNNING", "give up", False),
        ("FAILED", "start", False),
        ("STOPPING", "wait", False),
        ("STOPPED", "start", False),
        ("DELETING", "give up", True),
        ("COPYING_IN_PROGRESS", "give up", False),
        ("COPYING_COMPLETED", "start", False),
        ("COPYING_FAILED", "give up", True),
        ("DEPRECATED", "give up", True),
        ("EXPIRED", "give up", True),
        (GONE, "give up", True),
        (UNSEEN, "wait", False),
    ],
)
def test_a_model_that_nobody_of_us_started(status: str, verb: str, permanent: bool) -> None:
    action = start(NOT_OWNED, status)
    assert (action.verb, action.permanent) == (verb, permanent)


@pytest.mark.parametrize(
    ("status", "verb"),
    [("STARTING", "wait"), ("RUNNING", "use"), ("STOPPING", "wait"), ("STOPPED", "done")],
)
def test_a_model_of_ours_is_adopted_whoever_of_us_started_it(status: str, verb: str) -> None:
    assert start(OWNED, status).verb == verb


@pytest.mark.parametrize(("status", "verb"), [("STARTING", "wait"), ("RUNNING", "use")])
def test_somebody_elses_model_is_used_where_that_is_allowed(status: str, verb: str) -> None:
    assert start(NOT_OWNED, status, may_share=True).verb == verb


def test_somebody_elses_model_is_refused_with_a_remedy() -> None:
    assert start(NOT_OWNED, "RUNNING").reason == (
        "the model is RUNNING and was not started by Tilescout; stop it, or set "
        "use_running_model on the profile"
    )


def test_a_start_that_may_not_show_yet_is_waited_for() -> None:
    assert start(OWNED, "STOPPED", now=1_000 + SETTLE).verb == "wait"
    assert start(OWNED, "STOPPED", now=1_001 + SETTLE).verb == "done"


def test_ours_ends_before_the_model_is_started_again() -> None:
    """Else a start of somebody else in between would be taken for ours, and stopped."""
    assert start(OWNED, "FAILED").verb == "done"
    assert start(replace(OWNED, owned=False), "FAILED", starts=1).verb == "start"


@pytest.mark.parametrize(("starts", "permanent"), [(0, True), (1, False)])
def test_a_start_that_would_come_too_late_is_not_asked_for(starts: int, permanent: bool) -> None:
    action = start(NOT_OWNED, "STOPPED", latest_start=1_500, starts=starts)
    assert (action.verb, action.permanent) == ("give up", permanent)


def test_starting_is_given_up_in_time() -> None:
    assert start(OWNED, "STARTING", now=4_999).verb == "wait"
    action = start(OWNED, "STARTING", now=5_000)
    assert action == Action(
        "give up", "the model is STARTING and its time to start is over", permanent=True
    )


def test_a_model_that_runs_at_the_last_moment_is_used() -> None:
    assert start(OWNED, "RUNNING", now=5_001).verb == "use"


def test_a_run_asks_three_times_at_most() -> None:
    assert MAX_STARTS == 3
    assert start(NOT_OWNED, "FAILED", starts=2).verb == "start"
    action = start(NOT_OWNED, "FAILED", starts=3, message="not enough capacity")
    assert action == Action(
        "give up", "it is FAILED after 3 starts in this run (not enough capacity)", permanent=True
    )


def test_an_unusable_version_names_the_remedy() -> None:
    assert start(NOT_OWNED, "EXPIRED").reason == (
        "the model is EXPIRED; train or copy another version and activate it with "
        "`tilescout model use`"
    )


@pytest.mark.parametrize(
    ("status", "verb"), [("RUNNING", "stop"), ("STARTING", "stop"), ("STOPPING", "wait")]
)
def test_an_older_version_of_ours_is_stopped_first(status: str, verb: str) -> None:
    assert start(OWNED, status, version="another").verb == verb


def test_an_older_version_that_is_down_is_done_with_before_the_new_one_starts() -> None:
    assert start(OWNED, "STOPPED", version="another").verb == "done"


@pytest.mark.parametrize("status", sorted(STATUSES))
def test_what_is_not_ours_is_never_stopped(status: str) -> None:
    assert next_stop(NOT_OWNED, status, 9_999).verb == "leave"
    assert start(NOT_OWNED, status).verb not in ("stop", "done")


@pytest.mark.parametrize(
    ("status", "verb"),
    [
        ("RUNNING", "stop"),
        ("STARTING", "stop"),
        ("STOPPING", "wait"),
        ("STOPPED", "done"),
        ("FAILED", "done"),
        ("EXPIRED", "done"),
        (GONE, "stop"),
        (UNSEEN, "stop"),
    ],
)
def test_a_model_of_ours_is_stopped_until_it_is_down(status: str, verb: str) -> None:
    assert next_stop(OWNED, status, 1_500).verb == verb


@pytest.mark.parametrize(
    ("code", "verb"),
    [
        ("ResourceNotFoundException", "done"),
        ("ResourceInUseException", "wait"),
        ("AccessDeniedException", "wait"),
        ("", "wait"),
    ],
)
def test_only_a_version_that_does_not_exist_is_down_without_being_stopped(
    code: str, verb: str
) -> None:
    assert after_refused_stop(OWNED, code, "because", 1_500).verb == verb
    assert after_refused_stop(OWNED, code, "because", 1_000 + SETTLE).verb == "wait"


def test_down_is_believed_only_when_no_late_start_can_show() -> None:
    early = next_stop(OWNED, "STOPPED", 1_000 + SETTLE)
    assert (early.verb, early.seconds) == ("wait", 1)
    assert next_stop(OWNED, "STOPPED", 1_001 + SETTLE).verb == "done"


def test_down_is_believed_only_when_no_late_stop_can_hit_the_next_model() -> None:
    asked = replace(OWNED, stop_requested_at=1_200)
    assert next_stop(asked, "STOPPED", 1_200 + SETTLE).verb == "wait"
    assert next_stop(asked, "STOPPED", 1_201 + SETTLE).verb == "done"


@given(st.sampled_from(sorted(STATUSES)), st.integers(1_000, 9_000))
def test_nothing_that_may_cost_money_is_taken_for_done(status: str, now: int) -> None:
    action = next_stop(OWNED, status, now)
    assert (action.verb == "done") <= (status not in UP | {"STOPPING"})


@pytest.mark.parametrize(
    ("code", "verb", "permanent"),
    [
        ("ResourceInUseException", "wait", False),
        ("ThrottlingException", "wait", False),
        ("ProvisionedThroughputExceededException", "wait", False),
        ("LimitExceededException", "give up", False),
        ("ResourceNotFoundException", "give up", True),
        ("InvalidParameterException", "give up", True),
        ("AccessDeniedException", "give up", True),
        ("InternalServerError", "wait", False),
        ("", "wait", False),
    ],
)
def test_a_start_that_was_refused(code: str, verb: str, permanent: bool) -> None:
    action = after_refused_start(code, "because")
    assert (action.verb, action.permanent) == (verb, permanent)


def test_a_server_error_and_a_lost_answer_leave_it_open_whether_the_model_starts() -> None:
    assert "InternalServerError" not in DEFINITE
    assert "" not in DEFINITE
