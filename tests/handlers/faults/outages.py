"""The handlers, queues, guard and workflow of one account in virtual time, with one outage.

Functions are called as AWS would call them: queues deliver again after their visibility and move
a message to the dead letters after five receives, the guard looks each minute, and an execution
follows the states of the workflow's definition with its retries and catches. An error that no
outage explains is a fault of the function, and ends the test.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import boto3
import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from boto3.exceptions import Boto3Error
from botocore.awsrequest import AWSResponse
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from benchmarks.simulation.clock import Clock, Sleeping
from tests.handlers.account import ENVIRONMENT, Account, sqs_event
from tests.handlers.between import Body, detector, hooked
from tests.handlers.papers import drawing_of, upload_event
from tests.handlers.runs import one_word
from tilescout import keys
from tilescout.aws.tables import page_table
from tilescout.errors import TilescoutError

Service = Literal["s3", "dynamodb", "detector", "lambda"]
Manner = Literal["refuses", "is slow"]
DEFINITION = Path(__file__).parents[3] / "statemachine/detection_run.asl.json"
STATES: dict[str, Any] = json.loads(DEFINITION.read_text())["States"]
KEY = "incoming/text/sheet.pdf"
PAGES = 2
TILES = 2 * PAGES
OUTAGE_SECONDS = 40 * 60
SOURCES = {
    # Function, seconds until a message is delivered again, receives until it is a dead letter.
    "documents": ("accept_document", 720, 5),
    "pages": ("tile_page", 1800, 5),
    "tiles": ("detect_tile", 360, 1_000),
    "merges": ("merge_page", 3600, 1_000),
}
REFUSALS = {
    "s3": (503, b"<Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>"),
    "dynamodb": (400, b'{"__type": "ProvisionedThroughputExceededException", "message": "x"}'),
}


@dataclass
class World:
    """One document on its way. The outage begins once ``stage`` says so."""

    account: Account
    service: Service
    manner: Manner
    stage: Callable[[World], bool]
    clock: Clock = field(default_factory=Clock)
    paid: Counter[str] = field(default_factory=Counter)
    dead: list[str] = field(default_factory=list)
    began: int = 0
    known: set[str] = field(default_factory=set)
    failed_runs: int = 0

    def __post_init__(self) -> None:
        version = self.account.upload(KEY, drawing_of(*(f"PAGE {n}" for n in range(PAGES))))
        self.document_id = keys.document_id("documents-bucket", KEY, version)
        self.states = boto3.client("stepfunctions")
        wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "End": True}}}
        role = "arn:aws:iam::123456789012:role/run"
        self.states.create_state_machine(
            name="DetectionRun", definition=json.dumps(wait), roleArn=role
        )
        self.clock.after(1, lambda: self._deliver("documents", upload_event(KEY, version), 1))
        self.clock.every(60, self._guard, first=self.clock.now + 30)

    @property
    def is_out(self) -> bool:
        return bool(self.began) and self.clock.now < self.began + OUTAGE_SECONDS

    @property
    def document(self) -> dict[str, Any]:
        """The document's row; empty before it is accepted."""
        row: dict[str, Any] = self.account.documents.get_item(Key={"id": self.document_id}).get(
            "Item", {}
        )
        return row

    @property
    def has_ended(self) -> bool:
        """True once the document has ended, is held or was never taken, and is announced."""
        row = self.document
        return bool(row.get("announced")) or row.get("status") in ("HELD", "REJECTED")

    def play(self, hours: float) -> None:
        """Lets time pass until the outage is over and the document has ended, or so many hours."""
        end = self.clock.now + round(3600 * hours)
        with self._outage():
            while self.clock.now < end and (self.is_out or not self.has_ended):
                self._look()
                self.clock.run_until(self.clock.now + 5)

    def _look(self) -> None:
        """The outage begins with the first event after its stage is reached."""
        if not self.began and self.stage(self):
            self.began = self.clock.now

    @contextmanager
    def _outage(self) -> Iterator[None]:
        with ExitStack() as undo:
            monkeypatch = undo.enter_context(pytest.MonkeyPatch.context())
            monkeypatch.setattr("time.time", lambda: self.clock.now_ms / 1000)
            monkeypatch.setattr("time.sleep", lambda _: None)
            undo.enter_context(hooked("before-send", self._refuse))
            undo.enter_context(detector(self._answer))
            yield

    def _refuse(self, request: Any, **_: Any) -> AWSResponse | None:
        place = "-bucket" if self.service == "s3" else "://dynamodb"
        if not self.is_out or self.service not in REFUSALS or place not in request.url:
            return None
        if self.manner == "is slow":
            raise ReadTimeoutError(endpoint_url=request.url)
        status, body = REFUSALS[self.service]
        return AWSResponse("https://nowhere.invalid/", status, {}, Body(body))

    def _answer(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.is_out and self.service == "detector":
            if self.manner == "is slow":
                raise ReadTimeoutError(endpoint_url="textract")
            return 400, {"__type": "ThrottlingException", "message": "slow down"}
        self.paid[asked["Document"]["Bytes"]] += 1
        return 200, one_word()

    def _call(self, function: str, event: dict[str, Any]) -> Any:
        """One invocation; raises what the function raises, and where Lambda refuses it.

        A slow Lambda does the work, and ends before it has answered.
        """
        is_out = self.is_out and self.service == "lambda"
        if is_out and self.manner == "refuses":
            raise LambdaRefused
        try:
            answer = self.account.call(function, event)
        finally:
            self._collect()
        if is_out:
            raise LambdaTimedOut
        return answer

    def _tried(self, function: str, event: dict[str, Any]) -> Any:
        """One invocation; raises InvocationFailed where an outage explains it."""
        try:
            return self._call(function, event)
        except BatchProcessingError as error:
            _check_explained(value for _, value, _ in error.child_exceptions)
            raise InvocationFailed("BatchProcessingError", str(error)) from error
        except EXPLAINED as error:
            raise InvocationFailed(
                NAMES.get(type(error), type(error).__name__), str(error)
            ) from error

    def _collect(self) -> None:
        self._look()
        for name in SOURCES:
            for body in self.account.received(name):
                self._send(name, body)

    def _send(self, queue: str, body: str, after: float = 1, receives: int = 1) -> None:
        self.clock.after(after, lambda: self._deliver(queue, body, receives))

    def _deliver(self, queue: str, body: str, receives: int) -> None:
        function, visibility, most = SOURCES[queue]
        try:
            failed = bool(self._tried(function, sqs_event(body))["batchItemFailures"])
        except InvocationFailed:
            failed = True
        if failed and receives >= most:
            self.dead.append(body)
        elif failed:
            self._send(queue, body, visibility, receives + 1)

    def _guard(self) -> None:
        try:
            self._tried("guard", {})
        except InvocationFailed:  # the next minute looks again
            return
        arn = ENVIRONMENT["DETECTION_RUN_ARN"]
        running = self.states.list_executions(stateMachineArn=arn, statusFilter="RUNNING")
        for each in running["executions"]:
            if each["executionArn"] not in self.known:
                self.known.add(each["executionArn"])
                self.clock.spawn(self._execution(each["executionArn"]))

    def _execution(self, arn: str) -> Sleeping:
        """Follows the workflow's states from the first to the last."""
        data: dict[str, Any] = {"run": {"model": "textract", "execution": arn}}
        name = "OpenRun"
        while STATES[name]["Type"] not in ("Succeed", "Fail"):
            state = STATES[name]
            if state["Type"] == "Task":
                name = yield from self._task(name, state, data)
            elif state["Type"] == "Choice":
                name = chosen(state, data)
            else:
                yield data["run"]["wait_seconds"]
                name = state["Next"]
        self.failed_runs += STATES[name]["Type"] == "Fail"
        self.states.stop_execution(executionArn=arn)

    def _task(
        self, name: str, state: dict[str, Any], data: dict[str, Any]
    ) -> Generator[float, None, str]:
        """Takes the step, tries it again as the workflow does, and returns the next state."""
        if name == "StartNextRun":  # the guard starts it within the minute
            return str(state["Next"])
        tries: Counter[int] = Counter()
        while True:
            event = {"step": name, "run": data["run"], "input": {}, "state": data}
            try:
                data["run"] = self._tried("advance_run", json.loads(json.dumps(event)))
            except InvocationFailed as failure:
                pause = pause_after(state, failure.name, tries)
                if pause is not None:
                    yield pause
                    continue
                data["error"] = {"Error": failure.name, "Cause": failure.cause}
                return str(state["Catch"][0]["Next"]) if "Catch" in state else "RunFailed"
            return str(state["Next"])

    @property
    def minutes_after(self) -> float:
        """The minutes from the end of the outage until the document had ended."""
        return max(0.0, (self.clock.now - self.began - OUTAGE_SECONDS) / 60)

    def left_over(self) -> list[str]:
        """Returns what failed: pages with their reason, and tiles that are not answered."""
        pages = page_table.pages(self.account.ledger, self.document_id)
        bands = page_table.bands(self.account.ledger, self.document_id)
        return [page.failed_reason for page in pages if page.failed_reason] + [
            f"page {band.page}: {sorted(band.failed)} failed" for band in bands if band.failed
        ]


class LambdaRefused(Exception):
    """Lambda has no execution free, or is out of order."""


class LambdaTimedOut(Exception):
    """The function worked, and nobody has its answer."""


@dataclass
class InvocationFailed(Exception):
    """An invocation failed because of the outage; ``name`` is the error's for the workflow."""

    name: str
    cause: str


NAMES: dict[type[Exception], str] = {
    LambdaRefused: "Lambda.TooManyRequestsException",
    LambdaTimedOut: "Lambda.ClientExecutionTimeoutException",
}
EXPLAINED: tuple[type[Exception], ...] = (
    ClientError,
    BotoCoreError,
    Boto3Error,
    TilescoutError,
    *NAMES,
)
"""Errors that an outage explains."""


def _check_explained(errors: Iterable[BaseException | None]) -> None:
    """Raises the first error that no outage explains."""
    for error in errors:
        if error and not isinstance(error, EXPLAINED):
            raise error


def pause_after(state: Mapping[str, Any], error: str, tries: Counter[int]) -> float | None:
    """Returns the seconds until the workflow tries the task again, or None where it does not."""
    for number, retry in enumerate(state.get("Retry", [])):
        if not {error, "States.ALL"} & set(retry["ErrorEquals"]):
            continue
        if tries[number] >= retry.get("MaxAttempts", 3):
            return None
        wait = retry.get("IntervalSeconds", 1) * retry.get("BackoffRate", 2) ** tries[number]
        tries[number] += 1
        return float(min(wait, retry.get("MaxDelaySeconds", wait)))
    return None


def chosen(state: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """Returns the state that a Choice leads to."""
    for choice in state["Choices"]:
        if all(_holds(rule, data) for rule in choice.get("And", [choice])):
            return str(choice["Next"])
    return str(state["Default"])


def _holds(rule: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    value: Any = data
    for part in rule["Variable"].removeprefix("$.").split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if "IsPresent" in rule:
        return (value is not None) == rule["IsPresent"]
    return bool(value == rule["StringEquals"])
