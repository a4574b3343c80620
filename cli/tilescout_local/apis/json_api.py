"""A JSON 1.1 service made of plain functions, in the shape of the emulator's own handlers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from tilescout_local.apis.answers import Answer, ApiError, Handler, ok, operation_of, refused
from tilescout_local.errors import WorkerDied, WorkerTimedOut

Operations = Mapping[str, Callable[[bytes], dict[str, Any]]]


def json_api(operations: Operations) -> Handler:
    """A handler that runs each operation off the event loop."""

    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Answer:
        return await asyncio.to_thread(_answer, operations, operation_of(headers), body)

    return handle


def _answer(operations: Operations, name: str, body: bytes) -> Answer:
    operation = operations.get(name)
    if operation is None:
        return refused(ApiError("UnknownOperationException", f"{name} is not emulated"))
    try:
        return ok(operation(body))
    except ApiError as error:
        return refused(error)
    except json.JSONDecodeError:
        return refused(ApiError("SerializationException", "The body is not JSON"))
    except (WorkerDied, WorkerTimedOut) as error:
        return refused(ApiError("InternalServerError", f"The engine failed: {error}"))
