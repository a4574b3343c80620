"""Runs one Lambda sandbox: loads a handler once and answers invocations as the Python runtime does.

The emulator starts this file by its name, with the descriptor of its channel. It imports nothing
that a function's own code could shadow: ``framing`` and ``scaled_clock`` come from the folder
``processes``, which is on the path for these two imports only.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1] / "processes")
    import scaled_clock  # type: ignore[import-not-found]
    from framing import Channel  # type: ignore[import-not-found]

    scaled_clock.install(os.environ.pop(scaled_clock.VARIABLE))
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
else:
    from tilescout_local.processes.framing import Channel

Handler = Callable[[Any, Any], Any]


class Context:
    """The context object of the AWS Python runtime."""

    def __init__(self, invocation: dict[str, Any]) -> None:
        self.aws_request_id: str = invocation["request_id"]
        self.invoked_function_arn: str = invocation["function_arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.client_context = None
        self.identity = None
        self._deadline = time.monotonic() + invocation["timeout_seconds"]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def load_handler(name: str) -> Handler:
    module, _, function = name.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module.replace("/", ".")), function)
    return handler


def load_error(name: str, error: BaseException) -> dict[str, Any]:
    """Returns the error body of a failed init, with the error types of the runtime."""
    module, _, function = name.rpartition(".")
    if isinstance(error, ImportError):
        message = f"Unable to import module '{module}': {error}"
        return error_body("Runtime.ImportModuleError", message)
    if isinstance(error, AttributeError) and function in str(error):
        message = f"Handler '{function}' missing on module '{module}'"
        return error_body("Runtime.HandlerNotFound", message)
    return raised_body(error)


def error_body(kind: str, message: str, trace: list[str] | None = None) -> dict[str, Any]:
    return {"errorMessage": message, "errorType": kind, "stackTrace": trace or []}


def raised_body(error: BaseException) -> dict[str, Any]:
    """Returns class name and message of the raised error; ASL matches the bare class name."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    return error_body(type(error).__name__, str(error), traceback.format_list(frames))


def answer(handler: Handler, invocation: dict[str, Any]) -> dict[str, Any]:
    try:
        result = handler(invocation["event"], Context(invocation))
    except Exception as error:
        traceback.print_exc()
        return {"error": raised_body(error)}
    try:
        return {"body": json.dumps(result, ensure_ascii=False)}
    except (TypeError, ValueError) as error:
        return {"error": error_body("Runtime.MarshalError", f"Unable to marshal response: {error}")}


def serve(channel: Channel) -> None:
    name = os.environ["_HANDLER"]
    failure: dict[str, Any] | None = None
    try:
        handler = load_handler(name)
    except Exception as error:
        traceback.print_exc()
        failure = {"error": load_error(name, error), "init_failed": True}
    while (frame := channel.receive()) is not None:
        outcome = failure or answer(handler, json.loads(frame))
        sys.stdout.flush()
        sys.stderr.flush()
        channel.send(json.dumps(outcome).encode())


if __name__ == "__main__":
    serve(Channel(int(sys.argv[1])))
