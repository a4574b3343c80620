"""One process forks a child for each page, and no fault of a page reaches the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.unit.tilescout.rendering.pdf_files import nested_forms
from tests.unit.tilescout.rendering.poison_files import FILES, drawing
from tests.unit.tilescout.rendering.test_poison_documents import warnings_of
from tests.unit.tilescout.rendering.test_rendering import (
    ANY_WORK,
    child_processes,
    children_of,
    marked_page,
    rendered,
    renderers,
    request,
)
from tilescout.errors import RenderLimitExceeded, TilescoutError
from tilescout.rendering import process
from tilescout.rendering.process import RenderLimits
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderedTile

ENDLESS = RenderLimits(wall_seconds=600, cpu_seconds=600, work=ANY_WORK)
CALLER = """
import sys
from pathlib import Path
from tests.unit.tilescout.rendering.test_warm_renderer import ENDLESS, nested_forms, request
from tilescout.rendering.render import render_page
render_page(Path(sys.argv[1]), request(), lambda tile: None, ENDLESS)
"""


@pytest.fixture(autouse=True)
def _no_renderer_waits() -> None:
    process.end_renderers()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return marked_page(tmp_path)


@pytest.fixture
def images(page: Path) -> list[bytes]:
    """What a renderer that has seen nothing else makes of the page."""
    seen = images_of(page)
    process.end_renderers()
    return seen


def images_of(page: Path) -> list[bytes]:
    return [tile.image for tile in rendered(page)[1]]


def end_with(number: signal.Signals) -> Callable[[RenderedTile], None]:
    """Sends the child a signal as soon as it has made a tile."""

    def end(tile: RenderedTile) -> None:
        for child in child_processes():
            os.kill(child, number)

    return end


def until(condition: Callable[[], bool]) -> None:
    """Waits for what comes however slow the machine is."""
    deadline = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_pages_have_one_renderer_and_a_child_each(page: Path, images: list[bytes]) -> None:
    children: list[int] = []
    for _ in range(3):
        render_page(page, request(), lambda tile: children.extend(child_processes()))
    assert images_of(page) == images
    assert len(renderers()) == 1
    assert len(set(children)) == 3
    assert child_processes() == []


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL])
def test_after_a_crash_the_next_page_has_a_new_renderer(
    page: Path, images: list[bytes], number: signal.Signals
) -> None:
    images_of(page)
    (before,) = renderers()
    many = request(dpi=600, tile_size=300)
    with pytest.raises(RenderLimitExceeded, match=f"crashed with {number.name}|was killed"):
        render_page(page, many, end_with(number))
    assert images_of(page) == images
    (after,) = renderers()
    assert after != before
    assert child_processes() == []


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (RenderLimits(wall_seconds=1, work=ANY_WORK), "longer than the limit of 1 seconds"),
        (RenderLimits(cpu_seconds=1, work=ANY_WORK), "more CPU time than the limit of 1 seconds"),
    ],
)
def test_after_a_page_without_end_the_next_page_is_as_ever(
    tmp_path: Path, page: Path, images: list[bytes], limits: RenderLimits, reason: str
) -> None:
    images_of(page)
    with pytest.raises(RenderLimitExceeded, match=reason):
        render_page(nested_forms(tmp_path), request(), lambda tile: None, limits)
    assert child_processes() == []
    assert images_of(page) == images


def test_the_seconds_of_one_page_do_not_count_for_the_next(page: Path) -> None:
    limits = RenderLimits(cpu_seconds=1)
    for _ in range(12):
        render_page(page, request(dpi=600, tile_size=1000), lambda tile: None, limits)


def test_after_a_page_without_memory_the_next_page_is_as_ever(
    page: Path, images: list[bytes]
) -> None:
    images_of(page)
    large = request(dpi=6000, tile_size=20_000)
    with pytest.raises(RenderLimitExceeded):
        render_page(page, large, lambda tile: None, RenderLimits(memory_mb=500))
    assert images_of(page) == images


def test_a_limit_of_memory_holds_for_its_page_alone(page: Path, images: list[bytes]) -> None:
    with pytest.raises(RenderLimitExceeded):
        render_page(page, request(dpi=3000, tile_size=9000), lambda tile: None,
                    RenderLimits(memory_mb=400))  # fmt: skip
    assert len(rendered(page, dpi=3000, tile_size=9000)[1]) > 0
    assert images_of(page) == images


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(FILES))
def test_no_hostile_file_leaves_anything_to_the_next_page(
    tmp_path: Path, page: Path, images: list[bytes], name: str
) -> None:
    hostile = tmp_path / "hostile.pdf"
    hostile.write_bytes(FILES[name][1]())
    with suppress(TilescoutError):
        warnings_of(hostile)
    answer, tiles = rendered(page)
    assert [tile.image for tile in tiles] == images
    assert answer.warnings == ()
    assert child_processes() == []


def test_what_the_caller_raises_leaves_nothing_to_the_next_page(
    page: Path, images: list[bytes]
) -> None:
    def refuse(tile: RenderedTile) -> None:
        raise KeyError(tile.tile.index)

    with pytest.raises(KeyError):
        render_page(page, request(), refuse)
    assert child_processes() == []
    assert images_of(page) == images


def test_a_renderer_that_died_while_it_waited_is_replaced(page: Path, images: list[bytes]) -> None:
    images_of(page)
    (before,) = renderers()
    os.kill(before, signal.SIGKILL)
    assert images_of(page) == images
    assert before not in renderers()


def test_pages_of_two_threads_have_a_renderer_each(tmp_path: Path, images: list[bytes]) -> None:
    paths = [tmp_path / f"{at}.pdf" for at in range(8)]
    for at, path in enumerate(paths):
        path.write_bytes(drawing(pages=at + 1))
    wanted = [images_of(path) for path in paths]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(images_of, paths)) == wanted
    assert child_processes() == []


def test_a_copy_of_the_caller_starts_a_renderer_of_its_own(page: Path, images: list[bytes]) -> None:
    images_of(page)
    copy = os.fork()
    if copy == 0:
        try:
            same = images_of(page) == images
            process.end_renderers()
        finally:
            os._exit(0 if same else 1)
    assert os.waitpid(copy, 0)[1] == 0
    assert images_of(page) == images


def test_a_caller_that_is_killed_leaves_no_process(tmp_path: Path) -> None:
    caller = subprocess.Popen([sys.executable, "-c", CALLER, str(nested_forms(tmp_path))])
    with caller:
        until(lambda: any(map(children_of, children_of(caller.pid))))
        (renderer,) = children_of(caller.pid)
        (child,) = children_of(renderer)
        caller.kill()
    until(lambda: not any(Path("/proc", str(each)).exists() for each in (renderer, child)))


def test_a_file_is_found_from_the_folder_that_the_caller_is_in_by_now(
    page: Path, images: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    images_of(page)
    monkeypatch.chdir(page.parent)
    assert images_of(Path(page.name)) == images
