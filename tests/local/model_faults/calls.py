"""The calls that a fault can hit: the effect of each state of the run, and the others."""

from __future__ import annotations

from typing import Any

Fault = dict[str, Any]
"""The members of ``tilescout_local.faults.Fault``."""

KILLED_BEFORE: Fault = {"kill": "before", "error": "InternalServerError"}
"""The caller dies and the call is never made."""
KILLED_AFTER: Fault = {"kill": "after"}
LOST: Fault = {"lost": True, "error": "InternalServerError"}
HELD = 1.0
"""The real seconds for which a call is held while its execution is aborted."""
HUNG: Fault = {"delay_seconds": 1.5, "kill": "before"}
"""The caller dies after 30 seconds of the protocol, the time-out of a control function; its request
takes effect nevertheless."""


def lease_write(*holding: str, skip: int = 0) -> Fault:
    """Returns a write of a lease, in the order in which a run makes them."""
    return {
        "service": "dynamodb",
        "operation": "PutItem",
        "containing": ['"LEASES"', *holding],
        "skip": skip,
    }


def step(state: str) -> Fault:
    """Returns the function's execution for a state of the run."""
    return {
        "service": "lambda",
        "operation": "Execution",
        "containing": [f'"step": "{state}"', '"execution": "arn:'],
    }


WORKING = '"phase": {"S": "working"}'
CLOSING = '"phase": {"S": "closing"}'
OWNED, NOT_OWNED = '"owned": {"BOOL": true}', '"owned": {"BOOL": false}'
NOBODYS = '"owner": {"S": ""}'
GUARDS = '"owner": {"S": "guard:'

DESCRIBE: Fault = {"service": "rekognition", "operation": "DescribeProjectVersions"}
START: Fault = {"service": "rekognition", "operation": "StartProjectVersion"}
STOP: Fault = {"service": "rekognition", "operation": "StopProjectVersion"}
DETECT: Fault = {"service": "rekognition", "operation": "DetectCustomLabels"}
HINTS: Fault = {
    "service": "sqs",
    "operation": "SendMessageBatch",
    "containing": ["TilesQueue"],
}

EFFECTS: dict[str, Fault] = {
    "OpenRun": lease_write(WORKING),
    "StartModel": START,
    "DetectTiles": HINTS,
    "StopModel": STOP,
    "MergePages": lease_write(CLOSING, NOT_OWNED),
    "CloseRun": lease_write(NOBODYS),
}
"""The one call of each state that changes something for the others."""

OWN_WRITES: dict[str, Fault] = {
    **EFFECTS,
    "StartModel": lease_write(WORKING, skip=1),
    "StopModel": lease_write(CLOSING, OWNED, skip=1),
}
"""A write without which the state fails as a whole."""

BEFORE: dict[str, tuple[Fault, ...]] = {
    # StopModel writes the same of a model that is down; held, so that the next beat is later.
    "MergePages": (lease_write(CLOSING, NOT_OWNED) | {"delay_seconds": 0.3},),
}
"""The faults that are met before a state's own."""

SLOW_DETECTOR = DETECT | {"times": 12, "delay_seconds": 0.4}
