"""An account brought to a point once, and put back there before each fault that is tried."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition
from typing import Any, Generic, TypeVar

from moto import mock_aws
from moto.backends import get_backend
from moto.core import base_backend

from tests.handlers.account import ACCOUNT, Account

Made = TypeVar("Made")
State = list[dict[str, Any]]


@dataclass(frozen=True)
class Beginning(Generic[Made]):
    """What the set-up made, and all that moto held then."""

    account: Account
    made: Made
    _held: State

    def again(self) -> tuple[Account, Made]:
        """The account as it was at the beginning."""
        for backend, state in zip(_backends(), _copied(self._held), strict=True):
            backend.__dict__.clear()
            backend.__dict__.update(state)
        return self.account, self.made


@contextmanager
def beginning(set_up: Callable[[Account], Made]) -> Iterator[Beginning[Made]]:
    """The account that ``set_up`` is given, and what it makes of it."""
    with mock_aws():
        account = Account.create()
        made = set_up(account)
        held = _copied([backend.__dict__ for backend in _backends()])
        yield Beginning(account, made, held)


def _backends() -> list[Any]:
    services = (get_backend(name)[ACCOUNT] for name in ("dynamodb", "s3", "sqs"))
    return [backend for regions in services for backend in regions.values()]


def _copied(states: State) -> State:
    """Copies of all but the backends themselves and locks, to which what they hold refers."""
    queues = [queue for state in states for queue in state.get("queues", {}).values()]
    locks = [each for queue in queues for each in vars(queue).values() if type(each) is Condition]
    kept = [*_backends(), base_backend.backend_lock, *locks]
    memo = {id(each): each for each in kept}
    for bucket in (bucket for state in states for bucket in state.get("buckets", {}).values()):
        # Copied as any dictionary it would keep the newest version of a key only.
        versions = memo[id(bucket.keys)] = type(bucket.keys)()
        for key in list(bucket.keys):
            versions.setlist(key, copy.deepcopy(bucket.keys.getlist(key), memo))
    return copy.deepcopy(states, memo)
