"""The arrows between the statuses of a document, as data.

The conditions of the changes, the picture in docs/statuses.md and the tests all read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tilescout.documents import ENDED, Status

MAX_RUNS_WITHOUT_PROGRESS = 3
"""A document is HELD after so many runs in a row that brought it no answer (rule 17)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """The statuses from which one decision leads on, and where to.

    ``sources`` is empty for new documents. ``targets`` tells for each status when it is chosen;
    the empty one stands for a document that is forgotten.
    """

    name: str
    sources: frozenset[Status] = frozenset()
    targets: Mapping[Status | str, str]


ACCEPT = Arrow(
    name="accept",
    targets={"ACCEPTED": "the upload can be read and fits its profile's limits and budget"},
)
REJECT = Arrow(
    name="reject",
    targets={"REJECTED": "the upload cannot be read, or breaks a limit of its profile"},
)
FINISH_TILING = Arrow(
    name="finish tiling",
    sources=frozenset({"ACCEPTED"}),
    targets={
        "QUEUED": "every page is tiled or given up",
        "WAITING_FOR_MODEL": "every page is tiled, and no version of its model is in use",
        "FAILED": "no page could be tiled",
    },
)
MODEL_ACTIVATED = Arrow(
    name="model activated",
    sources=frozenset({"WAITING_FOR_MODEL"}),
    targets={"QUEUED": "a version of its model is in use"},
)
CLAIM = Arrow(
    name="claim",
    sources=frozenset({"QUEUED", "RUNNING"}),
    targets={"RUNNING": "a run takes it, also from an earlier run that died"},
)
REQUEUE = Arrow(
    name="requeue",
    sources=frozenset({"RUNNING"}),
    targets={
        "QUEUED": "its run ends before it does",
        "HELD": f"{MAX_RUNS_WITHOUT_PROGRESS} runs in a row brought it no answer, or no result",
    },
)
FINISH = Arrow(
    name="finish",
    sources=frozenset({"RUNNING"}),
    targets={
        "DONE": "every page is merged, and nothing is missing",
        "PARTIAL": "every page is merged, and some tiles or pages are missing",
        "FAILED": "no tile was answered, and no page could be read without one",
    },
)
RETILE = Arrow(
    name="retile",
    sources=frozenset({"ACCEPTED", "RUNNING"}),
    targets={"ACCEPTED": "images of its tiles are gone"},
)
HOLD = Arrow(
    name="hold",
    sources=frozenset({"QUEUED", "RUNNING", "WAITING_FOR_MODEL"}),
    targets={
        "HELD": "its share of the model's cost is used up, its profile is gone, or it is removed"
    },
)
SUPERSEDE = Arrow(
    name="supersede",
    sources=frozenset({"ACCEPTED", "HELD", "QUEUED", "WAITING_FOR_MODEL"}),
    targets={"SUPERSEDED": "a newer version of its key was accepted, and no run has begun it"},
)
RETRY = Arrow(
    name="retry",
    sources=frozenset({"FAILED", "HELD", "PARTIAL", "SUPERSEDED"}),
    targets={"ACCEPTED": "a person has what is missing done again"},
)
FORGET = Arrow(
    name="forget",
    sources=frozenset({"REJECTED"}),
    targets={"": "a person has the upload judged again"},
)
REMOVE = Arrow(
    name="remove",
    sources=ENDED | {"HELD"},
    targets={"": "a person has removed everything that is stored of its object"},
)
ARROWS = (
    ACCEPT,
    REJECT,
    FINISH_TILING,
    MODEL_ACTIVATED,
    CLAIM,
    REQUEUE,
    FINISH,
    RETILE,
    HOLD,
    SUPERSEDE,
    RETRY,
    FORGET,
    REMOVE,
)
