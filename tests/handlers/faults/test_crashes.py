"""The process dies once before or after each call that changes something, or its reply is lost;
or a call that only reads fails or times out. The end is the same, in every table.

Dying at a call that only reads, before or after it, leaves what dying before the next call that
changes something does, and is not made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws

from tests.handlers.account import Account
from tests.handlers.between import Crash, Failure, crash_at, detector, failure_at, reply_lost_at
from tests.handlers.papers import drawing_of, upload_event
from tests.handlers.runs import Clock, Run, answers, clock, queued
from tests.handlers.snapshots import Beginning, beginning
from tilescout import keys
from tilescout.errors import LeaseLost

NOW = 1_800_000_000
KEY = "incoming/text/sheet.pdf"
NEVER = 10_000
Fault = Callable[[int], AbstractContextManager[list[str]]]
DIED = (Crash, Failure, ReadTimeoutError, BatchProcessingError)
FAULTS = [
    pytest.param(crash_at, id="died before"),
    pytest.param(partial(crash_at, after=True), id="died after", marks=pytest.mark.long),
    pytest.param(reply_lost_at, id="reply lost", marks=pytest.mark.long),
]
READ_FAULTS = [
    pytest.param(failure_at, id="failed"),
    pytest.param(reply_lost_at, id="timed out", marks=pytest.mark.long),
]
READS = {"GetItem", "Query", "HeadObject", "GetObject", "ListObjectVersions", "ListObjectsV2"}
ASK = "DetectDocumentText"


class Abandoned(Exception):
    """The run's execution was aborted where its function died."""


def twice(act: Callable[[], Any]) -> Any:
    """What a queue or a retrier does: once more, where the function died."""
    try:
        return act()
    except DIED:
        return act()


def intake(account: Account) -> str:
    version = account.upload(KEY, drawing_of("A"))
    twice(lambda: account.deliver("accept_document", upload_event(KEY, version)))
    for body in account.received("pages"):
        twice(lambda body=body: account.deliver("tile_page", body))  # type: ignore[misc]
    return keys.document_id("documents-bucket", KEY, version)


def ledger_of(account: Account, document: str) -> list[tuple[Any, ...]]:
    """What the ledger says of the document, but how often it took."""
    told = ("pk", "sk", "state", "planned", "answered", "failed", "tiled", "tiles", "seen")
    rows = [row for row in account.ledger.scan()["Items"] if document in row["pk"]]
    return sorted(tuple(str(row.get(name)) for name in told) for row in rows)


def record_of(account: Account, document: str) -> dict[str, Any]:
    changing: tuple[str, ...] = (
        "uploaded_at",
        "accepted_at",
        "queued_at",
        "ended_at",
        "due",
        "run_id",
        "version",
        "id",
    )
    changing += ("claim_token", "result_id", "runs_without_progress", "replaced", "announced")
    return {k: v for k, v in account.document(document).items() if k not in changing}


def changes(made: list[str]) -> list[int]:
    """Numbers of the calls that change something, and one that never comes."""
    return [n for n, name in enumerate(made, start=1) if name not in READS] + [NEVER]


def reads(made: list[str]) -> list[int]:
    """Numbers of the calls that only read."""
    return [n for n, name in enumerate(made, start=1) if name in READS]


def firsts(made: list[str]) -> list[int]:
    """Of those, the first that follows each kind of call: what fits into seconds."""
    return sorted({(made[n - 2], made[n - 1]): n for n in reversed(reads(made))}.values())


def intake_dying(call: int, fault: Fault) -> tuple[str, list[str]]:
    with mock_aws(), fault(call) as made:
        account = Account.create()
        document = intake(account)
        row = record_of(account, document)
        assert row["status"] == "QUEUED"
        told = str(sorted(row.items())) + str(ledger_of(account, document))
        return told.replace(document, "D"), list(made)


@pytest.mark.fault("R12")
@pytest.mark.parametrize("fault", FAULTS)
def test_intake_ends_the_same_wherever_it_dies(fault: Fault) -> None:
    end, made = intake_dying(NEVER, fault)
    calls = changes(made)
    assert {intake_dying(call, fault)[0] for call in calls} == {end}
    assert len(calls) >= 10


@pytest.mark.fault("R12")
@pytest.mark.parametrize("fault", READ_FAULTS)
def test_intake_ends_the_same_whichever_read_fails(fault: Fault) -> None:
    end, made = intake_dying(NEVER, fault)
    calls = reads(made)
    assert {intake_dying(call, fault)[0] for call in calls} == {end}
    assert {made[call - 1] for call in calls} >= {"HeadObject", "GetObject", "GetItem", "Query"}


def step(run: Run, name: str, *, retry: bool) -> str:
    try:
        found: str = run.step(name)["next"]
    except DIED:
        if not retry:
            raise Abandoned from None
        found = run.step(name)["next"]
    return found


def work_off(account: Account) -> list[str]:
    """Hints worked off; those of merges that died, which come again much later."""
    died = []
    for body in account.received("tiles"):
        twice(lambda body=body: account.deliver("detect_tile", body))  # type: ignore[misc]
    for body in account.received("merges"):
        try:
            account.deliver("merge_page", body)
        except DIED:
            died.append(body)
    return died


def go(run: Run, time: Clock, died: list[str], *, retry: bool) -> None:
    """The workflow's way through its states; each turn takes as long as a reservation."""
    if step(run, "OpenRun", retry=retry) != "StartModel":
        return
    step(run, "StartModel", retry=retry)
    while not step(run, "DetectTiles", retry=retry):
        died += work_off(run.account)
        time.now += 125
    step(run, "StopModel", retry=retry)
    while not step(run, "MergePages", retry=retry):
        died += work_off(run.account)
        time.now += 20
    step(run, "CloseRun", retry=retry)


def through(account: Account, time: Clock, document: str, *, retry: bool) -> None:
    """Runs by the schedule until the document has ended; then what the queue still holds."""
    died: list[str] = []
    for number in range(6):
        try:
            go(Run(account, execution=f"run-{number}"), time, died, retry=retry)
        except (Abandoned, LeaseLost):
            time.now += 250
        if account.document(document)["status"] == "DONE":
            break
    time.now += 720
    for body in died:
        account.deliver("merge_page", body)


def found_in(account: Account, document: str) -> list[str]:
    """What readers see, and what is left of the work; but for the number of the claim."""
    seen = ("page", "label", "text", "confidence", "box_px", "tiles", "document_id")
    rows = [str([row.get(name) for name in seen]) for row in account.detections.scan()["Items"]]
    ledger = [row for row in ledger_of(account, document) if "MERGED#" not in row[1]]
    return sorted(rows) + [str(row) for row in ledger]


@dataclass(frozen=True)
class Ended:
    """What is in the tables and the bucket, and all calls.

    The detector was ``asked`` so often; the document's record tells of so many ``billed`` calls.
    """

    told: str
    asked: int
    billed: int
    made: list[str]

    @property
    def commit(self) -> range:
        """Calls from the ask to the tile's row: who dies at one of these may have paid in vain."""
        ask = self.made.index(ASK) + 1
        return range(ask, self._committed(ask))

    @property
    def attempt(self) -> range:
        """Calls from the tile's reservation to its row: an ask may have been made by then."""
        ask = self.made.index(ASK) + 1
        reserved = max(n for n, name in enumerate(self.made[:ask], start=1) if name == "PutItem")
        return range(reserved, self._committed(ask))

    def _committed(self, ask: int) -> int:
        return self.made.index("UpdateItem", ask) + 2


def run_dying(begun: Beginning[str], call: int, fault: Fault, *, retry: bool) -> Ended:
    with clock(NOW) as time, detector(answers) as asked:
        account, document = begun.again()
        with fault(call) as made:
            through(account, time, document, retry=retry)
        row = record_of(account, document)
        assert row["status"] == "DONE", f"after a crash at call {call} of {made}"
        assert row["clean_after"] == 0
        sets = {each["result_id"] for each in account.detections.scan()["Items"]}
        assert sets == {account.document(document)["result_id"]}
        billed = int(row.pop("calls"))
        assert row.pop("spent_usd") == billed * row["price_per_call"]
        told = str(sorted(row.items())) + str(found_in(account, document))
        return Ended(told, len(asked), billed, list(made))


@pytest.fixture
def waiting() -> Iterator[Beginning[str]]:
    """A document of one tile that waits for a run."""
    with clock(NOW), beginning(lambda account: queued(account, tiles=1)) as begun:
        yield begun


def assert_same_end(
    begun: Beginning[str], calls: list[int], clean: Ended, fault: Fault, *, retry: bool
) -> None:
    """A tile is billed once, and once more for the worker that died before its commit (rule 19).

    The record tells of every ask, and of one that the worker which died may have made.
    """
    assert (clean.asked, clean.billed) == (1, 1)
    for call in calls:
        ended = run_dying(begun, call, fault, retry=retry)
        assert ended.told == clean.told, f"call {call}, {clean.made[call - 1]}"
        assert ended.asked <= 1 + (call in clean.commit), f"call {call} of {clean.made}"
        most = 1 + (call in clean.attempt)
        assert ended.asked <= ended.billed <= most, f"call {call} of {clean.made}"


RETRIED = pytest.mark.parametrize("retry", [True, False], ids=["retried", "aborted"])


@pytest.mark.fault("R12", "S6")
@pytest.mark.parametrize("fault", FAULTS)
@RETRIED
def test_a_run_ends_the_same_wherever_it_dies(
    waiting: Beginning[str], retry: bool, fault: Fault
) -> None:
    clean = run_dying(waiting, NEVER, fault, retry=retry)
    calls = changes(clean.made)[:-1]
    assert_same_end(waiting, calls, clean, fault, retry=retry)
    assert len(calls) >= 30


@pytest.mark.fault("R12")
@RETRIED
def test_a_run_ends_the_same_whichever_kind_of_read_fails(
    waiting: Beginning[str], retry: bool
) -> None:
    clean = run_dying(waiting, NEVER, failure_at, retry=retry)
    assert_same_end(waiting, firsts(clean.made), clean, failure_at, retry=retry)


@pytest.mark.long
@pytest.mark.fault("R12")
@pytest.mark.parametrize("fault", READ_FAULTS)
@RETRIED
def test_a_run_ends_the_same_whichever_read_fails(
    waiting: Beginning[str], retry: bool, fault: Fault
) -> None:
    clean = run_dying(waiting, NEVER, fault, retry=retry)
    calls = reads(clean.made)
    assert_same_end(waiting, calls, clean, fault, retry=retry)
    assert len(calls) >= 30
