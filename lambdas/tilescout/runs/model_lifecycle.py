"""Decides what to do about a model, by its status and what was requested (protocol rules 5 to 9).

Statuses are those of Rekognition's DescribeProjectVersions:
https://docs.aws.amazon.com/rekognition/latest/APIReference/API_ProjectVersionDescription.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tilescout.runs.history_budget import MAX_STOPPING_TURNS
from tilescout.runs.lease_rules import Lease

MAX_STARTS = 3
"""Requests to start one model in one run."""
START_POLL = 20
STOP_POLL = 10
"""Seconds between two looks at a model that starts or stops."""
BEGINNING = 2
"""Seconds until the first look: a model whose stop was requested is STOPPING by then."""

UP = frozenset({"STARTING", "RUNNING"})
"""May cost money and goes on doing so."""
STARTABLE = frozenset({"TRAINING_COMPLETED", "COPYING_COMPLETED", "STOPPED", "FAILED"})
NOT_YET = frozenset({"TRAINING_IN_PROGRESS", "COPYING_IN_PROGRESS"})
NEVER = frozenset({"TRAINING_FAILED", "COPYING_FAILED", "DELETING", "DEPRECATED", "EXPIRED"})
GONE = ""
"""In a status' place: the project's list shows no such version."""
UNSEEN = "UNSEEN"
"""In a status' place: the service did not say."""
STATUSES = UP | STARTABLE | NOT_YET | NEVER | {"STOPPING"}

Verb = Literal["start", "use", "stop", "wait", "done", "leave", "give up"]


@dataclass(frozen=True, slots=True)
class Action:
    """The next thing to do, why, and after how many seconds to look again.

    "give up" is ``permanent`` where another try in an hour would end the same way; else the run is
    only deferred. ``refused``: the service certainly did not start anything.
    """

    verb: Verb
    reason: str
    seconds: int = 0
    permanent: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTerms:
    """The wish of a run for its model: to have ``version`` running, after ``starts`` requests.

    At ``give_up_at`` its patience ends, and from ``latest_start`` on a start would come too late
    for any tile. ``may_share`` lets it use a model that somebody else started.
    """

    version: str
    starts: int
    give_up_at: int
    latest_start: int
    may_share: bool


def next_start(
    lease: Lease, status: str, terms: StartTerms, *, now: int, message: str = ""
) -> Action:
    """Returns a run's next step to a running version. "use" means that tiles may be sent.

    ``status`` is that of ``lease.version`` while that one is owned, else of the run's version;
    ``message`` is the service's own word on it. "stop" and "done" concern an owned model that must
    be seen down before another start, so that a person's start in between is not taken for an
    owned one.
    """
    if lease.owned and lease.version != terms.version:
        return _replace_older(lease, status, now)
    if status == "RUNNING":
        return _running(lease, may_share=terms.may_share)
    if now >= terms.give_up_at:
        reason = f"the model is {_name(status)} and its time to start is over"
        return Action("give up", reason, permanent=lease.owned or terms.starts > 0)
    if status == UNSEEN or (status == GONE and lease.owned):
        return Action("wait", f"the model could not be described{_said(message)}", START_POLL)
    if status == "STARTING":
        return _starting(lease, may_share=terms.may_share)
    if status == "STOPPING":
        return Action("wait", "the model is STOPPING", START_POLL)
    if status in NOT_YET:
        return Action("give up", f"the model is {status}; the next run looks again")
    if status not in STARTABLE:
        return Action("give up", _unusable(status, message), permanent=True)
    if lease.owned:
        return next_stop(lease, status, now)
    if now >= terms.latest_start:
        reason = "no time is left to start the model before the deadline or the end of the budget"
        return Action("give up", reason, permanent=not terms.starts)
    if terms.starts >= MAX_STARTS:
        tried = f"it is {status} after {terms.starts} starts in this run"
        return Action("give up", f"{tried}{_said(message)}", permanent=True)
    return Action("start", f"the model is {status}", START_POLL)


def _replace_older(lease: Lease, status: str, now: int) -> Action:
    action = next_stop(lease, status, now)
    return Action(action.verb, f"an older owned version comes first: {action.reason}",
                  action.seconds)  # fmt: skip


def _running(lease: Lease, *, may_share: bool) -> Action:
    if lease.owned:
        return Action("use", "our model is RUNNING")
    if may_share:
        return Action("use", "somebody else's model is RUNNING; it is used and left running")
    return Action("give up", _unmanaged("RUNNING"))


def _starting(lease: Lease, *, may_share: bool) -> Action:
    if lease.owned or may_share:
        return Action("wait", "the model is STARTING", START_POLL)
    return Action("give up", _unmanaged("STARTING"))


def _unmanaged(status: str) -> str:
    return (
        f"the model is {status} and was not started by Tilescout; stop it, or set "
        "use_running_model on the profile"
    )


def _unusable(status: str, message: str) -> str:
    remedy = "train or copy another version and activate it with `tilescout model use`"
    return f"the model is {_name(status)}{_said(message)}; {remedy}"


def _name(status: str) -> str:
    return status or "gone from its project"


def _said(message: str) -> str:
    return f" ({message})" if message else ""


def next_stop(lease: Lease, status: str, now: int) -> Action:
    """Returns how an owner of the lease brings an owned model down (rule 8).

    "done" is certain: down, and too long after the last request for it to be on its way.
    ``status`` is that of ``lease.version``.
    """
    if not lease.owned:
        return Action("leave", "no owned model is up")
    # To stop a model that nobody can see does no harm: it is owned. And a list that lacks it
    # may lag behind.
    if status in UP or status in (UNSEEN, GONE):
        return Action("stop", f"the model is {_name(status)}", BEGINNING)
    if status == "STOPPING":
        return Action("wait", "the model is STOPPING", STOP_POLL)
    return _down(lease, status, now)


def left_to_guard(action: Action, turns: int) -> Action:
    """Returns the action of a run that stops its model, or "give up" once its turns are used up."""
    if action.verb == "done" or turns < MAX_STOPPING_TURNS:
        return action
    return Action("give up", f"{action.reason}; the guard goes on")


def after_refused_stop(lease: Lease, code: str, message: str, now: int) -> Action:
    """Returns what an owner does after StopProjectVersion failed, or was not answered ("").

    Only a version that does not exist is down for certain. ``lease`` is that before the request.
    """
    if code == "ResourceNotFoundException":
        return _down(lease, GONE, now)
    return Action("wait", f"{code or 'no answer'}: {message}", STOP_POLL)


def _down(lease: Lease, status: str, now: int) -> Action:
    left = lease.settles_at - now
    if left >= 0:
        reason = f"it is {_name(status)}; a late start or stop may still land"
        return Action("wait", reason, min(left + 1, STOP_POLL))
    return Action("done", f"the model is {_name(status)}")


_RETRIED = frozenset({"ResourceInUseException", "ThrottlingException",
                      "ProvisionedThroughputExceededException"})  # fmt: skip
_BARREN = frozenset({"ResourceNotFoundException", "InvalidParameterException",
                     "AccessDeniedException"})  # fmt: skip
_DEFERRED = frozenset({"LimitExceededException"})
DEFINITE = _RETRIED | _BARREN | _DEFERRED
"""Errors of StartProjectVersion after which nothing was started; any other may have."""


def after_refused_start(code: str, message: str) -> Action:
    """Returns what a run does after StartProjectVersion answered with an error (rule 6)."""
    if code in _DEFERRED:
        return Action(
            "give up",
            f"{code}: {message}; an account runs two models at once (Service Quotas); "
            "the next run tries again",
            refused=True,
        )
    if code in _BARREN:
        return Action("give up", f"{code}: {message}", permanent=True, refused=True)
    refused = code in DEFINITE
    return Action("wait", f"{code}: {message}; describe again", START_POLL, refused=refused)
