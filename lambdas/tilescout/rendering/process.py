"""Runs the rendering child and ends it: whatever a PDF does, the caller's process survives.

Interpreting a page can crash, never end or take any amount of memory, and none of that can be
caught in the process where it happens. So each page is rendered by a child of its own, with limits
on memory and CPU time, that is killed when the time is over. Children are forked by a process that
has loaded MuPDF and waits for the next page; it is killed and replaced after every fault.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import selectors
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from tilescout import errors
from tilescout.profiles import RendererName
from tilescout.rendering.child_frames import Frame, FrameKind, read_frame

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
    """The resources that one child may use, the work that a page may give it, and the library that
    it draws with.

    ``wall_seconds`` counts only time spent waiting for the child, not the caller's own work
    on a tile; ``memory_mb`` is address space, so some 400 MB above what is resident.
    """

    wall_seconds: float = 120
    cpu_seconds: int = 120
    memory_mb: int = 2500
    work: WorkLimits = WorkLimits()
    renderer: RendererName = "pymupdf"


class ChildOutput:
    """Reads the child's pipe, within the seconds that may be spent waiting for it."""

    def __init__(self, descriptor: int, seconds: float) -> None:
        self._descriptor = descriptor
        self._seconds_left = seconds
        self._buffer = bytearray()
        # A pipe of the usual size holds less than a tile.
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            with suppress(OSError):
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, READ_BYTES)

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

    def allow(self, seconds: float) -> None:
        """Sets the seconds that may still be spent waiting."""
        self._seconds_left = seconds

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

    On leaving, whatever happened, the child is gone. The frames raise what the child raised on
    purpose, and RenderLimitExceeded with ``subject`` where it died or was late.
    """
    job = json.dumps({"task": task, "arguments": arguments, "limits": asdict(limits)})
    renderer = _renderer_with(job.encode() + b"\n", limits.renderer)
    renderer.output.allow(limits.wall_seconds)
    try:
        yield _frames(renderer, subject, limits)
    finally:
        if renderer.has_answered and renderer.has_ended():
            _IDLE[limits.renderer].append(renderer)
        else:
            renderer.kill()


class Renderer:
    """A process that has loaded a library and forks a child for each job, one after the other."""

    def __init__(self, library: RendererName) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", CHILD_MODULE, library],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_environment(),
            start_new_session=True,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._jobs = self.process.stdin.fileno()
        self.output = ChildOutput(self.process.stdout.fileno(), 0)
        self.has_answered = False

    def send(self, job: bytes) -> None:
        """Gives it a job. Raises BrokenPipeError where it is gone."""
        self.has_answered = False
        os.write(self._jobs, job)

    def begins(self, job: bytes) -> bool:
        """Gives it a job and tells if it has begun: it may have died while it waited for one."""
        try:
            self.send(job)
        except BrokenPipeError:
            return False
        return self._says("begun")

    def has_ended(self) -> bool:
        """Tells if the child has ended as it should, and said nothing behind its answer."""
        return self._says("ended")

    def _says(self, kind: FrameKind) -> bool:
        self.output.allow(EXIT_SECONDS)
        try:
            return read_frame(self.output.read).kind == kind
        except (TimeoutError, EOFError, ValueError):
            return False

    def kill(self) -> None:
        """Ends the process and its child."""
        with self.process:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)


_IDLE: dict[RendererName, list[Renderer]] = {name: [] for name in get_args(RendererName)}


def _renderer_with(job: bytes, library: RendererName) -> Renderer:
    """Returns a renderer that has begun the job: one that waits for work, else a new one."""
    idle = _IDLE[library]
    while idle:
        renderer = idle.pop()
        if renderer.begins(job):
            return renderer
        renderer.kill()
    renderer = Renderer(library)
    # What ends before it reads is told by its end.
    with suppress(BrokenPipeError):
        renderer.send(job)
    return renderer


@atexit.register
def end_renderers() -> None:
    """Ends the processes that wait for work."""
    for idle in _IDLE.values():
        while idle:
            idle.pop().kill()


def _forget_renderers() -> None:
    for idle in _IDLE.values():
        idle.clear()


# A copy of this process has copies of the pipes, and would talk to the same children.
os.register_at_fork(after_in_child=_forget_renderers)


def _frames(renderer: Renderer, subject: str, limits: RenderLimits) -> Iterator[Frame]:
    while True:
        try:
            frame = read_frame(renderer.output.read)
        except TimeoutError:
            raise _exceeded(subject, _too_slow(limits)) from None
        except EOFError:
            raise _exceeded(subject, _cause_of_death(renderer.process, limits)) from None
        except ValueError as nonsense:
            raise _exceeded(subject, f"the renderer's answer is damaged: {nonsense}") from nonsense
        if frame.kind == "begun":
            continue
        renderer.has_answered = frame.kind in ("result", "error")
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
