"""How many invocations each queue may cause at once, so that a run and the guard find room.

Lambda takes up to 1,000 messages of a queue at once: one bulk upload would fill an account. Each
queue has a cap, and the caps together leave room for the two functions that no queue feeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from infra.config.errors import BrokenRule

MIN_CAP = 2
"""The least that an SQS event source mapping takes for MaximumConcurrency."""
KEPT = 2
"""Executions that stay free of queues: one for the guard, one for the step of a run."""
MIN_UNRESERVED = 100
"""AWS refuses a reservation that leaves an account fewer executions than this."""
USEFUL_CAPS = {
    "DocumentsQueue": 20,
    "PagesQueue": 50,
    "TilesQueue": 40,
    "OnnxTilesQueue": 10,
    "MergesQueue": 10,
    "DocumentsDeadLetters": 2,
    "PagesDeadLetters": 2,
}
"""The cap of each queue in a large account: what the quotas of the detectors keep busy."""
PARTITION_ROWS_PER_SECOND = 1000
"""Rows that one partition of a DynamoDB table takes per second, of up to 1 kB each."""
MIN_ROWS_PER_SECOND = 50
"""A page of 20,000 detections is written within the time of its function all the same."""


def queue_caps(account_concurrency: int, chosen: Mapping[str, int]) -> dict[str, int]:
    """Returns the largest number of invocations that each queue may cause at once.

    ``chosen`` has the caps that were set, by queue. The others share what an account with
    ``account_concurrency`` executions has left, in the proportion of their useful caps.

    Raises BrokenRule if the caps leave no room for a run and the guard.
    """
    open_queues = {name: cap for name, cap in USEFUL_CAPS.items() if name not in chosen}
    room = account_concurrency - KEPT - sum(chosen.values()) - MIN_CAP * len(open_queues)
    if room < 0 and any(cap > MIN_CAP for cap in chosen.values()):
        raise BrokenRule(
            f"the caps of the queues, at least {MIN_CAP} each, leave {KEPT} executions of "
            "account_concurrency to the guard and to a run",
            f"account_concurrency is {account_concurrency}, and "
            f"{account_concurrency - room} are needed",
            "lower the caps, or raise account_concurrency to the quota of the account",
        )
    wanted = sum(cap - MIN_CAP for cap in open_queues.values())
    share = min(1.0, max(0, room) / wanted) if wanted else 0.0
    shared = {name: MIN_CAP + int(share * (cap - MIN_CAP)) for name, cap in open_queues.items()}
    return shared | dict(chosen)


def rows_per_second(merges: int) -> int:
    """Returns how fast one of ``merges`` pages of a document may write its detections.

    All pages of one document write to one partition.
    """
    return max(MIN_ROWS_PER_SECOND, PARTITION_ROWS_PER_SECOND // merges)


def check_reserved(account_concurrency: int, reserved: Sequence[int]) -> None:
    """Raises BrokenRule for reservations that AWS would refuse while it deploys."""
    left = account_concurrency - sum(reserved)
    if reserved and left < MIN_UNRESERVED:
        raise BrokenRule(
            f"reserved_concurrency leaves {MIN_UNRESERVED} executions of account_concurrency to "
            "all other functions, or AWS refuses it",
            f"account_concurrency is {account_concurrency}, and {left} are left",
            "reserve less, or raise account_concurrency to the quota of the account",
        )
