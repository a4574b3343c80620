"""The table of faults: for every state of a run, every control call, the model, and the guard."""

from __future__ import annotations

from tests.local.model_faults.case import Case
from tests.local.model_faults.cases.calls import OF_CALLS, OF_STATES
from tests.local.model_faults.cases.models import OF_MODEL
from tests.local.model_faults.cases.runs import OF_GUARD, OF_RUNS

UNDISTURBED = Case(kind="no fault", name="undisturbed", when="begun")
CASES = [UNDISTURBED, *OF_STATES, *OF_CALLS, *OF_MODEL, *OF_RUNS, *OF_GUARD]

QUICK = {
    "StartModel: aborted",
    "StopModel: reply lost",
    "DetectCustomLabels: worker killed after",
    "lease's PutItem: lost when the start is requested",
    "model: stopped by hand in the middle of a run",
    "started by hand: between our look and our Start",
    "LimitExceeded: two other models run",
    "two runs: two executions at once",
    "guard: killed after Stop",
}
"""One case of each class, for every check."""
