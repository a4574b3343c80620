"""SQS at least once with visibility, and the event source that feeds a Lambda function from it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.simulation.clock import Clock, Sleeping

FIRST_CONCURRENCY = 5
CONCURRENCY_GROWTH = 5
"""Further invocations per second while a backlog lasts: 300 per minute."""
LAMBDA_CONCURRENCY = 1000


class FunctionFailed(Exception):
    """The function raised, ran out of time or was killed."""


@dataclass(slots=True, eq=False)
class Message:
    """``expires_ms`` ends its retention, whether or not anybody received it."""

    body: Any
    expires_ms: int
    received: int = 0
    deleted: bool = False


class Queue:
    """``visibility`` and ``retention`` in seconds. A message may be received more than once."""

    def __init__(self, clock: Clock, *, visibility: float, retention: float) -> None:
        self._clock = clock
        self._visibility = visibility
        self._retention = retention
        self._visible: deque[Message] = deque()
        self.on_visible: Callable[[], None] = lambda: None
        self.expired = 0

    @property
    def visible(self) -> int:
        """Returns ApproximateNumberOfMessages: not those in flight, nor those delayed."""
        return len(self._visible)

    def send(self, body: Any, delay: float = 0.0) -> None:
        message = Message(body, self._clock.now_ms + round(self._retention * 1000))
        self._clock.after(delay, lambda: self._show(message))

    def _show(self, message: Message) -> None:
        if message.deleted:
            return
        if self._clock.now_ms >= message.expires_ms:
            self.expired += 1
            return
        self._visible.append(message)
        self.on_visible()

    def receive(self) -> Message | None:
        """Returns the oldest visible message, hidden until its visibility ends or it is deleted."""
        while self._visible:
            message = self._visible.popleft()
            if self._clock.now_ms >= message.expires_ms:
                self.expired += 1
                continue
            message.received += 1
            self._clock.after(self._visibility, partial(self._show, message))
            return message
        return None

    def delete(self, message: Message) -> None:
        message.deleted = True


class EventSource:
    """Invokes ``function`` with one message at a time, as far as concurrency allows.

    Enabling and disabling take ``toggle_seconds``; what is in flight goes on.
    """

    def __init__(
        self,
        clock: Clock,
        queue: Queue,
        function: Callable[[Any], Sleeping],
        *,
        enabled: bool = True,
        concurrency: int = LAMBDA_CONCURRENCY,
        toggle_seconds: float = 20,
    ) -> None:
        self._clock = clock
        self._queue = queue
        self._function = function
        self._concurrency = concurrency
        self._toggle_seconds = toggle_seconds
        self._busy_since_ms: int | None = None
        self._waits = False
        self.state = "Enabled" if enabled else "Disabled"
        self.in_flight = 0
        self.invocations = 0
        queue.on_visible = self.dispatch

    def toggle(self, *, enabled: bool) -> str:
        """Returns the state that the service answers with. It gets there a little later."""
        self.state = "Enabling" if enabled else "Disabling"
        wanted = "Enabled" if enabled else "Disabled"

        def settle() -> None:
            if self.state == ("Enabling" if enabled else "Disabling"):
                self.state = wanted
                self.dispatch()

        self._clock.after(self._toggle_seconds, settle)
        return self.state

    def _allowed(self) -> int:
        if not self._queue.visible:
            self._busy_since_ms = None
            return self._concurrency
        if self._busy_since_ms is None:
            self._busy_since_ms = self._clock.now_ms
        busy = (self._clock.now_ms - self._busy_since_ms) / 1000
        return min(self._concurrency, FIRST_CONCURRENCY + int(CONCURRENCY_GROWTH * busy))

    def dispatch(self) -> None:
        """Hands out visible messages, and looks again soon while concurrency still grows."""
        allowed = self._allowed()
        while self.state == "Enabled" and self.in_flight < allowed:
            message = self._queue.receive()
            if message is None:
                return
            self.in_flight += 1
            self.invocations += 1
            self._clock.spawn(self._invoke(message))
        if self.state == "Enabled" and self._queue.visible and allowed < self._concurrency:
            self._look_again()

    def _look_again(self) -> None:
        if self._waits:
            return
        self._waits = True

        def look() -> None:
            self._waits = False
            self.dispatch()

        self._clock.after(1, look)

    def _invoke(self, message: Message) -> Sleeping:
        try:
            yield from self._function(message.body)
        except FunctionFailed:
            pass
        else:
            self._queue.delete(message)
        finally:
            self.in_flight -= 1
        self.dispatch()
