"""Painted paths become segments in points of the page as it is shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pymupdf
import pytest

from tilescout.detector_kinds import DetectorName
from tilescout.errors import UnreadableDocument
from tilescout.profiles import Profile
from tilescout.rendering.page_strokes import PageStrokes, PageWord, Style
from tilescout.rendering.render import inspect_for_profile, read_strokes


def drawn(path: Path, *, rotation: int = 0) -> pymupdf.Page:
    document = pymupdf.open()
    page = document.new_page(width=300, height=200)
    page.set_rotation(rotation)
    return page


def read(page: pymupdf.Page, path: Path) -> PageStrokes:
    page.parent.save(path)
    return read_strokes(path, 1)


def test_a_line_has_its_ends_and_its_style(tmp_path: Path) -> None:
    page = drawn(tmp_path)
    page.draw_line((10, 20), (110, 20), color=(1, 0, 0), width=2)
    strokes = read(page, tmp_path / "line.pdf")
    assert strokes.segments.round(2).tolist() == [[10, 20, 110, 20]]
    assert strokes.styles == (Style("stroke", (1.0, 0.0, 0.0), 2.0),)
    assert (strokes.width, strokes.height) == (300, 200)


def test_a_turned_page_is_read_as_it_is_shown(tmp_path: Path) -> None:
    page = drawn(tmp_path)
    page.draw_line((10, 20), (110, 20))
    page.set_rotation(90)
    strokes = read(page, tmp_path / "turned.pdf")
    assert strokes.segments.round(2).tolist() == [[180, 10, 180, 110]]
    assert (strokes.width, strokes.height) == (200, 300)


def test_a_rectangle_has_four_sides_and_corners(tmp_path: Path) -> None:
    page = drawn(tmp_path)
    page.draw_rect((10, 10, 60, 40))
    strokes = read(page, tmp_path / "rectangle.pdf")
    assert sorted(strokes.segments.round(1).tolist()) == [
        [10, 10, 10, 40], [10, 10, 60, 10], [10, 40, 60, 40], [60, 10, 60, 40],
    ]  # fmt: skip
    assert strokes.corners.all()


def test_a_circle_is_followed_closely_and_its_points_in_between_are_no_corners(
    tmp_path: Path,
) -> None:
    page = drawn(tmp_path)
    page.draw_circle((100, 100), 40)
    strokes = read(page, tmp_path / "circle.pdf")
    radii = np.hypot(*(strokes.segments.reshape(-1, 2) - [100, 100]).T)
    assert np.abs(radii - 40).max() < 0.1
    assert 4 <= strokes.corners.sum() <= 8
    assert len(strokes.segments) > 16


def test_a_line_drawn_twice_is_one(tmp_path: Path) -> None:
    page = drawn(tmp_path)
    page.draw_line((10, 20), (110, 20))
    page.draw_line((110, 20), (10, 20))
    assert len(read(page, tmp_path / "twice.pdf").segments) == 1


def test_white_fills_only_cover_and_are_left_out(tmp_path: Path) -> None:
    page = drawn(tmp_path)
    page.draw_rect((10, 10, 60, 40), color=None, fill=(1, 1, 1))
    page.draw_rect((100, 10, 160, 40), color=None, fill=(0, 0, 0))
    strokes = read(page, tmp_path / "fills.pdf")
    assert {style.kind for style in strokes.styles} == {"fill"}
    assert strokes.segments[:, 0].min() >= 99


def test_a_page_without_paths_has_no_segments(tmp_path: Path) -> None:
    page = drawn(tmp_path)
    page.insert_text((50, 50), "only text")
    assert len(read(page, tmp_path / "text.pdf").segments) == 0


def words(page: pymupdf.Page, path: Path) -> list[tuple[str, list[int]]]:
    return [(word.text, list(word.box.rounded())) for word in read(page, path).words]


def test_words_have_their_boxes_in_points(tmp_path: Path) -> None:
    page = drawn(tmp_path)
    page.insert_text((50, 60), "J box", fontsize=10)
    assert [text for text, _ in words(page, tmp_path / "words.pdf")] == ["J", "box"]
    left, top, right, bottom = words(page, tmp_path / "words.pdf")[0][1]
    assert 49 <= left < right <= 56
    assert 48 <= top < bottom <= 64


def test_words_of_a_turned_page_lie_as_they_are_shown(tmp_path: Path) -> None:
    page = drawn(tmp_path)
    page.insert_text((10, 20), "J", fontsize=10)
    page.set_rotation(90)
    (word,) = read(page, tmp_path / "turned_words.pdf").words
    assert isinstance(word, PageWord)
    assert 176 <= word.box.left < word.box.right <= 195
    assert 9 <= word.box.top < word.box.bottom <= 16


def test_a_page_that_is_not_there_is_named(tmp_path: Path) -> None:
    page = drawn(tmp_path)
    page.parent.save(tmp_path / "one.pdf")
    with pytest.raises(UnreadableDocument, match="must be 1 to 1; it is 2"):
        read_strokes(tmp_path / "one.pdf", 2)


def sheets(path: Path, lines_of_pages: list[int]) -> Path:
    """Saves a page of so many lines for each number."""
    document = pymupdf.open()
    for lines in lines_of_pages:
        page = document.new_page(width=300, height=200)
        for at in range(lines):
            page.draw_line((10, 5 * at + 5), (290, 5 * at + 5))
    document.save(path)
    return path


def kinds(path: Path, detector: DetectorName = "example") -> list[bool | None]:
    profile = Profile(name="p", detector=detector, dpi=72, tile_size=512, overlap=64)
    return [page.is_vector for page in inspect_for_profile(path, profile).pages]


def test_a_search_by_example_knows_vector_pages_before_it_is_paid(tmp_path: Path) -> None:
    path = sheets(tmp_path / "sheets.pdf", [30, 0, 19, 20])
    assert kinds(path) == [True, False, False, True]


def test_only_the_first_ten_pages_are_looked_at_for_strokes(tmp_path: Path) -> None:
    path = sheets(tmp_path / "long.pdf", [30] * 12)
    assert kinds(path) == [True] * 10 + [None, None]


def test_no_other_detector_asks_for_strokes(tmp_path: Path) -> None:
    path = sheets(tmp_path / "sheets.pdf", [30])
    assert kinds(path, "textract") == [None]
