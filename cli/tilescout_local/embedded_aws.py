"""Starts, finds and stops the embedded AWS."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tilescout_local.emulator.install import check_version
from tilescout_local.errors import ControlRefused
from tilescout_local.processes.scaled_clock import ScaledClock, starting_now
from tilescout_local.server_process import (
    is_free,
    spawn,
    wait_for_answer,
    wait_for_state,
    wait_until_free,
)
from tilescout_local.state import REGION, SANDBOXES, STATE_FILE, WorkerCounts

DEFAULT_WORKERS = WorkerCounts()
STOP_SECONDS = 10.0

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedAws:
    """A running embedded AWS; ``process`` is set if this process started it."""

    endpoint_url: str
    region: str
    pid: int
    home: Path
    clock: ScaledClock = field(default_factory=ScaledClock)
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False, compare=False)

    def client(self, service: str, **config: Any) -> Any:
        """Returns an ordinary boto3 client that calls this embedded AWS."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint_url,
            region_name=self.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(**config),
        )

    def inject_fault(self, **fault: Any) -> None:
        """Makes the next calls of an operation fail; the members are those of ``faults.Fault``."""
        self._control("POST", "faults", fault)

    def faults_left(self) -> list[dict[str, Any]]:
        """Returns the faults that no call has used up yet."""
        left: list[dict[str, Any]] = self._control("GET", "faults")
        return left

    def clear_faults(self) -> None:
        self._control("DELETE", "faults")

    def meter(self) -> dict[str, dict[str, int]]:
        """Returns how many calls were answered and refused, by ``service.Operation``."""
        answer: dict[str, dict[str, int]] = self._control("GET", "meter")
        return answer

    def role_calls(self) -> list[tuple[str, str, str, dict[str, Any], int]]:
        """Returns what was asked under roles since the last time: caller, service, operation, the
        members that name resources, and how often. See ``role_calls``."""
        calls = [tuple(call) for call in self._control("GET", "calls")]
        self._control("DELETE", "calls")
        return calls

    def reset_meter(self) -> None:
        self._control("DELETE", "meter")

    def advance_schedules(self, seconds: float) -> None:
        """Lets schedules and rules fire as if ``seconds`` more had passed."""
        self._control("POST", "advance", {"seconds": seconds})

    def now(self) -> float:
        """Returns the seconds since the epoch as every function and service here sees them."""
        return self.clock.now()

    def models(self) -> list[dict[str, Any]]:
        """Returns every Custom Labels version with its ARN, status, units and behaviour."""
        rows: list[dict[str, Any]] = self._control("GET", "models")
        return rows

    def add_model(self, model: str, **override: Any) -> dict[str, Any]:
        """Adds a trained version "project/version" with the members of ``ModelOverride``; returns
        its row."""
        row: dict[str, Any] = self._control("POST", "models", {"model": model, **override})
        return row

    def set_model(self, model: str, **override: Any) -> dict[str, Any]:
        """Changes how a version behaves, or forces a status on it, with the members of
        ``ModelOverride``.

        ``model`` is its ARN or "project/version".
        """
        row: dict[str, Any] = self._control("PATCH", "models", {"model": model, **override})
        return row

    def model_meter(self) -> dict[str, dict[str, Any]]:
        """Returns what each version has cost and answered, by its ARN; the members are those of
        ``Meter``."""
        meters: dict[str, dict[str, Any]] = self._control("GET", "models/meter")
        return meters

    def reset_model_meter(self) -> None:
        """Resets all counts; a model that is up begins to cost now."""
        self._control("DELETE", "models/meter")

    def stop(self) -> None:
        """Ends the server and every process that it started, and waits until none is left.

        The server is killed, as it keeps nothing that it would have to write, and may be too busy
        to end itself soon.
        """
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        wait_until_free(self.home, STOP_SECONDS)
        if self.process is not None:
            self.process.communicate()
        (self.home / STATE_FILE).unlink(missing_ok=True)
        shutil.rmtree(self.home / SANDBOXES, ignore_errors=True)

    def __enter__(self) -> EmbeddedAws:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.endpoint_url}/_tilescout/{path}"
        request = urllib.request.Request(url, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ControlRefused(f"{method} {path}: {error.read().decode()}") from error


def start(
    home: Path,
    *,
    port: int = 0,
    workers: WorkerCounts = DEFAULT_WORKERS,
    wait_scale: float | None = None,
    clock_scale: float = 1.0,
    leave_running: bool = False,
    region: str = REGION,
    progress: Progress = lambda _: None,
) -> EmbeddedAws:
    """Starts an embedded AWS with its files in ``home`` and waits until it answers.

    It listens on the loopback only, on a free port unless ``port`` is given, and ends with the
    calling process unless ``leave_running``. Every service and function sees a wall clock that is
    right at the start and runs ``clock_scale`` times as fast; time-outs of functions remain real
    seconds. State machines multiply their waits and retry intervals by ``wait_scale``, which agrees
    with that clock by default.

    Raises WrongEmulatorVersion if ministack is not the pinned version, and StartFailed if the
    server ended or did not answer within a minute; the message holds its last lines.
    """
    check_version()
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    settings = {
        "home": str(home),
        "port": port,
        "workers": asdict(workers),
        "wait_scale": 1 / clock_scale if wait_scale is None else wait_scale,
        "clock": asdict(starting_now(clock_scale)),
        "owned": not leave_running,
        "region": region,
    }
    progress("starting the embedded AWS")
    process = spawn(home, settings)
    try:
        state = wait_for_state(process, home)
        wait_for_answer(process, home, state["endpoint_url"])
    except BaseException:
        process.kill()
        process.communicate()
        raise
    progress(f"the embedded AWS answers on {state['endpoint_url']}")
    return _running(state, home, process)


def find_running(home: Path) -> EmbeddedAws | None:
    """Returns the embedded AWS that runs with its files in ``home``, or None."""
    home = home.resolve()
    if is_free(home):
        return None
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
        return _running(json.loads((home / STATE_FILE).read_text()), home)
    return None


def _running(
    state: Mapping[str, Any], home: Path, process: subprocess.Popen[bytes] | None = None
) -> EmbeddedAws:
    clock = ScaledClock(**state["clock"])
    return EmbeddedAws(**{**state, "clock": clock}, home=home, process=process)
