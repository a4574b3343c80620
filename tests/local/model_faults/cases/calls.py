"""Faults of the states of a run, and of every control call."""

from __future__ import annotations

from tests.local.model_faults import actions
from tests.local.model_faults.calls import (
    BEFORE,
    CLOSING,
    DESCRIBE,
    DETECT,
    EFFECTS,
    HELD,
    HUNG,
    KILLED_AFTER,
    KILLED_BEFORE,
    LOST,
    NOT_OWNED,
    OWN_WRITES,
    OWNED,
    START,
    STOP,
    WORKING,
    Fault,
    lease_write,
    step,
)
from tests.local.model_faults.case import Case
from tilescout.runs.model_lifecycle import STOP_POLL

BROKEN = {"error": "InternalServerError"}
LOST_STEP = {"lost": True, "error": "Lambda.ServiceException"}
THROTTLED = {"error": "ThrottlingException"}
BEAT = lease_write(WORKING, skip=4)
"""A write of DetectTiles: OpenRun acquires, StartModel beats, describes, and beats again."""


def _of_state(state: str) -> list[Case]:
    before, effect = BEFORE.get(state, ()), EFFECTS[state]
    held = effect | {"delay_seconds": HELD}
    refused = OWN_WRITES[state] | {"error": "AccessDeniedException"}
    aborted = Case(
        kind=state, name="aborted", faults=(*before, held), act=actions.abort, owner="dead"
    )
    faults = {
        "killed before its effect": effect | KILLED_BEFORE,
        "killed after its effect": effect | KILLED_AFTER,
        "times out, its call lands": effect | HUNG,
        "refused a write": refused,
        "reply lost": effect | LOST,
        "answer lost, and done again": step(state) | LOST_STEP,
    }
    others = [
        Case(kind=state, name=name, faults=(*before, fault)) for name, fault in faults.items()
    ]
    return [aborted, *others]


def _of_call(kind: str, call: Fault, times: int) -> list[Case]:
    many = {"times": times}
    return [
        Case(kind=kind, name=f"fails {times} times", faults=(call | BROKEN | many,)),
        Case(kind=kind, name=f"throttled {times} times", faults=(call | THROTTLED | many,)),
        Case(kind=kind, name="answers after 20 s", faults=(call | {"delay_seconds": HELD},)),
    ]


OF_STATES = [case for state in EFFECTS for case in _of_state(state)]

OF_CALLS = [
    *_of_call("DescribeProjectVersions", DESCRIBE, 3),
    *_of_call("StartProjectVersion", START, 2),
    *_of_call("StopProjectVersion", STOP, 3),
    Case(
        kind="StopProjectVersion",
        name="refused twelve times",
        faults=(STOP | {"error": "AccessDeniedException", "times": 12},),
        more_seconds=12.0 * STOP_POLL,
        more_words="twelve refusals",
    ),
    *_of_call("DetectCustomLabels", DETECT, 4),
    Case(
        kind="DetectCustomLabels",
        name="two answers lost",
        faults=(DETECT | LOST | {"times": 2},),
        more_calls=2,
    ),
    Case(
        kind="DetectCustomLabels",
        name="worker killed before",
        faults=(DETECT | KILLED_BEFORE,),
    ),
    Case(
        kind="DetectCustomLabels",
        name="worker killed after",
        faults=(DETECT | KILLED_AFTER,),
        more_calls=1,
    ),
    Case(kind="lease's PutItem", name="fails twice", faults=(BEAT | BROKEN | {"times": 2},)),
    Case(kind="lease's PutItem", name="reply lost", faults=(BEAT | LOST,)),
    Case(
        kind="lease's PutItem",
        name="answers after 20 s",
        faults=(BEAT | {"delay_seconds": HELD},),
    ),
    Case(
        kind="lease's PutItem",
        name="lost when the start is requested",
        faults=(lease_write(WORKING, OWNED) | LOST,),
    ),
    Case(
        kind="lease's PutItem",
        name="lost when the model was seen down",
        faults=(lease_write(CLOSING, NOT_OWNED) | LOST,),
    ),
]
