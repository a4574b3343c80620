"""Faults of a model by itself, by hand, and for lack of room."""

from __future__ import annotations

from typing import Any

from tests.local.model_faults import actions
from tests.local.model_faults.calls import HELD, SLOW_DETECTOR, START
from tests.local.model_faults.case import Case
from tests.local.model_faults.world import SHARING, START_MINUTES

SLOW_START = {"start_delay": 120}
IN_USE: dict[str, Any] = {"stop_while_starting": "refused"}
STARTING = {"more_seconds": 120.0, "more_words": "what is left of STARTING"}

OF_MODEL = [
    Case(kind="model", name="start ends FAILED", when="starting", model={"next_start": "FAILED"}),
    Case(
        kind="model",
        name="FAILED in the middle of a run",
        faults=(SLOW_DETECTOR,),
        when="answering",
        act=actions.fail,
    ),
    Case(
        kind="model",
        name="stuck STARTING, Stop accepted",
        when="starting",
        model={"next_start": "STUCK"},
        more_seconds=60 * START_MINUTES,
        more_words="start_minutes",
    ),
    Case(
        kind="model",
        name="stuck STARTING, Stop refused until it is up",
        when="starting",
        act=actions.come_up_at_last,
        model={"next_start": "STUCK", **IN_USE},
        more_seconds=60 * START_MINUTES + 120,
        more_words="start_minutes + what is left of STARTING",
    ),
    Case(
        kind="model",
        name="aborted while STARTING, Stop accepted",
        when="starting",
        act=actions.abort,
        model=SLOW_START,
        owner="dead",
    ),
    Case(
        kind="model",
        name="aborted while STARTING, Stop refused",
        when="starting",
        act=actions.abort,
        model=SLOW_START | IN_USE,
        owner="dead",
        **STARTING,  # type: ignore[arg-type]
    ),
    Case(
        kind="model",
        name="stopped by hand while STARTING",
        when="starting",
        act=actions.stop_by_hand,
        model=SLOW_START,
    ),
    Case(
        kind="model",
        name="stopped by hand in the middle of a run",
        faults=(SLOW_DETECTOR,),
        when="answering",
        act=actions.stop_by_hand,
    ),
    Case(
        kind="model",
        name="EXPIRED before the run",
        prepare=actions.expire,
        when="begun",
        clear=actions.mend,
    ),
    Case(
        kind="model",
        name="EXPIRED for good",
        prepare=actions.expire,
        when="begun",
        ends="HELD",
    ),
    Case(
        kind="model",
        name="EXPIRED in the middle of a run",
        faults=(SLOW_DETECTOR,),
        when="answering",
        act=actions.expire,
        clear=actions.mend,
    ),
    Case(
        kind="started by hand",
        name="RUNNING before, not to be shared",
        prepare=actions.start_and_wait,
        when="begun",
        clear=actions.stop_unmanaged_models,
        unmanaged=True,
    ),
    Case(
        kind="started by hand",
        name="STARTING before, not to be shared",
        prepare=actions.start_by_hand,
        when="begun",
        clear=actions.stop_unmanaged_models,
        unmanaged=True,
    ),
    Case(
        kind="started by hand",
        name="RUNNING before, shared and left running",
        project=SHARING,
        prepare=actions.start_and_wait,
        when="begun",
        unmanaged=True,
    ),
    Case(
        kind="started by hand",
        name="STARTING before, shared and left running",
        project=SHARING,
        prepare=actions.start_by_hand,
        when="begun",
        unmanaged=True,
    ),
    Case(
        kind="started by hand",
        name="between our look and our Start",
        faults=(START | {"delay_seconds": HELD},),
        act=actions.start_by_hand,
        clear=actions.stop_unmanaged_models,
        unmanaged=True,
    ),
    Case(
        kind="LimitExceeded",
        name="two other models run",
        prepare=actions.fill_the_account,
        when="begun",
        clear=actions.empty_the_account,
    ),
    Case(
        kind="throttling",
        name="half of the tiles are too many",
        when="model is up",
        model={"tiles_per_second_per_unit": 0.2},
    ),
]
