"""Injects faults into calls and counts calls, in front of every emulated service."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pydantic import TypeAdapter

from tilescout_local.apis.json_protocol import (
    Handler,
    Response,
    error_response,
    requested_operation,
)
from tilescout_local.errors import ApiError
from tilescout_local.role_calls import RoleCalls, caller_tag


@dataclass(slots=True, kw_only=True)
class Fault:
    """A fault of the next ``times`` calls of an operation, after ``skip`` more have passed.

    Only calls count whose body holds every text of ``containing``. ``delay_seconds`` and
    ``kill="before"`` take effect before the call. ``error`` replaces the call; ``members`` are
    added to the error, such as CancellationReasons. With ``lost`` the call is made as well, and
    only its response is replaced by the ``error``. ``kill="after"`` takes effect when the call has
    been answered (and would be billed) but its response has not been sent.

    The operation "Execution" of the service "lambda" is a function's execution, whoever invokes it:
    the invoker is told the ``error`` instead of the execution or, with ``lost``, of its response.
    """

    service: str
    operation: str
    times: int = 1
    skip: int = 0
    containing: tuple[str, ...] = ()
    error: str | None = None
    message: str = "Injected fault"
    members: dict[str, Any] = field(default_factory=dict)
    lost: bool = False
    delay_seconds: float = 0.0
    kill: Literal["before", "after"] | None = None

    def matches(self, service: str, operation: str, body: bytes) -> bool:
        return (self.service, self.operation) == (service, operation) and all(
            text.encode() in body for text in self.containing
        )


FAULT = TypeAdapter(Fault)


@dataclass
class Faults:
    """The faults that are left to inject, and counts of the calls."""

    kill_caller: Callable[[str], bool]
    role_calls: RoleCalls
    pending: list[Fault] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, body: bytes) -> None:
        """Adds a fault that is given as JSON."""
        with self._lock:
            self.pending.append(FAULT.validate_json(body))

    def clear(self) -> None:
        with self._lock:
            self.pending.clear()

    def listed(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self.pending]

    def meter(self) -> dict[str, dict[str, int]]:
        """Returns the calls answered and refused since the last reset, by ``service.Operation``."""
        names = sorted(self.answered.keys() | self.refused.keys())
        return {n: {"answered": self.answered[n], "refused": self.refused[n]} for n in names}

    def reset_meter(self) -> None:
        self.answered.clear()
        self.refused.clear()

    def take(self, service: str, operation: str, body: bytes) -> Fault | None:
        """Returns the first fault that matches this call, and uses it up by one."""
        with self._lock:
            for fault in self.pending:
                if not fault.matches(service, operation, body):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    return None
                fault.times -= 1
                if fault.times <= 0:
                    self.pending.remove(fault)
                return fault
        return None

    def wrap(self, service: str, handler: Handler) -> Handler:
        """Returns ``handler`` with faults injected and calls counted."""

        async def handle(
            method: str,
            path: str,
            headers: Mapping[str, str],
            body: bytes,
            query: Mapping[str, Any],
        ) -> Response:
            operation = requested_operation(headers) or _rest_operation(
                service, method, path, query
            )
            fault = self.take(service, operation, body)
            failure = await self._before(fault, service, headers)
            answer = failure
            if answer is None or (fault is not None and fault.lost):
                answer = await handler(method, path, headers, body, query)
            if fault is not None and fault.kill == "after":
                self._kill(headers)
            self.role_calls.note_request(service, (method, path, headers, body, query), answer)
            counter = self.answered if answer[0] < 400 else self.refused
            counter[f"{service}.{operation}"] += 1
            return failure or answer

        return handle

    async def _before(
        self, fault: Fault | None, service: str, headers: Mapping[str, str]
    ) -> Response | None:
        if fault is None:
            return None
        await asyncio.sleep(fault.delay_seconds)
        if fault.kill == "before":
            self._kill(headers)
        if fault.error is None:
            return None
        error = ApiError(fault.error, fault.message, fault.members)
        return _xml_error_response(error) if service == "s3" else error_response(error)

    def _kill(self, headers: Mapping[str, str]) -> None:
        if tag := caller_tag(headers):
            self.kill_caller(tag)


_S3_OBJECT_OPERATIONS = {"GET": "GetObject", "PUT": "PutObject", "HEAD": "HeadObject",
                         "DELETE": "DeleteObject"}  # fmt: skip


def _rest_operation(service: str, method: str, path: str, query: Mapping[str, Any]) -> str:
    """Returns the name of a REST call that matters (single objects of S3, and Invoke), or its
    method."""
    is_object = "/" in path.strip("/") and not query.keys() - {"x-id", "versionId"}
    if service == "s3" and is_object:
        return _S3_OBJECT_OPERATIONS.get(method, method)
    if service == "lambda" and path.endswith("/invocations"):
        return "Invoke"
    return method


def _xml_error_response(error: ApiError) -> Response:
    status, _, _ = error_response(error)
    text = f"<Error><Code>{error.code}</Code><Message>{error.message}</Message></Error>"
    return status, {"Content-Type": "application/xml"}, text.encode()
