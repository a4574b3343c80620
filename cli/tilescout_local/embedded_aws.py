"""Starts, finds and stops the embedded AWS."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tilescout_local.emulator import check_version
from tilescout_local.errors import StartFailed
from tilescout_local.state import LOCK_FILE, LOG_FILE, LOGS, SANDBOXES, STATE_FILE

# Concurrent sandboxes by part of the handler's name; two for every other function.
LAMBDA_WORKERS: Mapping[str, int] = {"detect_tile": 3}
START_SECONDS = 60.0
STOP_SECONDS = 10.0
ENDING_SECONDS = 2.0
_PACKAGES = Path(__file__).parents[1]

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedAws:
    """A running embedded AWS; ``process`` is set where this process started it."""

    endpoint_url: str
    region: str
    pid: int
    home: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False, compare=False)

    def client(self, service: str, **config: Any) -> Any:
        """An ordinary boto3 client whose calls come here."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint_url,
            region_name=self.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(**config),
        )

    def order_fault(self, **fault: Any) -> None:
        """Let the next calls of an operation fail; the members are those of ``faults.Fault``."""
        self._control("POST", "faults", fault)

    def clear_faults(self) -> None:
        self._control("DELETE", "faults")

    def meter(self) -> dict[str, dict[str, int]]:
        """``service.Operation`` to the calls answered and refused."""
        answer: dict[str, dict[str, int]] = self._control("GET", "meter")
        return answer

    def reset_meter(self) -> None:
        self._control("DELETE", "meter")

    def advance_schedules(self, seconds: float) -> None:
        """Let schedules and rules fire as if ``seconds`` more had passed."""
        self._control("POST", "advance", {"seconds": seconds})

    def stop(self) -> None:
        """End the server and every process it started; returns when none is left."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        if not _wait_until_free(self.home, STOP_SECONDS):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            _wait_until_free(self.home, STOP_SECONDS)
        if self.process is not None:
            self.process.communicate()
        shutil.rmtree(self.home / SANDBOXES, ignore_errors=True)

    def __enter__(self) -> EmbeddedAws:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.endpoint_url}/_tilescout/{path}"
        request = urllib.request.Request(url, data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


def start(
    home: Path,
    *,
    port: int = 0,
    ocr_workers: int = 2,
    lambda_workers: Mapping[str, int] = LAMBDA_WORKERS,
    wait_scale: float = 1.0,
    leave_running: bool = False,
    progress: Progress = lambda _: None,
) -> EmbeddedAws:
    """Start an embedded AWS with its files in ``home`` and wait until it answers.

    It listens on the loopback only, on a free port unless ``port`` is given, and ends with the
    calling process unless ``leave_running``. State machines wait and retry after their own seconds
    times ``wait_scale``.

    Raises WrongEmulatorVersion where ministack is not the pinned version, StartFailed where it
    ended or did not answer within a minute; the message holds its last lines.
    """
    check_version()
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    settings = {
        "home": str(home),
        "port": port,
        "ocr_workers": ocr_workers,
        "lambda_workers": dict(lambda_workers),
        "wait_scale": wait_scale,
        "owned": not leave_running,
    }
    progress("starting the embedded AWS")
    process = _spawn(home, settings)
    try:
        state = _wait_for_state(process, home)
        _wait_for_answer(process, home, state["endpoint_url"])
    except BaseException:
        process.kill()
        process.communicate()
        raise
    progress(f"the embedded AWS answers on {state['endpoint_url']}")
    return EmbeddedAws(**state, home=home, process=process)


def find_running(home: Path) -> EmbeddedAws | None:
    """The embedded AWS that runs with its files in ``home``, or None."""
    home = home.resolve()
    if _is_free(home):
        return None
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
        return EmbeddedAws(**json.loads((home / STATE_FILE).read_text()), home=home)
    return None


def _spawn(home: Path, settings: Mapping[str, Any]) -> subprocess.Popen[bytes]:
    # One whose owner was killed a moment ago is still ending.
    if not _wait_until_free(home, ENDING_SECONDS):
        raise StartFailed(f"an embedded AWS is running in {home} already; stop that one first")
    (home / STATE_FILE).unlink(missing_ok=True)
    for folder in (LOGS, SANDBOXES):
        shutil.rmtree(home / folder, ignore_errors=True)
    paths = [str(_PACKAGES), os.environ.get("PYTHONPATH", "")]
    with (home / LOG_FILE).open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tilescout_local.server", json.dumps(settings)],
            stdin=subprocess.PIPE if settings["owned"] else subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            start_new_session=True,
        )


def _wait_for_state(process: subprocess.Popen[bytes], home: Path) -> dict[str, Any]:
    for _ in _until(START_SECONDS, process, home):
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            state: dict[str, Any] = json.loads((home / STATE_FILE).read_text())
            return state
    raise _start_failed(home, "it wrote no state")


def _wait_for_answer(process: subprocess.Popen[bytes], home: Path, endpoint_url: str) -> None:
    for _ in _until(START_SECONDS, process, home):
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{endpoint_url}/_tilescout/health", timeout=10),
        ):
            return
    raise _start_failed(home, "it does not answer")


def _until(seconds: float, process: subprocess.Popen[bytes], home: Path) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise _start_failed(home, f"it ended with {process.returncode}")
        yield None
        time.sleep(0.02)


def _start_failed(home: Path, reason: str) -> StartFailed:
    last = (home / LOG_FILE).read_text(errors="replace").splitlines()[-5:]
    lines = "\n".join(last)
    return StartFailed(f"the embedded AWS did not start: {reason} (log {home / LOG_FILE})\n{lines}")


def _is_free(home: Path) -> bool:
    """Whether neither a server nor its warden holds the lock of ``home``."""
    try:
        with (home / LOCK_FILE).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True
    return True


def _wait_until_free(home: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not _is_free(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
