"""A drawing whose parts are drawn by a child process: what a PDF does never reaches the caller."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from tilescout import errors
from tilescout.rendering.child_frames import Frame, read_frame
from tilescout.rendering.process import ChildOutput, RenderLimits, child_environment
from tilescout.rendering.render import require_known_kind
from tilescout.tiling.page_geometry import page_pixels
from tilescout_drawings.pyramid import PagePyramid, PixelArea

CHILD_MODULE = "tilescout_drawings.child"
LIMITS = RenderLimits(wall_seconds=60, cpu_seconds=600, memory_mb=4000)
MAX_AREA_PIXELS = 64_000_000
RAISED_BY_CHILD = {
    "UnreadableDocument": errors.UnreadableDocument,
    "UnsupportedPage": errors.UnsupportedPage,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSize:
    """Width and height in points of a page as shown."""

    width_pt: float
    height_pt: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One optional content group of the PDF. ``is_shown`` is the file's own setting."""

    number: int
    name: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture, a PNG or a JPEG."""

    media_type: str
    body: bytes


class Drawing:
    """One PDF file, opened by a child process when the first part of it is wanted.

    Several threads may ask at once; each request is answered in turn. A child that died, was late
    or used up its CPU time is replaced, and the request that it failed is tried once more.
    """

    def __init__(self, path: Path, limits: RenderLimits = LIMITS) -> None:
        require_known_kind(path)
        self.path = path
        self._limits = limits
        self._child: _Child | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Drawing:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the child; a later request starts another."""
        with self._lock:
            self._end_child()

    @property
    def pages(self) -> tuple[PageSize, ...]:
        """The size of each page. Raises UnreadableDocument, RenderLimitExceeded."""
        return tuple(PageSize(**page) for page in self._facts()["pages"])

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers in the file's order. Raises UnreadableDocument, RenderLimitExceeded."""
        return tuple(Layer(**layer) for layer in self._facts()["layers"])

    def area(
        self,
        page: int,
        *,
        dpi: float,
        size: tuple[int, int],
        area: PixelArea,
        shown_layers: Sequence[int] | None = None,
    ) -> Picture:
        """Returns a part of page ``page`` (from 1), drawn at ``dpi``; the page then has ``size``.

        ``shown_layers`` are numbers of layers, None for those that the file shows itself. Raises
        UnreadableDocument, UnsupportedPage, RenderLimitExceeded.
        """
        width, height = area.right - area.left, area.bottom - area.top
        if width * height > MAX_AREA_PIXELS:
            raise errors.RenderLimitExceeded(
                f"a picture may have {MAX_AREA_PIXELS:,} pixels; this one would have "
                f"{width * height:,}; ask for a smaller part or a lower resolution"
            )
        request = {
            "page": page,
            "dpi": dpi,
            "size": size,
            "area": [area.left, area.top, area.right, area.bottom],
            "shown_layers": None if shown_layers is None else sorted(shown_layers),
        }
        frame = self._asked(request)
        return Picture(frame.value["media_type"], frame.payload)

    def crop(self, page: int, box_pt: Sequence[float], *, dpi: float) -> Image.Image:
        """Returns the part of a page within ``box_pt`` (left, top, right, bottom in points)."""
        scale = dpi / 72
        left, top = (max(0, int(side * scale)) for side in box_pt[:2])
        right, bottom = (max(1, round(side * scale + 0.499)) for side in box_pt[2:])
        shown = self.pages[page - 1]
        width, height = page_pixels(shown.width_pt, shown.height_pt, dpi)
        area = PixelArea(left, top, min(width, right), min(height, bottom))
        picture = self.area(page, dpi=dpi, size=(width, height), area=area)
        return Image.open(io.BytesIO(picture.body))

    def page_image(self, page: int, pyramid: PagePyramid) -> Image.Image:
        """Returns a whole page at the resolution of its detections, put together from parts."""
        level = pyramid.levels - 1 - (pyramid.magnification.bit_length() - 1)
        whole: Image.Image | None = None
        columns, rows = pyramid.columns_and_rows(level)
        for column in range(0, columns, 8):
            for row in range(0, rows, 8):
                area = pyramid.area(level, column, row, 8)
                picture = self.area(
                    page, dpi=pyramid.level_dpi(level), size=pyramid.size(level), area=area
                )
                part = Image.open(io.BytesIO(picture.body))
                if whole is None:
                    whole = Image.new("L", pyramid.size(level), 255)
                if whole.mode == "L" and part.mode != "L":
                    whole = whole.convert("RGB")
                whole.paste(part, (area.left, area.top))
        assert whole is not None
        return whole

    def _facts(self) -> dict[str, Any]:
        with self._lock:
            return self._running().facts

    def _asked(self, request: dict[str, Any]) -> Frame:
        with self._lock:
            is_fresh = self._child is None
            try:
                return self._running().ask(request)
            except errors.RenderLimitExceeded:
                self._end_child()
                if is_fresh:
                    raise
            return self._running().ask(request)

    def _running(self) -> _Child:
        if self._child is None:
            self._child = _Child(self.path, self._limits)
        return self._child

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


class _Child:
    """The process, and the pipes to it."""

    def __init__(self, path: Path, limits: RenderLimits) -> None:
        self._limits = limits
        job = json.dumps({"path": str(path), "limits": asdict(limits)})
        self._process = _SPAWNER.submit(_spawned, job).result()
        with self._ended_by_error():
            self.facts = self._answer().value

    def ask(self, request: dict[str, Any]) -> Frame:
        """Returns the answer. Raises what the child raised, or RenderLimitExceeded."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{json.dumps(request)}\n".encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise _exceeded("the renderer ended") from None
        return self._answer()

    def end(self) -> None:
        """Kills the process and its group; returns when it is gone."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        for pipe in (self._process.stdin, self._process.stdout):
            # What was not sent to a child that is gone cannot be flushed.
            with suppress(BrokenPipeError):
                if pipe is not None:
                    pipe.close()
        self._process.wait()

    @contextmanager
    def _ended_by_error(self) -> Iterator[None]:
        try:
            yield
        except errors.TilescoutError:
            self.end()
            raise

    def _answer(self) -> Frame:
        assert self._process.stdout is not None
        output = ChildOutput(self._process.stdout.fileno(), self._limits.wall_seconds)
        try:
            frame = read_frame(output.read)
        except TimeoutError:
            seconds = self._limits.wall_seconds
            raise _exceeded(f"it took longer than the limit of {seconds:g} seconds") from None
        except EOFError:
            raise _exceeded("the renderer crashed or used up its limits") from None
        if frame.kind == "error":
            raise RAISED_BY_CHILD[frame.value["name"]](frame.value["message"])
        return frame


_SPAWNER = ThreadPoolExecutor(1, thread_name_prefix="drawing-spawner")
"""The kernel ends a child with the thread that started it, and a server's threads come and go."""


def _spawned(job: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", CHILD_MODULE, job],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=child_environment(),
        start_new_session=True,
    )


def _exceeded(reason: str) -> errors.RenderLimitExceeded:
    return errors.RenderLimitExceeded(
        f"the drawing cannot be drawn within the limits: {reason}; simplify or flatten it"
    )
