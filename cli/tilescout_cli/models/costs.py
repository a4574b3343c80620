"""The cost of a model, from the call that starts it until it is seen down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from tilescout.aws.tables import lease_table, model_table
from tilescout.pricing import PriceTable
from tilescout.runs.lease_rules import Lease
from tilescout.runs.model_records import ModelStart
from tilescout.runs.records import Run
from tilescout_cli.console.terminal import counted, dollars
from tilescout_cli.stack.target import Stack

SECONDS_PER_DAY = 24 * 3600
"""No start lasts as long."""

Doing = Literal["", "starting", "running"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBill:
    """US dollars at list price for ``seconds`` with ``units`` inference units.

    ``doing`` is empty once the model is down.
    """

    units: int = 0
    seconds: int = 0
    usd: float = 0.0
    doing: Doing = ""

    def __bool__(self) -> bool:
        return bool(self.doing or self.seconds)

    def __add__(self, other: ModelBill) -> ModelBill:
        return ModelBill(
            units=max(self.units, other.units),
            seconds=self.seconds + other.seconds,
            usd=self.usd + other.usd,
            doing=self.doing or other.doing,
        )

    def __str__(self) -> str:
        so_far = " so far" if self.doing else ""
        return (
            f"{counted(self.units, 'unit')}, {lasting(self.seconds)}, {dollars(self.usd)}{so_far}"
        )


NO_BILL = ModelBill()


def lasting(seconds: float) -> str:
    """Returns a duration such as 45 s, 12 min or 3 h 05 min."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"


def of_run(stack: Stack, run: Run, now: int, prices: PriceTable) -> ModelBill:
    """Returns the bill of a run: its record once it is closed, until then its starts."""
    if run.closed_at:
        return ModelBill(units=run.units, seconds=run.model_seconds, usd=run.model_usd)
    lease = lease_table.read(stack.ledger, run.model)
    if not lease.version:
        return NO_BILL
    begun = starts(stack, lease, run.opened_at - SECONDS_PER_DAY)
    if lease.token != run.token:
        # A run that died is never closed: what others started since is not its.
        begun = [each for each in begun if each.run_id == run.id]
        return replace(total(begun, 0, now, prices), units=run.units)
    bill = total(begun, run.opened_at, now, prices)
    doing = _doing(current(begun, lease)) if lease.owned else ""
    return replace(bill, units=run.units or lease.units, doing=doing)


def so_far(stack: Stack, lease: Lease, now: int, prices: PriceTable) -> ModelBill:
    """Returns the bill of the model that is up, or an empty one where no owned model is."""
    latest = starts(stack, lease, lease.start_requested_at) if lease.owned else []
    bill = total(latest, 0, now, prices)
    doing = _doing(current(latest, lease)) if lease.owned else ""
    return replace(bill, doing=doing)


def starts(stack: Stack, lease: Lease, since: int) -> list[ModelStart]:
    """Returns starts of the project from ``since`` on, oldest first, with known ends.

    The one that is up is known by the lease; its row is written a moment later.
    """
    found = {
        each.requested_at: each
        for each in model_table.starts(stack.ledger, lease.model, since=since)
        if each.stopped_at or (lease.owned and each.requested_at == lease.start_requested_at)
    }
    if lease.owned and lease.start_requested_at >= since:
        found.setdefault(lease.start_requested_at, _of_lease(lease))
    return [found[moment] for moment in sorted(found)]


def _of_lease(lease: Lease) -> ModelStart:
    return ModelStart(
        project=lease.model,
        version_arn=lease.version,
        units=lease.units,
        requested_at=lease.start_requested_at,
    )


def current(begun: Iterable[ModelStart], lease: Lease) -> ModelStart | None:
    """Returns the start that the lease tells of; None where no owned model is up."""
    if not lease.owned:
        return None
    return next((each for each in begun if each.requested_at == lease.start_requested_at), None)


def _doing(start: ModelStart | None) -> Doing:
    return "running" if start and start.running_at else "starting"


def total(begun: Iterable[ModelStart], begin: int, end: int, prices: PriceTable) -> ModelBill:
    """Returns seconds and dollars of the starts between two times."""
    paid = [(each.units, each.seconds(begin, end)) for each in begun]
    return ModelBill(
        units=max((units for units, _ in paid), default=0),
        seconds=sum(seconds for _, seconds in paid),
        usd=sum(prices.model_time(units, seconds) for units, seconds in paid),
    )
