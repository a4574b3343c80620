"""Runs Lambda functions in warm processes, with the errors and limits of AWS."""

from __future__ import annotations

import json
import math
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilescout_local.errors import WorkerDied, WorkerTimedOut
from tilescout_local.faults import Fault
from tilescout_local.functions.log import Invocation, append_log, log_lines
from tilescout_local.functions.sandbox import Sandbox, SandboxFactory
from tilescout_local.processes.process_tree import resident_tree_bytes

DEFAULT_WORKERS = 2
MEGABYTE = 1 << 20
# The limit on a synchronous answer (Lambda quotas: 6 MB).
MAX_RESPONSE_BYTES = 6_291_556

Outcome = dict[str, Any]


@dataclass
class PeakMemory:
    """The largest resident set seen, in bytes."""

    peak: int = 0

    def sample(self, pid: int) -> None:
        self.peak = max(self.peak, resident_tree_bytes(pid))

    def megabytes(self) -> int:
        return math.ceil(self.peak / MEGABYTE)


class FunctionWorkers:
    """The sandboxes of one version of one function: at most ``size``, started when needed."""

    def __init__(self, size: int) -> None:
        self._free = threading.Semaphore(size)
        self._idle: queue.LifoQueue[Sandbox] = queue.LifoQueue()

    def take(self) -> Sandbox | None:
        """Returns a warm sandbox, or None if one must be started; waits while all are busy."""
        self._free.acquire()
        try:
            sandbox = self._idle.get_nowait()
        except queue.Empty:
            return None
        if not sandbox.alive():
            sandbox.kill()
            return None
        sandbox.thaw()
        return sandbox

    def give_back(self, sandbox: Sandbox | None) -> None:
        if sandbox is not None and sandbox.usable:
            sandbox.freeze()
            self._idle.put(sandbox)
        elif sandbox is not None:
            sandbox.kill()
        self._free.release()

    def close(self) -> None:
        while not self._idle.empty():
            self._idle.get_nowait().kill()


class LambdaRunner:
    """Executes functions in place of the emulator's own warm executor."""

    def __init__(self, home: Path, factory: SandboxFactory, workers: Mapping[str, int]) -> None:
        self._home = home
        self._factory = factory
        self._sizes = workers
        self._lock = threading.Lock()
        self._functions: dict[str, tuple[str, FunctionWorkers]] = {}
        self._busy: dict[str, Sandbox] = {}
        self.functions: dict[str, str] = {}
        """The names of the functions by the tags of all sandboxes so far."""
        self.take_fault: Callable[[bytes], Fault | None] = lambda event: None

    def execute(self, function: dict[str, Any], event: Any, request_id: str) -> Outcome:
        """Invokes one function and returns the emulator's shape: body, error, log."""
        fault = self.take_fault(json.dumps(event).encode())
        if fault is None or fault.error is None:
            return self._execute(function, event, request_id)
        if fault.lost:
            self._execute(function, event, request_id)
        return {**_failed(fault.error, fault.message), "log": "", "log_source": "rie"}

    def _execute(self, function: dict[str, Any], event: Any, request_id: str) -> Outcome:
        config = function.get("config") or function
        workers = self._workers(config)
        sandbox = workers.take()
        try:
            sandbox = sandbox or self._factory.start(config, function["code_zip"])
            self._busy[sandbox.tag] = sandbox
            self.functions[sandbox.tag] = str(config["FunctionName"])
            outcome, invocation = _invoke(sandbox, config, event, request_id)
            self._busy.pop(sandbox.tag)
        finally:
            workers.give_back(sandbox)
        append_log(self._home, str(config["FunctionName"]), invocation)
        return {**outcome, "log": log_lines(invocation), "log_source": "rie"}

    def kill_caller(self, tag: str) -> bool:
        """Kills the sandbox that carries this tag, as a crash in the middle of a call would."""
        sandbox = self._busy.get(tag)
        if sandbox is not None:
            sandbox.crash()
        return sandbox is not None

    def _workers(self, config: Mapping[str, Any]) -> FunctionWorkers:
        name = str(config["FunctionName"])
        revision = json.dumps([config.get("CodeSha256"), config.get("Environment"),
                               config.get("Handler"), config.get("MemorySize")])  # fmt: skip
        with self._lock:
            known = self._functions.get(name)
            if known is not None and known[0] == revision:
                return known[1]
            if known is not None:
                known[1].close()
            workers = FunctionWorkers(self._size(str(config.get("Handler"))))
            self._functions[name] = (revision, workers)
            return workers

    def _size(self, handler: str) -> int:
        sizes = [size for part, size in self._sizes.items() if part in handler]
        return sizes[0] if sizes else DEFAULT_WORKERS


def _invoke(
    sandbox: Sandbox, config: Mapping[str, Any], event: Any, request_id: str
) -> tuple[Outcome, Invocation]:
    seconds = float(config.get("Timeout", 3))
    memory = PeakMemory()
    started = time.monotonic()
    try:
        answer = sandbox.invoke(event, request_id, str(config["FunctionArn"]), seconds, memory)
        outcome = _outcome(answer)
    except WorkerTimedOut:
        message = f"Task timed out after {seconds:.2f} seconds"
        outcome = _failed("Sandbox.Timedout", f"RequestId: {request_id} Error: {message}")
    except WorkerDied as error:
        message = f"Runtime exited with error: {error}"
        outcome = _failed("Runtime.ExitError", f"RequestId: {request_id} Error: {message}")
    return outcome, Invocation(
        request_id=request_id,
        version=str(config.get("Version", "$LATEST")),
        output=sandbox.take_output(),
        response=json.dumps(outcome["body"], ensure_ascii=False),
        seconds=time.monotonic() - started,
        memory_limit_mb=int(config.get("MemorySize", 128)),
        memory_used_mb=memory.megabytes(),
    )


def _outcome(answer: dict[str, Any]) -> Outcome:
    if "error" in answer:
        return {"body": answer["error"], "error": True, "function_error": "Unhandled"}
    body: str = answer["body"]
    size = len(body.encode())
    if size > MAX_RESPONSE_BYTES:
        return _failed("Function.ResponseSizeTooLarge",
                       f"Response payload size ({size} bytes) exceeded maximum allowed payload "
                       f"size ({MAX_RESPONSE_BYTES} bytes).")  # fmt: skip
    return {"body": json.loads(body)}


def _failed(kind: str, message: str) -> Outcome:
    body = {"errorType": kind, "errorMessage": message}
    return {"body": body, "error": True, "function_error": "Unhandled"}
