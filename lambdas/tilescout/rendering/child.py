"""The rendering child: ``python -m tilescout.rendering.child JOB`` writes frames to its stdout."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, BinaryIO

import pymupdf

from tilescout.errors import RenderLimitExceeded, TilescoutError, UnsupportedPage
from tilescout.profiles import Region
from tilescout.rendering.child_frames import Frame, write_frame
from tilescout.rendering.mupdf_document import error_text, inspect
from tilescout.rendering.page_render import render
from tilescout.rendering.process import RenderLimits, WorkLimits
from tilescout.rendering.requests import RenderRequest
from tilescout.rendering.stroke_reading import read_strokes

PR_SET_PDEATHSIG = 1


def main(job: str) -> None:
    """Does one job and ends."""
    task = json.loads(job)
    with redirect_stdout() as stream:
        apply_limits(task["limits"])
        for frame in _frames(task["task"], task["arguments"], task["limits"]):
            write_frame(stream, frame)


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


def _frames(task: str, arguments: dict[str, Any], limits: dict[str, Any]) -> Iterator[Frame]:
    try:
        if task == "inspect":
            yield Frame("result", asdict(inspect(**arguments, work=WorkLimits(**limits["work"]))))
        elif task == "strokes":
            yield from read_strokes(**arguments, limits=_limits(limits))
        else:
            request = _request(arguments["request"])
            yield from render(arguments["path"], request, _limits(limits))
    except TilescoutError as error:
        yield _error(error)
    except (MemoryError, pymupdf.mupdf.FzErrorSystem):
        yield _error(_out_of_memory(limits["memory_mb"]))
    except (RuntimeError, pymupdf.mupdf.FzErrorBase) as error:
        yield _error(_not_drawable(error))


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


def _not_drawable(error: Exception) -> UnsupportedPage:
    return UnsupportedPage(
        f"a page must be drawable; this one is not ({error_text(error)}); export the PDF again"
    )


def _error(error: TilescoutError) -> Frame:
    return Frame("error", {"name": type(error).__name__, "message": str(error)})


if __name__ == "__main__":
    main(sys.argv[1])
