"""Text larger than the tiles, through the whole system: with a second scale, and without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.local.drawings import drawing
from tests.local.system import TEXTRACT, Configuration, System, deployed, synthesised
from tilescout.documents import Document

pytestmark = pytest.mark.long

LETTERS = 900.0
"""The font size in points; at 72 dpi the capitals are 650 px high, in tiles of 512 px with 64 px
overlap."""
TITLE = (100.0, 960.0, "PLAN 27")
SIZE = (3800.0, 1200.0)


def profiles(configuration: Configuration) -> None:
    plain = {"detector": "textract", "dpi": 72, "tile_size": 512, "overlap": 64}
    configuration["profiles"] = {
        "once": plain | {"default": True},
        "twice": plain | {"second_scale": "page"},
    }


def titled() -> bytes:
    """Returns a sheet with a title across it."""
    return drawing(TITLE, size=SIZE, font=LETTERS)


@dataclass(frozen=True)
class BothProfiles:
    system: System
    once: Document
    twice: Document
    billed: int


@pytest.fixture(scope="module")
def both_profiles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BothProfiles]:
    """Runs the title under both profiles."""
    assembly = synthesised(tmp_path_factory.mktemp("scales"), profiles)
    with deployed(tmp_path_factory.mktemp("scales-aws"), assembly) as system:
        ids = [system.queued(titled(), name, f"{name}.pdf") for name in ("once", "twice")]
        assert system.run("textract") == "SUCCEEDED"
        once, twice = map(system.document, ids)
        yield BothProfiles(system, once, twice, system.billed(TEXTRACT))


def test_text_larger_than_the_tiles_is_found_once_with_a_second_scale(
    both_profiles: BothProfiles,
) -> None:
    (found,) = [
        row for row in both_profiles.system.rows(both_profiles.twice.id) if row["text"] == "PLAN 27"
    ]

    left, top, right, bottom = found["box_px"]
    assert (left, right) == (pytest.approx(170, abs=60), pytest.approx(3680, abs=100))
    assert (top, bottom) == (pytest.approx(310, abs=60), pytest.approx(960, abs=60))
    assert found["open_sides"] == []


def test_without_a_second_scale_it_is_not_found(both_profiles: BothProfiles) -> None:
    assert both_profiles.once.status == "DONE"
    assert "PLAN 27" not in both_profiles.system.texts(both_profiles.once.id)


def test_the_second_scale_costs_one_call(both_profiles: BothProfiles) -> None:
    assert both_profiles.twice.tiles_planned == both_profiles.once.tiles_planned + 1
    assert both_profiles.billed == both_profiles.once.calls + both_profiles.twice.calls
    assert both_profiles.twice.calls == both_profiles.once.calls + 1
