"""Worker processes, each in a session of its own, which answer frames over a socket pair."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from tilescout_local.errors import WorkerDied, WorkerTimedOut
from tilescout_local.processes import framing
from tilescout_local.processes.process_tree import descendants

SAMPLE_SECONDS = 0.05


class Reaper:
    """The server's handle of the reaper process, which is told the process groups to end."""

    def __init__(self, lock: int) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-E", str(Path(__file__).with_name("reaper.py"))],
            stdin=subprocess.PIPE,
            pass_fds=[lock],
            start_new_session=True,
        )

    def watch(self, group: int) -> None:
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        self._tell(f"-{group}\n")

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()


class WorkerProcess:
    """A child that leads its own session; ``ask`` sends one frame and waits for one frame."""

    def __init__(
        self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, reaper: Reaper
    ) -> None:
        ours, theirs = socket.socketpair()
        self._warden = reaper
        # A file, as descendants of the process write to it too, and a pipe could block them.
        self._output: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        with theirs:
            self._process = subprocess.Popen(
                [*argv, str(theirs.fileno())],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._socket = ours
        self._ended = False
        reaper.watch(self.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(
        self,
        frame: bytes,
        *,
        timeout_seconds: float,
        sample: Callable[[int], None] = lambda _: None,
    ) -> bytes:
        """Sends ``frame`` and returns the answer; ``sample(pid)`` is called every 50 ms meanwhile.

        Raises WorkerDied if the process ended first, and WorkerTimedOut without an answer within
        ``timeout_seconds``; the process group has then been killed.
        """
        deadline = time.monotonic() + timeout_seconds
        try:
            framing.send(self._socket, frame)
            sample(self.pid)
            while not self._readable(deadline):
                sample(self.pid)
            answer = framing.receive(self._socket)
        except OSError as error:
            raise WorkerDied(self.ending()) from error
        if answer is None:
            raise WorkerDied(self.ending())
        sample(self.pid)
        return answer

    def _readable(self, deadline: float) -> bool:
        left = deadline - time.monotonic()
        if left <= 0:
            self.kill()
            raise WorkerTimedOut(f"worker {self.pid} did not answer in time")
        ready, _, _ = select.select([self._socket], [], [], min(SAMPLE_SECONDS, left))
        return bool(ready)

    def ending(self) -> str:
        """Returns how the process ended, in the words of the Lambda runtime."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(5)
            if code < 0:
                return f"signal: {signal.strsignal(-code)}".lower()
            return f"exit status {code}"
        return "the channel closed"

    def crash(self) -> None:
        """Kills the group while another thread waits for its answer; that thread clears up."""
        self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kills the whole group and every descendant that left it; a second call does nothing."""
        if self._ended:
            return
        self._ended = True
        strays = descendants(self.pid)
        self._signal(signal.SIGKILL)
        for pid in strays:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._socket.close()
        self._warden.forget(self.pid)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def take_output(self) -> str:
        """Returns what was written to stdout and stderr since the last call."""
        self._output.seek(0, os.SEEK_END)
        size = self._output.tell()
        text = os.pread(self._output.fileno(), size, 0).decode(errors="replace")
        self._output.seek(0)
        self._output.truncate(0)
        return text
