"""The status of a project's model: active version, what AWS shows, the lease, the price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tilescout.aws.tables import document_table, lease_table, model_table
from tilescout.pricing import PriceTable
from tilescout.runs.lease_rules import GRACE, GUARD, Lease
from tilescout.runs.model_records import ModelInUse, ModelStart, version_name
from tilescout_cli.console.tables import time_of_day
from tilescout_cli.console.terminal import counted, dollars
from tilescout_cli.models import costs
from tilescout_cli.models import versions as model_versions
from tilescout_cli.models.costs import ModelBill
from tilescout_cli.models.versions import Version
from tilescout_cli.stack.target import Stack

DAYS = 30
LATEST_STARTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """The status of a model.

    ``versions`` are those active, leased or up, as AWS shows them; ``bill`` is that of the owned
    model that is up, ``month`` of all starts of 30 days; ``waiting`` documents have no version.
    """

    project: str
    in_use: ModelInUse | None
    lease: Lease
    versions: tuple[Version, ...]
    bill: ModelBill
    starts: tuple[ModelStart, ...]
    month: ModelBill
    waiting: int

    def is_owned(self, version: Version) -> bool:
        return self.lease.owned and version.arn == self.lease.version

    def unmanaged(self) -> tuple[Version, ...]:
        """Returns versions that are up and were not started by Tilescout."""
        return tuple(each for each in self.versions if each.is_up and not self.is_owned(each))


def look(stack: Stack, project: str, now: int, prices: PriceTable) -> ModelStatus:
    lease = lease_table.read(stack.ledger, project)
    in_use = model_table.in_use(stack.ledger, project)
    begun = costs.starts(stack, lease, now - DAYS * costs.SECONDS_PER_DAY)
    waiting = document_table.with_status(stack.documents, "WAITING_FOR_MODEL", project)
    return ModelStatus(
        project=project,
        in_use=in_use,
        lease=lease,
        versions=tuple(_shown(stack, project, in_use, lease)),
        bill=costs.so_far(stack, lease, now, prices),
        starts=tuple(reversed(begun)),
        month=costs.total(begun, 0, now, prices),
        waiting=sum(1 for _ in waiting),
    )


def _shown(
    stack: Stack, project: str, in_use: ModelInUse | None, lease: Lease
) -> Iterator[Version]:
    rekognition = stack.clients.rekognition
    arn = in_use.project_arn if in_use else model_versions.find_project(rekognition, project)
    known = {lease.version if lease.owned else "", in_use.version_arn if in_use else ""}
    for version in model_versions.versions(rekognition, arn) if arn else ():
        if version.may_cost or version.arn in known:
            yield version


def holder(lease: Lease, now: int) -> str:
    """Returns who has the lease, in words."""
    who = owner(lease.owner)
    if lease.is_live(now):
        doing = "works" if lease.phase == "working" else "is closing"
        doing = "stops the model" if lease.owner.startswith(GUARD) else doing
        return f"{who} {doing}, until {time_of_day(lease.expires_at)} unless it goes on"
    if lease.owner and not lease.is_free(now):
        free = time_of_day(lease.expires_at + GRACE)
        return f"{who} lost it; nobody may take it before {free}"
    return "nobody; the guard stops the model within minutes" if lease.owned else "nobody"


def owner(name: str) -> str:
    """Returns the run (by the end of its execution's ARN) or the guard, in words."""
    if not name:
        return "nobody"
    return "the guard" if name.startswith(GUARD) else f"run {name.rsplit(':', 1)[-1]}"


def version_words(status: ModelStatus, version: Version) -> str:
    """Returns words such as "v1 RUNNING, 2 units, owned"."""
    words = [f"{version.name} {version.status}"]
    if version.is_up or version.status == "STOPPING":
        words += [counted(version.units, "unit")]
        words += ["owned" if status.is_owned(version) else "unmanaged"]
    return ", ".join(words) + (f" ({version.message})" if version.message else "")


def start_words(start: ModelStart, now: int, prices: PriceTable) -> str:
    """Returns words such as "v1, 2 units, 22 min, $2.93, stopped by the guard"."""
    name, units = version_name(start.version_arn), counted(start.units, "unit")
    if start.refused:
        return f"{name}, {units}, refused ({start.refused})"
    bill = costs.total([start], 0, now, prices)
    lasted = f"{costs.lasting(bill.seconds)}, {dollars(bill.usd)}"
    return f"{name}, {units}, {lasted}, {_end(start)}"


def _end(start: ModelStart) -> str:
    if not start.stopped_at:
        return "still up"
    by = start.stopped_by
    # Not every end has an owner of the lease: a next start may have seen it down.
    is_owner = by.startswith(("arn:", GUARD))
    return f"stopped by {owner(by)}" if is_owner else by or "stopped"
