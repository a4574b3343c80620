"""The PDF's own words: only the visible ones, where a reader sees them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from PIL import Image

from tests.unit.tilescout.rendering.pdf_files import blank_page, save
from tilescout.detections import Word
from tilescout.geometry import Box
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderedPage, RenderRequest

WHITE = (1, 1, 1)


def read(path: Path, dpi: int = 144, **changes: Any) -> RenderedPage:
    settings: dict[str, Any] = {
        "page": 1,
        "dpi": dpi,
        "tile_size": 2000,
        "overlap": 0,
        "colour": "grey",
        "text_layer": True,
        "include": (),
        "exclude": (),
        "max_image_bytes": 4_000_000,
    }
    return render_page(path, RenderRequest(**(settings | changes)), lambda tile: None)


def texts(page: RenderedPage) -> list[str]:
    return [word.text for word in page.words]


def around(word: Word) -> tuple[int, int, int, int]:
    return word.box.rounded()


def fill_with_words(page: Any) -> None:
    for number in range(10):
        page.insert_text((20, 20 + 20 * number), f"TAG-{number:03}")


def picture() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((300, 200), 40).save(file, "PNG")
    return file.getvalue()


def test_words_have_their_place_in_page_pixels(tmp_path: Path) -> None:
    document, page = blank_page()
    page.insert_text((100, 200), "HS FV-1023", fontsize=20)

    words = read(save(document, tmp_path), dpi=144).words

    assert [(word.text, word.direction, word.confidence) for word in words] == [
        ("HS", "right", 100),
        ("FV-1023", "right", 100),
    ]
    assert words[0].line == words[1].line
    # Capitals of 20 pt Helvetica are 14.4 pt high and stand on the baseline at 200 pt.
    assert words[0].box.left == pytest.approx(200, abs=5)
    assert words[0].box.bottom == pytest.approx(400, abs=2)
    assert words[0].box.height == pytest.approx(29, abs=3)


def test_lines_are_numbered_apart(tmp_path: Path) -> None:
    document, page = blank_page()
    page.insert_text((100, 100), "HS")
    page.insert_text((100, 130), "33381A")

    first, second = read(save(document, tmp_path)).words

    assert first.line != second.line


@pytest.mark.parametrize(
    ("turn", "direction"), [(0, "right"), (90, "up"), (180, "left"), (270, "down")]
)
def test_words_tell_where_their_text_runs_to(tmp_path: Path, turn: int, direction: str) -> None:
    document, page = blank_page()
    page.insert_text((300, 200), "FV-1023", rotate=turn)

    (word,) = read(save(document, tmp_path)).words

    assert word.direction == direction
    assert (word.box.width > word.box.height) == (direction in ("right", "left"))


@pytest.mark.parametrize(
    ("rotation", "direction", "corner"),
    [(90, "down", (720, 200)), (180, "left", (1000, 720)), (270, "up", (80, 1000))],
)
def test_words_of_a_rotated_page_are_where_it_is_shown(
    tmp_path: Path, rotation: int, direction: str, corner: tuple[int, int]
) -> None:
    document, page = blank_page(600, 400)
    page.insert_text((100, 40), "FV-1023", fontsize=10)
    page.set_rotation(rotation)

    shown = read(save(document, tmp_path), dpi=144)

    # The text starts 100 pt from the left and 40 pt from the top of the page before its turn.
    (word,) = shown.words
    starts = {
        "down": (word.box.left, word.box.top),
        "left": (word.box.right, word.box.top),
        "up": (word.box.right, word.box.bottom),
    }
    assert word.direction == direction
    assert starts[direction] == pytest.approx(corner, abs=4)


def test_words_of_a_cropped_page_are_counted_from_the_crop_box(tmp_path: Path) -> None:
    document, page = blank_page()
    page.insert_text((20, 20), "OUTSIDE")
    page.insert_text((310, 250), "INSIDE")
    page.set_cropbox(pymupdf.Rect(300, 200, 500, 400))

    (word,) = read(save(document, tmp_path), dpi=72).words

    assert word.text == "INSIDE"
    assert (word.box.left, word.box.bottom) == pytest.approx((10, 50), abs=1.5)


def test_words_are_clipped_to_the_page(tmp_path: Path) -> None:
    document, page = blank_page(200, 200)
    page.insert_text((160, 100), "LONGWORD", fontsize=20)

    shown = read(save(document, tmp_path), dpi=72)

    assert all(Box(0, 0, 200, 200).contains(word.box) for word in shown.words)


def hidden(page: Any) -> None:
    page.insert_text((50, 100), "GHOST", render_mode=3)


def transparent(page: Any) -> None:
    page.insert_text((50, 100), "GHOST", fill_opacity=0, stroke_opacity=0)


def white_on_paper(page: Any) -> None:
    page.insert_text((50, 100), "GHOST", color=WHITE)


def white_crossed_by_a_line(page: Any) -> None:
    white_on_paper(page)
    page.draw_line((40, 97), (200, 97))


def painted_over(page: Any) -> None:
    page.insert_text((50, 100), "GHOST")
    page.draw_rect((40, 80, 200, 110), fill=WHITE, color=None)


def black_on_black(page: Any) -> None:
    page.draw_rect((40, 80, 200, 110), fill=(0, 0, 0))
    page.insert_text((50, 100), "GHOST")


@pytest.mark.parametrize(
    "write",
    [hidden, transparent, white_on_paper, white_crossed_by_a_line, painted_over, black_on_black],
)
def test_invisible_words_are_left_out(tmp_path: Path, write: Callable[[Any], None]) -> None:
    document, page = blank_page()
    write(page)
    page.insert_text((50, 300), "SEEN")

    assert texts(read(save(document, tmp_path))) == ["SEEN"]


def white_on_black(page: Any) -> None:
    page.draw_rect((40, 80, 200, 110), fill=(0, 0, 0))
    page.insert_text((50, 100), "TITLE", color=WHITE)


def yellow_on_paper(page: Any) -> None:
    page.insert_text((50, 100), "TITLE", color=(1, 1, 0))


def half_transparent(page: Any) -> None:
    page.insert_text((50, 100), "TITLE", fill_opacity=0.4)


def outlined(page: Any) -> None:
    page.insert_text((50, 100), "TITLE", render_mode=1, fontsize=20)


def tiny(page: Any) -> None:
    page.insert_text((50, 100), "TITLE", fontsize=2)


@pytest.mark.parametrize(
    "write", [white_on_black, yellow_on_paper, half_transparent, outlined, tiny]
)
def test_visible_words_are_kept_whatever_their_ink(
    tmp_path: Path, write: Callable[[Any], None]
) -> None:
    document, page = blank_page()
    write(page)

    assert texts(read(save(document, tmp_path))) == ["TITLE"]


def test_words_that_lie_over_two_strips_of_the_drawing_are_seen(tmp_path: Path) -> None:
    document, page = blank_page(400, 1400)
    for y in range(20, 1390, 3):
        page.insert_text((50, y), "|", fontsize=3)
    page.insert_text((200, 1000), "ALONG-THE-SEAM-OF-STRIPS-" * 2, fontsize=20, rotate=90)

    words = texts(read(save(document, tmp_path), dpi=150))

    assert words.count("|") == len(range(20, 1390, 3))
    assert len(words) == words.count("|") + 1


def test_ten_visible_words_without_images_cover_a_page(tmp_path: Path) -> None:
    document, page = blank_page()
    fill_with_words(page)

    assert read(save(document, tmp_path)).covers_page


def test_nine_words_do_not_cover_a_page(tmp_path: Path) -> None:
    document, page = blank_page()
    fill_with_words(page)
    page.add_redact_annot((0, 0, 600, 25))
    page.apply_redactions()

    shown = read(save(document, tmp_path))

    assert len(shown.words) == 9
    assert not shown.covers_page


def test_a_large_picture_without_words_is_not_covered(tmp_path: Path) -> None:
    document, page = blank_page()
    fill_with_words(page)
    page.insert_image((300, 100, 600, 300), stream=picture())

    assert not read(save(document, tmp_path)).covers_page


def test_a_small_picture_needs_no_words(tmp_path: Path) -> None:
    document, page = blank_page()
    fill_with_words(page)
    page.insert_image((400, 100, 475, 150), stream=picture())

    assert read(save(document, tmp_path)).covers_page


def test_a_large_picture_under_words_is_covered(tmp_path: Path) -> None:
    document, page = blank_page()
    page.insert_image((0, 0, 600, 400), stream=picture())
    page.draw_rect((0, 0, 200, 300), fill=WHITE, color=None)
    fill_with_words(page)

    assert read(save(document, tmp_path)).covers_page


def test_a_page_covered_by_its_text_sends_no_tiles_where_only_the_rest_is_wanted(
    tmp_path: Path,
) -> None:
    document, page = blank_page()
    fill_with_words(page)
    path = save(document, tmp_path)

    assert read(path, tiles="where-no-text").tiles_sent == 0
    assert read(path, tiles="always").tiles_sent == 1


def test_a_page_without_text_sends_its_tiles_where_only_the_rest_is_wanted(
    tmp_path: Path,
) -> None:
    document, page = blank_page()
    page.draw_line((0, 0), (600, 400))

    assert read(save(document, tmp_path), tiles="where-no-text").tiles_sent == 1


def test_words_alone_can_be_asked_for(tmp_path: Path) -> None:
    document, page = blank_page()
    page.insert_text((50, 50), "FV-1023")

    shown = read(save(document, tmp_path), tiles="never")

    assert (texts(shown), shown.tiles_sent, shown.warnings) == (["FV-1023"], 0, ())


def test_without_the_text_layer_there_are_no_words(tmp_path: Path) -> None:
    document, page = blank_page()
    fill_with_words(page)

    shown = read(save(document, tmp_path), text_layer=False)

    assert (shown.words, shown.covers_page) == ((), False)
