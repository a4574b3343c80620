"""Watches the services' own meters and the lease while a case is played."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from types import TracebackType

from tests.local.model_faults.world import World
from tests.local.system import System
from tilescout_cli.stack import target
from tilescout_local.embedded_aws import EmbeddedAws

PERIOD = 0.2
"""The real seconds between two looks."""


@dataclass(frozen=True, slots=True)
class Look:
    """An observation at an emulated time: whether a run may detect, and the calls of the detector
    by then."""

    at: float
    may_detect: bool
    asked: int
    last_answered: float


@dataclass
class Watch:
    """A watch that observes all the time while it is entered."""

    project: str
    aws: EmbeddedAws | None = None
    looks: list[Look] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._over.set()
        self._thread.join()

    def _look_on(self) -> None:
        assert self.aws is not None
        own = World(System(self.aws, target.of_embedded(self.aws)))
        while not self._over.wait(PERIOD):
            self.looks.append(_look(own, self.project))

    def last_answer(self, begin: float, end: float) -> float:
        """Returns the last answer of a paid time, or its beginning."""
        found = [look.last_answered for look in self.looks if begin <= look.last_answered <= end]
        return max(found, default=begin)

    def asked_without_run(self) -> float:
        """Returns the seconds from the last look at a working lease to the latest call after it."""
        longest, working_at, asked = 0.0, 0.0, 0
        for look in self.looks:
            if look.asked > asked and working_at:
                longest = max(longest, look.at - working_at - self._gap(look))
            if look.may_detect:
                working_at = look.at
            asked = look.asked
        return max(0.0, longest)

    def _gap(self, look: Look) -> float:
        """Returns the time since the look before, at any moment of which the call may have been
        made."""
        number = self.looks.index(look)
        return look.at - self.looks[number - 1].at if number else 0.0


def _look(world: World, project: str) -> Look:
    meter, lease, now = world.meter(project), world.lease(project), world.now()
    return Look(
        at=now,
        may_detect=lease.may_detect(lease.token, int(now)),
        asked=meter["answered"] + meter["not_ready"] + meter["throttled"],
        last_answered=meter["last_answered"] or 0.0,
    )
