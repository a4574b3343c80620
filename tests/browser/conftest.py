"""One browser for all tests, and a served folder for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium
from tests.browser.chromium import Viewer
from tests.unit.tilescout_viewer.result_folders import write_drawing, write_result
from tilescout_examples.saved_profile import ProfilePlaces
from tilescout_reviews.review import Author
from tilescout_viewer import server
from tilescout_viewer.sources import LocalFiles

Serve = Callable[..., str]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, chromium.launch(playwright) as launched:
        yield launched


@pytest.fixture(scope="session")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("drawing") / "drawing.pdf"
    write_drawing(path)
    return path


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def folder(tmp_path: Path, drawing: Path) -> Path:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "drawing.pdf").write_bytes(drawing.read_bytes())
    return write_result(tmp_path / "out")


@pytest.fixture
def serve(cache: Path) -> Iterator[Serve]:
    """Serves folders until the test ends; returns the address with the token."""
    with ExitStack() as stack:
        seconds = iter(range(1_800_000_000, 1_900_000_000))

        def serving(*paths: Path, reviewer: str = "ann") -> str:
            author = Author(name=reviewer, now=lambda: next(seconds))
            places = ProfilePlaces(folder=paths[0].parent / "profiles")
            library = server.library(LocalFiles(paths), author, cache, places)
            return stack.enter_context(server.serving(library))

        yield serving


@pytest.fixture
def viewer(browser: Browser, serve: Serve, folder: Path) -> Iterator[Viewer]:
    with chromium.viewer(browser, serve(folder)) as opened:
        yield opened
