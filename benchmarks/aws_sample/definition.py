"""The sample's state machine, state by state as in its template.yaml (lines 79 to 151)."""

from __future__ import annotations

from typing import Any


def _choice(variable: str, equals: str, then: str, otherwise: str) -> dict[str, Any]:
    rule = {"Variable": variable, "StringEquals": equals, "Next": then}
    return {"Type": "Choice", "Choices": [rule], "Default": otherwise}


def _toggle(action: str, then: str, **more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "ToggleTrigger",
        "Parameters": [{"Action": action}],
        "Next": then,
        **more,
    }


DEFINITION: dict[str, Any] = {
    # Defect 1: there is no TimeoutSeconds here, and no Retry or Catch in any state below.
    "StartAt": "Check SQS Queue",
    "States": {
        "Check SQS Queue": {
            "Type": "Task",
            "Resource": "SQSPoller",
            "ResultPath": "$.messageinqueue",
            "Next": "Are there images to process?",
        },
        # Defect 1: an empty queue ends here, whether or not the model of a failed run is still on.
        "Are there images to process?": _choice(
            "$.messageinqueue", "incoming", "Start Model", "Finish"
        ),
        "Start Model": {
            "Type": "Task",
            "Resource": "StartModel",
            "ResultPath": "$.runningstatus",
            "Next": "Start States",
        },
        # Defect 4: FAILED, a refused start and a wrong version all wait and start again, uncounted.
        "Start States": _choice(
            "$.runningstatus", "RUNNING", "Enable SQS Trigger", "Wait for the model to start"
        ),
        "Wait for the model to start": {"Type": "Wait", "Seconds": 900, "Next": "Start Model"},
        "Enable SQS Trigger": _toggle(
            "enable", "Is another machine already running?", ResultPath="$.alreadyrunning"
        ),
        # Defect 1: a trigger left on by a failed run ends this one without a stop, too.
        "Is another machine already running?": _choice(
            "$.alreadyrunning", "Already_Running", "Finish", "Keep Model running for 1 hr"
        ),
        # Defect 7: 59 minutes are the least, and paid for whatever there is to do.
        "Keep Model running for 1 hr": {
            "Type": "Wait",
            "Seconds": 3540,
            "Next": "Check Queue Again",
        },
        "Check Queue Again": {
            "Type": "Task",
            "Resource": "SQSPoller",
            "ResultPath": "$.moremessagesinqueue",
            "Next": "Are there more images?",
        },
        # Defect 3: a message that always fails may bring another 59 minutes, for four days.
        "Are there more images?": _choice(
            "$.moremessagesinqueue", "stop", "Disable SQS Trigger", "Keep Model running for 1 hr"
        ),
        "Disable SQS Trigger": _toggle("disable", "Stop Model"),
        # Defect 2: nothing after this looks whether the model is down.
        "Stop Model": {"Type": "Task", "Resource": "StopModel", "Next": "Finish"},
        # Defect 11: no record of what was done or paid, nobody is told.
        "Finish": {"Type": "Succeed"},
    },
}
