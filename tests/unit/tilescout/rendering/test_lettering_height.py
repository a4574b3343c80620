"""The height of a page's lettering, as the renderer measures it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.tilescout.rendering.pdf_files import blank_page, save
from tilescout.profiles import Profile
from tilescout.rendering.render import inspect_for_profile
from tilescout.rendering.requests import LetteringHeight, MeasuredLettering, measured_lettering

TEXT = Profile(name="text", detector="textract", dpi=200, max_dpi=400, tile_size=2048, overlap=256)
CAPITALS = 0.72
"""The height of Helvetica's capitals, in ems."""


def drawing(folder: Path, size: float, render_mode: int = 0, pages: int = 1) -> Path:
    document, page = blank_page()
    for number in range(pages):
        page = page if number == 0 else document.new_page(width=600, height=400)
        for line in range(20, 390, 25):
            page.insert_text(
                (20, line), "VALVE 1023 MOTOR 4711 X", fontsize=size, render_mode=render_mode
            )
    return save(document, folder)


def measured(path: Path, profile: Profile = TEXT) -> LetteringHeight:
    height = inspect_for_profile(path, profile).pages[0].lettering
    assert height is not None
    return height


@pytest.mark.parametrize("size", [2.5, 4, 8])
def test_capitals_are_measured_in_the_pixels(tmp_path: Path, size: float) -> None:
    height = measured(drawing(tmp_path, size))
    assert height.typical_pt == pytest.approx(CAPITALS * size, abs=0.3)
    assert height.small_pt == pytest.approx(CAPITALS * size, abs=0.3)


def test_the_smallest_tenth_is_measured_apart(tmp_path: Path) -> None:
    document, page = blank_page()
    for line in range(20, 300, 25):
        page.insert_text((20, line), "VALVE 1023 MOTOR 4711 X", fontsize=10)
    for line in range(320, 390, 10):
        page.insert_text((20, line), "SMALL 1023 NOTES 4711 X", fontsize=4)
    height = measured(save(document, tmp_path))
    assert height.typical_pt == pytest.approx(7.2, abs=0.3)
    assert height.small_pt == pytest.approx(2.88, abs=0.3)


def test_invisible_words_tell_the_height_where_the_ink_shows_no_letters(tmp_path: Path) -> None:
    height = measured(drawing(tmp_path, 8, render_mode=3))
    assert height.letters > 50
    assert 4 < height.typical_pt < 10


def test_what_the_layer_reads_needs_no_dpi_where_the_layer_comes_first(tmp_path: Path) -> None:
    first = replace(TEXT, text_layer="first")
    assert measured(drawing(tmp_path, 3), first) == LetteringHeight()


def test_a_blank_page_has_no_letters(tmp_path: Path) -> None:
    document, _ = blank_page()
    assert measured(save(document, tmp_path)) == LetteringHeight()


def test_ten_pages_of_a_document_are_measured(tmp_path: Path) -> None:
    facts = inspect_for_profile(drawing(tmp_path, 8, pages=12), TEXT)
    assert [page.lettering is None for page in facts.pages] == [False] * 10 + [True] * 2


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, "all"),
        ({"text_layer": "first"}, "outside-words"),
        ({"max_dpi": 0}, "none"),
        ({"detector": "pdf-text"}, "none"),
    ],
)
def test_the_profile_says_which_lettering_decides(
    changes: dict[str, object], wanted: MeasuredLettering
) -> None:
    assert measured_lettering(replace(TEXT, **changes)) == wanted  # type: ignore[arg-type]
