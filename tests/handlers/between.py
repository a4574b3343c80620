"""Faults and answers put between the handlers and AWS, on every client of a warm process."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from tests.handlers.account import clients

Reply = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]


class Body:
    """What botocore reads an answer from."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


@contextmanager
def detector(reply: Reply) -> Iterator[list[dict[str, Any]]]:
    """Textract and Rekognition answer by ``reply`` from real HTTP bodies; yields the requests."""
    asked: list[dict[str, Any]] = []
    lock = threading.Lock()

    def send(request: Any, **_: Any) -> AWSResponse | None:
        if not any(name in request.url for name in ("textract", "rekognition")):
            return None
        if b"ProjectVersion" in request.headers["X-Amz-Target"]:
            return None
        with lock:
            asked.append(json.loads(request.body))
        status, body = reply(asked[-1])
        headers = {"content-type": "application/x-amz-json-1.1"}
        return AWSResponse(request.url, status, headers, Body(json.dumps(body).encode()))

    with hooked("before-send", send):
        yield asked


class Crash(BaseException):
    """The process dies: no handler may catch it."""


@contextmanager
def crash_at(call: int, *, after: bool = False) -> Iterator[list[str]]:
    """The process dies at AWS call number ``call`` (from 1), before or ``after`` its effect.

    Yields the names of the calls made.
    """
    made: list[str] = []

    def before(model: Any, **_: Any) -> None:
        made.append(model.name)
        if len(made) == call and not after:
            raise Crash(model.name)

    def done(model: Any, **_: Any) -> None:
        if len(made) == call and after:
            raise Crash(model.name)

    with hooked("before-call", before), hooked("after-call", done):
        yield made


@contextmanager
def reply_lost_at(call: int) -> Iterator[list[str]]:
    """AWS call number ``call`` (from 1) takes effect and its reply never comes.

    Yields the names of the calls made.
    """
    made: list[str] = []

    def before(model: Any, **_: Any) -> None:
        made.append(model.name)

    def done(model: Any, **_: Any) -> None:
        if len(made) == call:
            raise ReadTimeoutError(endpoint_url=model.name)

    with hooked("before-call", before), hooked("after-call", done):
        yield made


@contextmanager
def table_answers(
    operation: str, times: int, answer: Reply, naming: str = ""
) -> Iterator[list[str]]:
    """The tables answer the first requests of this operation so, of those whose body names this.

    These have no effect. Yields those that came by.
    """
    made: list[str] = []

    def send(request: Any, **_: Any) -> AWSResponse | None:
        if not _is_to_table(request, operation, naming):
            return None
        made.append(operation)
        if len(made) > times:
            return None
        status, body = answer(json.loads(request.body))
        headers = {"content-type": "application/x-amz-json-1.0"}
        answered = AWSResponse(request.url, status, headers, Body(json.dumps(body).encode()))
        # What answers in the place of AWS is asked all the same, and must not make the change.
        request.url = "https://nowhere.invalid/"
        return answered

    with hooked("before-send", send):
        yield made


def _is_to_table(request: Any, operation: str, naming: str) -> bool:
    target = request.headers.get("X-Amz-Target", b"").decode()
    return target.startswith("DynamoDB") and (
        target.endswith(f".{operation}") and naming.encode() in request.body
    )


def throttled(_: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 400, {"__type": "com.amazonaws#ProvisionedThroughputExceededException", "message": "x"}


@contextmanager
def replies_lost(operation: str, times: int, naming: str) -> Iterator[list[str]]:
    """The first requests of this operation whose body names this take effect unanswered.

    The client sees a time-out, as on the wire, and may try again. Yields those that came by.
    """
    made: list[str] = []

    def lose(request: Any, **_: Any) -> None:
        if _is_to_table(request, operation, naming):
            made.append(operation)
            if len(made) <= times:
                raise ReadTimeoutError(endpoint_url=operation)

    # Behind the hook that answers in the place of AWS, which has made the change by then.
    with hooked("before-send", lose, last=True):
        yield made


@contextmanager
def unreached(operation: str, times: int, naming: str) -> Iterator[list[str]]:
    """The tables cannot be connected to for the first requests of this operation that name this.

    These have no effect, and nobody can doubt it. Yields those that came by.
    """
    made: list[str] = []

    def fail(request: Any, **_: Any) -> None:
        if _is_to_table(request, operation, naming):
            made.append(operation)
            if len(made) <= times:
                raise ConnectTimeoutError(endpoint_url=operation)

    with hooked("before-send", fail):
        yield made


class Failure(ClientError):
    """A service's own error, after all that boto3 tries again."""

    def __init__(self, call: str) -> None:
        answer: Any = {
            "Error": {"Code": "InternalServerError", "Message": "try again"},
            "ResponseMetadata": {"HTTPStatusCode": 500},
        }
        super().__init__(answer, call)


@contextmanager
def failure_at(call: int) -> Iterator[list[str]]:
    """AWS call number ``call`` (from 1) is answered by an error and has no effect.

    Yields the names of the calls made.
    """
    made: list[str] = []

    def before(model: Any, **_: Any) -> None:
        made.append(model.name)
        if len(made) == call:
            raise Failure(model.name)

    with hooked("before-call", before):
        yield made


@contextmanager
def s3_refuses(method: str, status: int, code: str = "") -> Iterator[None]:
    """S3 answers requests of this method so; to a HEAD it never says more than the status."""
    body = f"<Error><Code>{code}</Code></Error>" if code else ""

    def send(request: Any, **_: Any) -> AWSResponse | None:
        if "documents-bucket" not in request.url or request.method != method:
            return None
        headers = {"content-type": "application/xml"}
        return AWSResponse(request.url, status, headers, Body(body.encode()))

    with hooked("before-send", send):
        yield


@contextmanager
def announced() -> Iterator[list[dict[str, Any]]]:
    """Yields the details of the events sent to the bus, which takes them."""
    details: list[dict[str, Any]] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name == "PutEvents":
            details.extend(json.loads(each["Detail"]) for each in params["Entries"])

    with hooked("provide-client-params", note):
        yield details


@contextmanager
def bus_refuses(naming: str) -> Iterator[None]:
    """The event bus refuses the entries whose request names this, in an answer of status 200."""
    refusal = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}

    def send(request: Any, **_: Any) -> AWSResponse | None:
        target = request.headers.get("X-Amz-Target", b"").decode()
        if not target.endswith(".PutEvents") or naming.encode() not in request.body:
            return None
        headers = {"content-type": "application/x-amz-json-1.1"}
        return AWSResponse(request.url, 200, headers, Body(json.dumps(refusal).encode()))

    with hooked("before-send", send):
        yield


@contextmanager
def hooked(event: str, hook: Callable[..., Any], *, last: bool = False) -> Iterator[None]:
    """The hook, on every client of the handlers, before or behind all others."""
    for client in clients():
        hooks = client.meta.events
        (hooks.register_last if last else hooks.register_first)(event, hook)
    try:
        yield
    finally:
        for client in clients():
            client.meta.events.unregister(event, hook)
