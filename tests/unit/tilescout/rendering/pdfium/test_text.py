"""PDFium joins and parts texts by rules of its own; the lines are those of the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.tilescout.rendering.pdf_files import blank_page, save, stream, write_objects
from tilescout.errors import UnsupportedPage
from tilescout.profiles import Profile
from tilescout.rendering.process import RenderLimits
from tilescout.rendering.render import read_strokes, render_page
from tilescout.rendering.requests import RenderedPage, RenderRequest

PROFILE = Profile(name="text", detector="pdf-text", dpi=144, tile_size=2000, overlap=64)
RIGHT, UP = "1 0 0 1", "0 1 -1 0"


def read(folder: Path, *texts: tuple[str, str, int, int]) -> RenderedPage:
    """Reads a page of texts, each a text of its own: matrix, letters, x and y."""
    content = "\n".join(
        f"BT /F 20 Tf {turn} {x} {y} Tm ({letters}) Tj ET" for turn, letters, x, y in texts
    )
    path = write_objects(folder, [each.encode() for each in (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 500]/Contents 4 0 R"
        "/Resources<</Font<</F 5 0 R>>>>>>",
        stream(content.encode()).decode(),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )])  # fmt: skip
    wanted = replace(RenderRequest.for_page(1, PROFILE), text_layer=True)
    return render_page(path, wanted, lambda tile: None, RenderLimits(renderer="pdfium"))


def words(page: RenderedPage) -> list[tuple[str, str]]:
    return [(word.text, word.direction) for word in page.words]


@pytest.mark.parametrize("turn", [RIGHT, UP])
def test_a_word_that_is_written_letter_by_letter_is_one(tmp_path: Path, turn: str) -> None:
    places = [(100 + at, 100) if turn == RIGHT else (100, 100 + at) for at in (0, 14, 29, 46)]
    letters = zip("PUMP", places, strict=True)

    page = read(tmp_path, *((turn, letter, x, y) for letter, (x, y) in letters))

    assert words(page) == [("PUMP", "right" if turn == RIGHT else "up")]


def test_texts_far_apart_on_one_baseline_are_two_lines(tmp_path: Path) -> None:
    page = read(tmp_path, (RIGHT, "SUPPLY", 50, 100), (RIGHT, "MODULE", 250, 100))

    assert [word.text for word in page.words] == ["SUPPLY", "MODULE"]
    assert page.words[0].line != page.words[1].line


def test_words_of_one_text_are_one_line(tmp_path: Path) -> None:
    page = read(tmp_path, (RIGHT, "SUPPLY FAN", 50, 100))

    assert [word.text for word in page.words] == ["SUPPLY", "FAN"]
    assert page.words[0].line == page.words[1].line


def test_texts_of_two_baselines_stay_apart(tmp_path: Path) -> None:
    page = read(tmp_path, (RIGHT, "HS", 100, 120), (RIGHT, "1023", 100, 98))

    assert words(page) == [("HS", "right"), ("1023", "right")]


def test_words_of_a_hidden_layer_are_left_out_over_other_ink_too(tmp_path: Path) -> None:
    document, page = blank_page()
    layers = {name: document.add_ocg(name, on=name == "english") for name in ("english", "german")}
    page.insert_text((50, 100), "SUPPLY", fontsize=20, oc=layers["english"])
    page.insert_text((50, 100), "ZULUFT", fontsize=20, oc=layers["german"])
    wanted = replace(RenderRequest.for_page(1, PROFILE), text_layer=True)

    shown = render_page(
        save(document, tmp_path), wanted, lambda tile: None, RenderLimits(renderer="pdfium")
    )

    assert words(shown) == [("SUPPLY", "right")]


def test_strokes_are_refused_with_the_remedy(tmp_path: Path) -> None:
    read(tmp_path, (RIGHT, "HS", 100, 120))
    with pytest.raises(UnsupportedPage, match="set renderer to pymupdf, or use a detector"):
        read_strokes(tmp_path / "written.pdf", 1, RenderLimits(renderer="pdfium"))
