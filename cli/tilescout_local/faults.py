"""Faults that a test orders, and the meter of calls: both sit before every emulated service."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pydantic import TypeAdapter

from tilescout_local.apis.answers import Answer, ApiError, Handler, operation_of, refused


@dataclass(slots=True, kw_only=True)
class Fault:
    """What happens to the next ``times`` calls of an operation, once ``skip`` more have passed.

    Only calls count whose body holds every text of ``containing``.
    ``delay_seconds`` and ``kill="before"`` come before the call, ``error`` in its place;
    ``members`` are added to the error, such as CancellationReasons. ``lost`` makes the call all
    the same, so that only its answer is lost to the ``error``. ``kill="after"`` comes when the
    call has been answered (and would be billed) but the answer has not been sent.

    "Execution" of the service "lambda" is a function's, whoever invokes it: ``error`` is what the
    invoker is told, instead of the execution or, where it is ``lost``, of its answer.
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

    def meets(self, service: str, operation: str, body: bytes) -> bool:
        return (self.service, self.operation) == (service, operation) and all(
            text.encode() in body for text in self.containing
        )


FAULT = TypeAdapter(Fault)


@dataclass
class Faults:
    """The orders that are left, and what has been called."""

    kill_caller: Callable[[str], bool]
    orders: list[Fault] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, body: bytes) -> None:
        """Take an order given as JSON."""
        with self._lock:
            self.orders.append(FAULT.validate_json(body))

    def clear(self) -> None:
        with self._lock:
            self.orders.clear()

    def listed(self) -> list[dict[str, Any]]:
        return [asdict(order) for order in self.orders]

    def meter(self) -> dict[str, dict[str, int]]:
        """``service.Operation`` to the calls answered and refused since the last reset."""
        names = sorted(self.answered.keys() | self.refused.keys())
        return {n: {"answered": self.answered[n], "refused": self.refused[n]} for n in names}

    def reset_meter(self) -> None:
        self.answered.clear()
        self.refused.clear()

    def due(self, service: str, operation: str, body: bytes) -> Fault | None:
        """The first order that meets this call, used up by one."""
        with self._lock:
            for order in self.orders:
                if not order.meets(service, operation, body):
                    continue
                if order.skip > 0:
                    order.skip -= 1
                    return None
                order.times -= 1
                if order.times <= 0:
                    self.orders.remove(order)
                return order
        return None

    def guard(self, service: str, handler: Handler) -> Handler:
        """``handler`` with orders applied and calls counted."""

        async def handle(
            method: str,
            path: str,
            headers: Mapping[str, str],
            body: bytes,
            query: Mapping[str, Any],
        ) -> Answer:
            operation = operation_of(headers) or _rest_operation(service, method, path, query)
            order = self.due(service, operation, body)
            failure = await self._before(order, service, headers)
            answer = failure
            if answer is None or (order is not None and order.lost):
                answer = await handler(method, path, headers, body, query)
            if order is not None and order.kill == "after":
                self._kill(headers)
            counter = self.answered if answer[0] < 400 else self.refused
            counter[f"{service}.{operation}"] += 1
            return failure or answer

        return handle

    async def _before(
        self, order: Fault | None, service: str, headers: Mapping[str, str]
    ) -> Answer | None:
        if order is None:
            return None
        await asyncio.sleep(order.delay_seconds)
        if order.kill == "before":
            self._kill(headers)
        if order.error is None:
            return None
        error = ApiError(order.error, order.message, order.members)
        return _xml_refused(error) if service == "s3" else refused(error)

    def _kill(self, headers: Mapping[str, str]) -> None:
        tag = re.search(r"\bapp/(\S+)", headers.get("user-agent", ""))
        if tag is not None:
            self.kill_caller(tag.group(1))


_S3_OBJECT_OPERATIONS = {"GET": "GetObject", "PUT": "PutObject", "HEAD": "HeadObject",
                         "DELETE": "DeleteObject"}  # fmt: skip


def _rest_operation(service: str, method: str, path: str, query: Mapping[str, Any]) -> str:
    """Names for the REST calls that matter: single objects of S3, and Invoke."""
    is_object = "/" in path.strip("/") and not query.keys() - {"x-id", "versionId"}
    if service == "s3" and is_object:
        return _S3_OBJECT_OPERATIONS.get(method, method)
    if service == "lambda" and path.endswith("/invocations"):
        return "Invoke"
    return method


def _xml_refused(error: ApiError) -> Answer:
    status, _, _ = refused(error)
    text = f"<Error><Code>{error.code}</Code><Message>{error.message}</Message></Error>"
    return status, {"Content-Type": "application/xml"}, text.encode()
