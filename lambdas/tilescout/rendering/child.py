"""The rendering child: ``python -m tilescout.rendering.child RENDERER`` does the jobs on its stdin.

Loading a library takes longer than many a page. So this process loads it once, and forks a child of
its own for each job: it never opens a file itself, and no page meets anything that another one
left. A child that ends otherwise than it should takes this process with it.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import select
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, BinaryIO, cast

from PIL import Image

from tilescout.errors import RenderLimitExceeded, TilescoutError, UnsupportedPage
from tilescout.profiles import Region, RendererName
from tilescout.rendering.child_frames import Frame, write_frame
from tilescout.rendering.inspection import inspect
from tilescout.rendering.page_render import render
from tilescout.rendering.port import DocumentFile, Library, load_library
from tilescout.rendering.process import RenderLimits, WorkLimits
from tilescout.rendering.requests import RenderRequest
from tilescout.rendering.stroke_reading import read_strokes

PR_SET_PDEATHSIG = 1
STDIN = 0
READ_BYTES = 1 << 16


def main() -> None:
    """Forks a child for each job on stdin, a line of JSON, until stdin ends."""
    stream = redirect_stdout()
    library = load_library(cast(RendererName, sys.argv[1]))
    Image.preinit()
    # What is collected later would be copied in every child.
    gc.freeze()
    while job := _next_job():
        write_frame(stream, Frame("begun"))
        ended, child_end = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(ended)
            _do(json.loads(job), library, stream)
            return
        os.close(child_end)
        _wait_for(child, ended)
        write_frame(stream, Frame("ended"))


def _next_job() -> bytes:
    """Returns the next line of stdin, empty at its end."""
    job = b""
    while not job.endswith(b"\n"):
        received = os.read(STDIN, READ_BYTES)
        if not received:
            return b""
        job += received
    return job


def _do(job: dict[str, Any], library: Library, stream: BinaryIO) -> None:
    """Does one job in a child, whose frames are all that leaves it."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, STDIN)
    apply_limits(job["limits"])
    for frame in _frames(job, library):
        write_frame(stream, frame)
        if frame.kind != "tile":
            # To free every object of a page may take longer than to draw it.
            os._exit(0)


def _wait_for(child: int, ended: int) -> None:
    """Waits for a child and ends as it did, unless it ended well.

    ``ended`` is a pipe whose other side only the child has. All of the group is killed where the
    caller is gone, whose jobs these are.
    """
    readable, _, _ = select.select([ended, STDIN], [], [])
    if ended not in readable:
        os.killpg(0, signal.SIGKILL)
    os.close(ended)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(-code, signal.SIG_DFL) if -code != signal.SIGKILL else None
        os.kill(os.getpid(), -code)
    if code:
        sys.exit(code)


def redirect_stdout() -> BinaryIO:
    """Returns the pipe to the parent; what a library prints goes to stderr from here on."""
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return stream


def apply_limits(limits: dict[str, Any]) -> None:
    """Sets the limits of this process on CPU time and memory; it dies with its parent."""
    cpu_seconds = limits["cpu_seconds"]
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        memory = limits["memory_mb"] * 1_000_000
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        # A parent that is killed cannot end its child: the kernel does it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _frames(job: dict[str, Any], library: Library) -> Iterator[Frame]:
    limits = _limits(job["limits"])
    try:
        yield from _answers(job["task"], job["arguments"], limits, library)
    except TilescoutError as error:
        yield _error(error)
    except library.out_of_memory:
        yield _error(_out_of_memory(limits.memory_mb))
    except library.faults as error:
        yield _error(_not_drawable(library.error_text(error)))


def _answers(
    task: str, arguments: dict[str, Any], limits: RenderLimits, library: Library
) -> Iterator[Frame]:
    file = DocumentFile(arguments.pop("path"), library)
    if task == "inspect":
        yield Frame("result", asdict(inspect(file, **arguments, work=limits.work)))
    elif task == "strokes":
        yield from read_strokes(file, **arguments, limits=limits)
    else:
        yield from render(file, _request(arguments["request"]), limits)


def _limits(value: dict[str, Any]) -> RenderLimits:
    return RenderLimits(**{**value, "work": WorkLimits(**value["work"])})


def _request(value: dict[str, Any]) -> RenderRequest:
    regions = {
        name: tuple(Region(**region) for region in value[name]) for name in ("include", "exclude")
    }
    return RenderRequest(**{**value, **regions})


def _out_of_memory(memory_mb: int) -> RenderLimitExceeded:
    return RenderLimitExceeded(
        f"rendering may take {memory_mb} MB of memory; this takes more; "
        "simplify the drawing or lower the resolution of its images"
    )


def _not_drawable(reason: str) -> UnsupportedPage:
    return UnsupportedPage(
        f"a page must be drawable; this one is not ({reason}); export the PDF again"
    )


def _error(error: TilescoutError) -> Frame:
    return Frame("error", {"name": type(error).__name__, "message": str(error)})


if __name__ == "__main__":
    main()
