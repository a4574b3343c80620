"""The progress of a command: live bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table

from tilescout_cli.console import terminal
from tilescout_cli.console.terminal import plain

LINE_SECONDS = 5.0
"""Time between two lines of mere counting where there is no terminal."""
QUIET_SECONDS = 60.0
"""Time between two equal lines."""
BAR_WIDTH = 30
SECONDS_SHOWN = 90
"""Longer times are shown in minutes."""


class Counts(Protocol):
    """Work in progress that can be counted."""

    @property
    def stage(self) -> str:
        """Returns what is being done now, in a few words."""

    @property
    def summary(self) -> str:
        """Returns the stage and all counts in one line."""

    @property
    def bars(self) -> Sequence[tuple[str, int, int]]:
        """Returns a name, how many are done, and of how many, for each bar."""

    @property
    def facts(self) -> Sequence[tuple[str, str]]:
        """Returns a name and a text for each line below the bars."""


class Pace:
    """Tells how much is left and how long it takes, by how fast it went since it was first seen."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[float, int]] = {}

    def outlook(self, bars: Sequence[tuple[str, int, int]], now: float) -> str:
        """Returns what is left of the last bar, as an addition to a line; nothing at its end."""
        name, done, of = bars[-1] if bars else ("", 0, 0)
        if done >= of:
            return ""
        began, before = self._first.setdefault(name, (now, done))
        if done == before:
            return f", {of - done} left"
        seconds = (now - began) / (done - before) * (of - done)
        return f", {of - done} left, about {_duration(seconds)}"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < SECONDS_SHOWN else f"{seconds / 60:.0f} min"


class ProgressView:
    """A context in which progress is shown on standard error.

    ``tell`` prints a line that stays, ``step`` names what is being done, ``show`` shows counts.
    """

    def __init__(self, console: Console = terminal.err, now: Callable[[], float] = time.monotonic):
        self._console = console
        self._now = now
        self._started = now()
        self._step = "starting"
        self._counts: Counts | None = None
        self._pace = Pace()
        self._outlook = ""
        self._last_line = (("", ""), 0.0)
        self._spinner = Spinner("dots")
        self._live = Live(get_renderable=self._render, console=console, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def tell(self, text: str) -> None:
        """Prints a line that stays."""
        self._console.print(plain(text), soft_wrap=not self._console.is_terminal)

    def step(self, text: str, detail: str = "") -> None:
        """Names what is being done; a change of ``detail`` alone is not printed at once."""
        shown = f"{text}, {detail}" if detail else text
        self._step, self._counts, self._outlook = shown, None, ""
        self._line(text, shown)

    def show(self, counts: Counts) -> None:
        """Shows counts that replace those shown before."""
        self._counts = counts
        self._outlook = self._pace.outlook(counts.bars, self._now())
        self._line(counts.stage, counts.summary + self._outlook)

    def _line(self, topic: str, text: str) -> None:
        """Prints, without a terminal, a new topic at once and anything else from time to time."""
        if self._console.is_terminal:
            return
        (last_topic, last_text), at = self._last_line
        patience = QUIET_SECONDS if text == last_text else LINE_SECONDS
        if topic != last_topic or self._now() - at >= patience:
            self._last_line = ((topic, text), self._now())
            self._console.print(plain(f"{self._elapsed():5.1f} s  {text}"), soft_wrap=True)

    def _elapsed(self) -> float:
        return self._now() - self._started

    def _render(self) -> RenderableType:
        doing = self._counts.stage if self._counts else self._step
        self._spinner.update(text=plain(f"{doing}, {self._elapsed():.0f} s{self._outlook}"))
        if self._counts is None:
            return self._spinner
        return Group(self._spinner, _bars(self._counts))


def _bars(counts: Counts) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, done, of in counts.bars:
        bar = ProgressBar(total=of, completed=done, width=BAR_WIDTH)
        table.add_row(name, bar, f"{done}/{of}")
    for name, text in counts.facts:
        table.add_row(name, text, "")
    return table
