"""Sample drawings broken at random: each is read or refused with a reason; the reader lives on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutations.mutated import mutations
from tests.unit.tilescout.rendering.pdf_files import blank_page
from tests.unit.tilescout.rendering.test_rendering import child_processes, request
from tilescout.errors import RenderLimitExceeded, UnreadableDocument, UnsupportedPage
from tilescout.rendering.process import RenderLimits
from tilescout.rendering.render import inspect_document, render_page
from tilescout_samples import write_samples

LIMITS = RenderLimits(wall_seconds=600, cpu_seconds=600, memory_mb=1500)
REFUSED = (UnreadableDocument, UnsupportedPage, RenderLimitExceeded)
PER_SEED = 200
LONG_SEEDS = range(100, 110)
RULE_AND_REMEDY = re.compile(r".{15,}[;:] .{5,}")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return sample_files(tmp_path_factory.mktemp("samples"))


def sample_files(folder: Path) -> list[bytes]:
    """Returns the lighter sample drawings, and a small file of which every byte matters."""
    written = [path.read_bytes() for path in write_samples(folder) if path.suffix == ".pdf"]
    return [*sorted(written, key=len)[:2], small_file()]


def small_file() -> bytes:
    document, page = blank_page(200, 200)
    page.insert_text((20, 40), "FV-1023")
    page.draw_rect((50, 50, 150, 150))
    body: bytes = document.tobytes(deflate=False)
    document.close()
    return body


def fate(path: Path, number: int) -> str:
    """Returns the fate of a file: half of them are inspected, half rendered, each in its child."""
    try:
        if number % 2:
            inspect_document(path, max_pages=10_000, limits=LIMITS)
        else:
            render_page(path, request(dpi=10, tile_size=400), lambda tile: None, LIMITS)
    except REFUSED as error:
        assert RULE_AND_REMEDY.match(str(error)), str(error)
        return type(error).__name__
    return "read"


def fates(files: Iterator[bytes], folder: Path) -> Counter[str]:
    """Counts the fates. Any other exception fails the test."""
    path = folder / "upload.pdf"
    found: Counter[str] = Counter()
    for number, file in enumerate(files):
        path.write_bytes(file)
        found[fate(path, number)] += 1
    assert child_processes() == []
    assert list(folder.iterdir()) == [path]
    return found


@pytest.mark.fault("P13")
@pytest.mark.parametrize("count", [40, pytest.param(200, marks=pytest.mark.long)])
def test_broken_files_are_read_or_refused(samples: list[bytes], tmp_path: Path, count: int) -> None:
    found = fates(mutations(samples, count, seed=6), tmp_path)
    assert found.total() == count
    assert min(found["read"], found["UnreadableDocument"]) >= count // 10


@pytest.mark.long
@pytest.mark.fault("P13")
@pytest.mark.parametrize("seed", LONG_SEEDS)
def test_two_thousand_broken_files_are_read_or_refused(
    samples: list[bytes], tmp_path: Path, seed: int
) -> None:
    assert fates(mutations(samples, PER_SEED, seed), tmp_path).total() == PER_SEED
