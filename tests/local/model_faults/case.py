"""A case of the table, and the bounds that rule 10 of docs/protocol.md sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.local.model_faults.calls import Fault
from tests.local.model_faults.world import ALONE, STOP_SECONDS, World
from tilescout.runs.lease_rules import GRACE, MAX_WAIT, TTL

GUARD_PERIOD = 60

Act = Callable[[World, str, list[str]], None]
"""A function of the world, the project and the executions that were started."""
Owner = Literal["alive", "dead", "silent", "late guard"]
When = Literal["begun", "taken", "starting", "answering", "model is up"]

BOUNDS: dict[Owner, tuple[str, float]] = {
    "alive": ("longest Wait + STOPPING", MAX_WAIT + STOP_SECONDS),
    "dead": ("2 guard periods + GRACE + STOPPING", 2 * GUARD_PERIOD + GRACE + STOP_SECONDS),
    "silent": (
        "TTL + GRACE + guard period + STOPPING", TTL + GRACE + GUARD_PERIOD + STOP_SECONDS,
    ),
}  # fmt: skip
"""The bounds in words and in seconds, from the fault or the last answer until the model is
STOPPED."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One fault and what must hold in spite of it.

    ``faults`` are given before the run starts, and ``act`` is done ``when`` something holds: at
    "taken" the last of the faults was met. That moment is the fault's. ``model`` sets how the
    model behaves. ``clear`` removes what hinders the next run. ``more_seconds`` are of STARTING
    that nobody could cut short, or of a guard that was kept from looking.

    ``more_calls`` beyond one a tile are billed: answers that were lost, workers killed.
    ``unmanaged``: somebody else's model is up when the faulted run is over, and must be. ``ends``:
    what becomes of the document by further runs, none of them hindered unless it is HELD.
    """

    kind: str
    name: str
    faults: tuple[Fault, ...] = ()
    prepare: Act | None = None
    launches: int = 1
    when: When = "taken"
    act: Act | None = None
    clear: Act | None = None
    model: dict[str, Any] = field(default_factory=dict)
    project: str = ALONE
    owner: Owner = "alive"
    more_seconds: float = 0.0
    more_words: str = ""
    more_calls: int = 0
    unmanaged: bool = False
    ends: str = "DONE"

    @property
    def id(self) -> str:
        return f"{self.kind}: {self.name}"

    @property
    def bound(self) -> float:
        return BOUNDS[self.owner][1] + self.more_seconds

    @property
    def bound_words(self) -> str:
        words = BOUNDS[self.owner][0]
        return f"{words} + {self.more_words}" if self.more_words else words
