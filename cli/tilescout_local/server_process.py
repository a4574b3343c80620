"""The process of an embedded AWS, seen from the one that starts it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tilescout_local.errors import StartFailed
from tilescout_local.processes.python_environment import python_environment
from tilescout_local.state import LOCK_FILE, LOG_FILE, LOGS, SANDBOXES, STATE_FILE

START_SECONDS = 60.0
ENDING_SECONDS = 2.0


def spawn(home: Path, settings: Mapping[str, Any]) -> subprocess.Popen[bytes]:
    """Starts the server, which writes its state when it listens. Raises StartFailed."""
    # A server whose owner was killed a moment ago may still be ending.
    if not wait_until_free(home, ENDING_SECONDS):
        raise StartFailed(f"an embedded AWS is running in {home} already; stop that one first")
    (home / STATE_FILE).unlink(missing_ok=True)
    for folder in (LOGS, SANDBOXES):
        shutil.rmtree(home / folder, ignore_errors=True)
    with (home / LOG_FILE).open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tilescout_local.server", json.dumps(settings)],
            stdin=subprocess.PIPE if settings["owned"] else subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            env=python_environment(),
            start_new_session=True,
        )


def wait_for_state(process: subprocess.Popen[bytes], home: Path) -> dict[str, Any]:
    """Waits for the state file of a server that listens, and returns it. Raises StartFailed."""
    for _ in _until(START_SECONDS, process, home):
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            state: dict[str, Any] = json.loads((home / STATE_FILE).read_text())
            return state
    raise _start_failed(home, "it wrote no state")


def wait_for_answer(process: subprocess.Popen[bytes], home: Path, endpoint_url: str) -> None:
    """Waits until the server answers. Raises StartFailed."""
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


def is_free(home: Path) -> bool:
    """Tells whether neither a server nor its reaper holds the lock of ``home``."""
    try:
        with (home / LOCK_FILE).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True
    return True


def wait_until_free(home: Path, seconds: float) -> bool:
    """Waits at most ``seconds`` and tells whether nothing of an embedded AWS in ``home`` is
    left."""
    deadline = time.monotonic() + seconds
    while not is_free(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
