"""What a person sees while waiting: live bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table

from tilescout_cli.console import terminal
from tilescout_cli.console.terminal import dollars, plain
from tilescout_cli.runs.progress import Totals

LINE_SECONDS = 5.0
"""Between two lines of mere counting where there is no terminal."""
QUIET_SECONDS = 60.0
"""Between two equal lines."""
BAR_WIDTH = 30


def summary(totals: Totals) -> str:
    """One line: stage, pages, tiles, calls, dollars, the model and its price."""
    parts = [stage(totals)]
    if totals.pages:
        parts.append(f"pages tiled {totals.pages_tiled}/{totals.pages}")
    if totals.tiles:
        parts.append(f"tiles answered {totals.tiles_ended}/{totals.tiles}")
    parts.append(f"calls {totals.calls} ({dollars(totals.usd)})")
    if totals.model:
        parts.append(f"model {totals.model}")
    return ", ".join(parts)


def stage(totals: Totals) -> str:
    if totals.settled == totals.documents:
        return "stopping the model" if totals.model.doing else "done"
    if totals.in_intake:
        return "tiling pages" if totals.pages else "checking the PDF"
    if not totals.running:
        return "waiting for a run"
    if totals.model.doing == "starting":
        return "starting the model"
    if totals.tiles_ended < totals.tiles:
        return "detecting"
    return "merging"


class ProgressView:
    """A context; ``tell`` says a line that stays, ``step`` what goes on, ``show`` the counts."""

    def __init__(self, console: Console = terminal.err, now: Callable[[], float] = time.monotonic):
        self._console = console
        self._now = now
        self._started = now()
        self._step = "starting"
        self._totals: Totals | None = None
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
        self._console.print(plain(text), soft_wrap=not self._console.is_terminal)

    def step(self, text: str, detail: str = "") -> None:
        """``detail`` may change without being news."""
        shown = f"{text}, {detail}" if detail else text
        self._step, self._totals = shown, None
        self._line(text, shown)

    def show(self, totals: Totals) -> None:
        self._totals = totals
        self._line(stage(totals), summary(totals))

    def _line(self, topic: str, text: str) -> None:
        """Without a terminal: a new topic at once, new counts and no news now and then."""
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
        doing = stage(self._totals) if self._totals else self._step
        self._spinner.update(text=plain(f"{doing}, {self._elapsed():.0f} s"))
        if self._totals is None:
            return self._spinner
        return Group(self._spinner, _bars(self._totals))


def _bars(totals: Totals) -> Table:
    bars = Table.grid(padding=(0, 2))
    for name, done, of in (
        ("pages tiled", totals.pages_tiled, totals.pages),
        ("tiles answered", totals.tiles_ended, totals.tiles),
    ):
        if of:
            bar = ProgressBar(total=of, completed=done, width=BAR_WIDTH)
            bars.add_row(name, bar, f"{done}/{of}")
    failed = f", {totals.tiles_failed} tiles failed" if totals.tiles_failed else ""
    bars.add_row("calls", f"{totals.calls}, {dollars(totals.usd)}{failed}", "")
    if totals.model:
        bars.add_row("model", str(totals.model), "")
    return bars
