"""Runs the rendering child and ends it: whatever a PDF does, the caller's process survives.

Interpreting a page can crash, never end or take any amount of memory, and none of that can be
caught in the process where it happens. So each page is rendered by a child in a session of its
own, with limits on memory and CPU time, that is killed with its group when the time is over.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tilescout import errors
from tilescout.rendering.child_frames import Frame, read_frame

CHILD_MODULE = "tilescout.rendering.child"
READ_BYTES = 1 << 20
EXIT_SECONDS = 5.0
RAISED_BY_CHILD = {
    "UnreadableDocument": errors.UnreadableDocument,
    "UnsupportedPage": errors.UnsupportedPage,
    "RenderLimitExceeded": errors.RenderLimitExceeded,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLimits:
    """The work that one page may need, counted before it is drawn: the same on every machine.

    ``inflated_mb`` counts content, each form as often as it is drawn, and the fonts and shadings
    used; ``image_megapixels`` counts each image as often as it is drawn; ``path_segments`` bounds
    a single path, as filling it takes more than its share. The most that a page of 17 public
    drawings needs is 23 MB, 13 megapixels and 8,758 segments.
    """

    inflated_mb: int = 200
    image_megapixels: int = 10_000
    path_segments: int = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderLimits:
    """The resources that one child may use, and the work that a page may give it.

    ``wall_seconds`` counts only time spent waiting for the child, not the caller's own work
    on a tile; ``memory_mb`` is address space, so some 400 MB above what is resident.
    """

    wall_seconds: float = 120
    cpu_seconds: int = 120
    memory_mb: int = 2500
    work: WorkLimits = WorkLimits()


class ChildOutput:
    """Reads the child's pipe, within the seconds that may be spent waiting for it."""

    def __init__(self, descriptor: int, seconds: float) -> None:
        self._descriptor = descriptor
        self._seconds_left = seconds
        self._buffer = bytearray()

    def read(self, count: int) -> bytes:
        """Returns exactly ``count`` bytes; raises EOFError at the end, TimeoutError when late."""
        while len(self._buffer) < count:
            self._wait()
            received = os.read(self._descriptor, READ_BYTES)
            if not received:
                raise EOFError
            self._buffer += received
        wanted = bytes(self._buffer[:count])
        del self._buffer[:count]
        return wanted

    def _wait(self) -> None:
        started = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self._descriptor, selectors.EVENT_READ)
            ready = selector.select(max(0.0, self._seconds_left))
        self._seconds_left -= time.monotonic() - started
        if not ready:
            raise TimeoutError


@contextmanager
def child_frames(
    task: str, arguments: dict[str, Any], *, subject: str, limits: RenderLimits
) -> Iterator[Iterator[Frame]]:
    """Runs ``task`` in a child and gives its frames up to and including the result.

    On leaving, whatever happened, the child and its group are gone. The frames raise what the
    child raised on purpose, and RenderLimitExceeded with ``subject`` where it died or was late.
    """
    job = json.dumps({"task": task, "arguments": arguments, "limits": asdict(limits)})
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", CHILD_MODULE, job],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=child_environment(),
        start_new_session=True,
    )
    with child:
        try:
            yield _frames(child, subject, limits)
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)


def _frames(child: subprocess.Popen[bytes], subject: str, limits: RenderLimits) -> Iterator[Frame]:
    assert child.stdout is not None
    output = ChildOutput(child.stdout.fileno(), limits.wall_seconds)
    while True:
        try:
            frame = read_frame(output.read)
        except TimeoutError:
            raise _exceeded(subject, _too_slow(limits)) from None
        except EOFError:
            raise _exceeded(subject, _cause_of_death(child, limits)) from None
        except ValueError as nonsense:
            raise _exceeded(subject, f"the renderer's answer is damaged: {nonsense}") from nonsense
        if frame.kind == "error":
            raise RAISED_BY_CHILD[frame.value["name"]](frame.value["message"])
        yield frame
        if frame.kind == "result":
            return


def _too_slow(limits: RenderLimits) -> str:
    return f"it took longer than the limit of {limits.wall_seconds:g} seconds"


def _cause_of_death(child: subprocess.Popen[bytes], limits: RenderLimits) -> str:
    try:
        code = child.wait(EXIT_SECONDS)
    except subprocess.TimeoutExpired:
        return "the renderer closed its pipe and did not end"
    if code == -signal.SIGXCPU:
        return f"it used more CPU time than the limit of {limits.cpu_seconds} seconds"
    if code == -signal.SIGKILL:
        return f"the renderer was killed; its memory limit is {limits.memory_mb} MB"
    if code < 0:
        return f"the renderer crashed with {signal.Signals(-code).name}"
    return f"the renderer ended early with exit status {code}"


def _exceeded(subject: str, reason: str) -> errors.RenderLimitExceeded:
    return errors.RenderLimitExceeded(
        f"{subject} cannot be rendered within the limits: {reason}; "
        "simplify or flatten the drawing and upload it again"
    )


def child_environment() -> dict[str, str]:
    """Returns only the paths of the code: the process that reads PDFs gets no credentials."""
    code = (str(Path(entry).resolve()) for entry in sys.path if entry)
    return {
        "PYTHONPATH": os.pathsep.join(code),
        "LD_LIBRARY_PATH": str(sysconfig.get_config_var("LIBDIR")),
        "OPENBLAS_NUM_THREADS": "1",
    }
