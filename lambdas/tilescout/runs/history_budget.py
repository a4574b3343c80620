"""How many turns the loops of an execution may take of the events that its history holds.

Each limit counts all turns of the execution so far, whichever loop took them. Detecting ends
first, so that merging, stopping the model and closing the run have what is left.
"""

from __future__ import annotations

MAX_EVENTS = 25_000
"""Step Functions fails an execution whose history grows beyond this quota:
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""
EVENTS_PER_TURN = 9
"""Events that one turn of a loop adds: its task has five, its choice and its wait two each."""
CLOSING_EVENTS_PER_TURN = 7
"""Events that one turn of CloseRun adds: it does not wait."""

MAX_DETECTING_TURNS = 2_000
"""After these no more tiles are detected."""
MAX_MERGING_TURNS = 2_600
"""After these the pages that are not merged are left to the next run."""
SPARED_MERGING_TURNS = 700
"""The last turns of merging are spread over the time that is left. At the longest wait they last
16 hours and an execution lasts 12, so pages run out of turns only where other loops used them up.
"""
MAX_STOPPING_TURNS = 2_730
"""After these a model that is not down is left to the guard. Counted from the last turn of
detecting, they suffice for a model that takes two hours to start and cannot be stopped before.
"""
MAX_CLOSING_TURNS = 2_750
"""After these no tile is forgiven and no more cost is shared: the lease is released at once."""
