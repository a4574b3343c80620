"""The guard's duty to models in use: once per day it tells of drawings that have changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from tilescout.aws import clients
from tilescout.aws.documents.events import tell_of_changed_drawings
from tilescout.aws.tables import figures_table, model_table
from tilescout.errors import EventNotSent
from tilescout.profiles import Profile

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_events import EventBridgeClient

logger = Logger(child=True)

SECONDS_PER_DAY = 24 * 3600


def is_due(now: int) -> bool:
    """Returns True in the first minute of every day (UTC)."""
    return now % SECONDS_PER_DAY < 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftGuard:
    """Compares the documents of the last days with the first ones of the version in use."""

    ledger: Table
    events: EventBridgeClient
    machine: str
    now: int
    has_time: Callable[[], bool]

    def drifted(self, profiles: Iterable[Profile]) -> int:
        """Returns how many of the profiles with a model have figures that moved, and tells of each.

        Where that fails for one of them, for instance with EventNotSent, the others are looked at
        before its error is raised.
        """
        watched = [profile for profile in profiles if profile.needs_version]
        looks = [self._look(profile) for profile in watched if self.has_time()]
        for look in looks:
            if isinstance(look, Exception):
                raise look
        return looks.count(True)

    def _look(self, profile: Profile) -> bool | Exception:
        try:
            return self._has_drifted(profile)
        except (EventNotSent, *clients.ERRORS) as error:
            logger.error(
                "the drawings of a profile were not compared",
                profile=profile.name,
                error=str(error),
            )
            return error

    def _has_drifted(self, profile: Profile) -> bool:
        in_use = model_table.in_use(self.ledger, profile.model_project)
        if in_use is None:
            return False
        sides = figures_table.sides(
            self.ledger, profile.name, in_use.version_arn, in_use.used_since, self.now
        )
        moved = [change.name for change in sides.moved()]
        if moved:
            logger.warning("the drawings have changed", profile=profile.name, figures=moved)
            tell_of_changed_drawings(self.events, self.machine, profile.name, moved)
        return bool(moved)
