"""Leases in the ledger table, changed by compare-and-swap of pure decisions."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from tilescout import keys
from tilescout.aws.items import from_item, to_item
from tilescout.aws.requests import conditional, rows_of
from tilescout.errors import LeaseLost
from tilescout.runs.lease_rules import Lease

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

SWAP_TRIES = 5


def read(ledger: Table, model: str) -> Lease:
    """Reads a lease consistently; one that was never taken has no owner and token 0."""
    item = ledger.get_item(Key=keys.lease(model), ConsistentRead=True).get("Item")
    return from_item(Lease, item) if item else Lease(model=model)


def every(ledger: Table) -> list[Lease]:
    """Reads all leases consistently, also of models that no profile uses any more."""
    return [from_item(Lease, row) for row in rows_of(ledger, keys.LEASES)]


COMPARED = (
    "token",
    "owner",
    "expires_at",
    "phase",
    "owned",
    "version",
    "units",
    "starts",
    "start_requested_at",
    "stop_requested_at",
)
"""Attributes on which decisions rest; the others change only together with these."""


def _unchanged(old: Lease) -> ConditionBase:
    if old == Lease(model=old.model):
        return Attr("pk").not_exists()
    same = (_holds(name, getattr(old, name)) for name in COMPARED)
    return reduce(operator.and_, same)


def _holds(name: str, value: Any) -> ConditionBase:
    """Returns the condition for one attribute, which older rows lack where it is its default."""
    holds: ConditionBase = Attr(name).eq(value)
    return holds if value else holds | Attr(name).not_exists()


@conditional
def _swap(ledger: Table, old: Lease, new: Lease) -> None:
    row = to_item(new) | keys.lease(new.model)
    ledger.put_item(Item=row, ConditionExpression=_unchanged(old))


def change(ledger: Table, model: str, decide: Callable[[Lease], Lease | None]) -> Lease | None:
    """Applies ``decide`` to the lease as it is, and writes what it returns.

    Returns the lease as written, or None where ``decide`` leaves it alone. Raises LeaseLost where
    others change it again and again meanwhile, and what ``decide`` raises.
    """
    return exchange(ledger, model, decide)[1]


def exchange(
    ledger: Table, model: str, decide: Callable[[Lease], Lease | None]
) -> tuple[Lease, Lease | None]:
    """Does what ``change`` does; returns the lease as it was read, too."""
    for _ in range(SWAP_TRIES):
        old = read(ledger, model)
        new = decide(old)
        if new is None or new == old or _swap(ledger, old, new):
            return old, new
    raise LeaseLost(f"the lease of {model} changed {SWAP_TRIES} times while it was being written")
