"""A JSON 1.1 service made of plain functions, in the shape of the emulator's own handlers."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from tilescout_local.apis.answers import Answer, Handler, ServiceError, ok, operation_of, refused
from tilescout_local.errors import WorkerDied, WorkerTimedOut

Operations = Mapping[str, Callable[[bytes], dict[str, Any]]]


def json_service(operations: Operations) -> Handler:
    """A handler that runs each operation off the event loop."""

    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Answer:
        return await asyncio.to_thread(_answer, operations, operation_of(headers), body)

    return handle


def _answer(operations: Operations, name: str, body: bytes) -> Answer:
    operation = operations.get(name)
    if operation is None:
        return refused(ServiceError("UnknownOperationException", f"{name} is not emulated"))
    try:
        return ok(operation(body))
    except ServiceError as error:
        return refused(error)
    except json.JSONDecodeError:
        return refused(ServiceError("SerializationException", "The body is not JSON"))
    except (WorkerDied, WorkerTimedOut) as error:
        return refused(ServiceError("InternalServerError", f"The engine failed: {error}"))
