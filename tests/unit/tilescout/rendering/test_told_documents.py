"""What of a PDF is not shown, or shown otherwise than it says, is told."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from tilescout.errors import UnsupportedPage
from tilescout.intake.planning import plan_document
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout.rendering.render import inspect_document, render_page
from tilescout.rendering.requests import RenderRequest

PROFILE = Profile(name="text", detector="textract", dpi=100, tile_size=1024, overlap=64)


def saved(folder: Path, page_entries: str = "", catalog: str = "", text: str = "FV-1001") -> Path:
    """A page of 400 x 300 pt whose dictionary and catalog have these entries besides."""
    with pymupdf.open() as document:
        page = document.new_page(width=400, height=300)
        page.insert_text((50, 100), text)
        for xref, entries in ((page.xref, page_entries), (document.pdf_catalog(), catalog)):
            for entry in filter(None, entries.split(";")):
                name, _, value = entry.partition(" ")
                document.xref_set_key(xref, name, value)
        document.save(folder / "plan.pdf")
    return folder / "plan.pdf"


@pytest.mark.parametrize(
    "crop",
    ["[0 0 0 0]", "[10 10 10 200]", "[1000 1000 1200 1100]", "[-50 -50 0 0]", "[400 0 500 300]"],
)
def test_a_crop_box_that_shows_nothing_is_the_media_box(tmp_path: Path, crop: str) -> None:
    path = saved(tmp_path, f"CropBox {crop}")
    facts = inspect_document(path, max_pages=9)
    assert (facts.pages[0].width_pt, facts.pages[0].height_pt) == (400, 300)
    assert facts.warnings == ("page 1 has a CropBox that shows nothing; its MediaBox is shown",)
    page = render_page(path, RenderRequest.for_page(1, PROFILE), lambda tile: None)
    assert (page.width_pt, page.tiles_sent) == (400, 1)


@pytest.mark.parametrize("crop", ["[10 10 200 150]", "[200 150 10 10]", "[-10 -10 500 500]"])
def test_a_crop_box_that_shows_a_part_is_kept(tmp_path: Path, crop: str) -> None:
    facts = inspect_document(saved(tmp_path, f"CropBox {crop}"), max_pages=9)
    assert facts.warnings == ()


def test_an_inherited_crop_box_is_mended_too(tmp_path: Path) -> None:
    with pymupdf.open() as document:
        document.new_page(width=400, height=300).insert_text((50, 100), "FV-1001")
        kind, parent = document.xref_get_key(document.page_xref(0), "Parent")
        document.xref_set_key(int(parent.split()[0]), "CropBox", "[0 0 0 0]")
        document.save(tmp_path / "plan.pdf")
    facts = inspect_document(tmp_path / "plan.pdf", max_pages=9)
    assert kind == "xref"
    assert facts.pages[0].width_pt == 400
    assert len(facts.warnings) == 1


@pytest.mark.parametrize(
    ("catalog", "text", "is_told"),
    [
        ("AcroForm <</XFA (x)/Fields []>>;NeedsRendering true", "Please wait... ", True),
        ("AcroForm <</XFA (x)/Fields []>>;NeedsRendering true", "anything", True),
        ("AcroForm <</XFA (x)/Fields []>>", "Please wait... ", True),
        ("AcroForm <</XFA (x)/Fields []>>", "a form with pages of its own", False),
        ("AcroForm <</Fields []>>", "Please wait... ", False),
    ],
)
def test_a_page_that_stands_in_for_a_form_is_named(
    tmp_path: Path, catalog: str, text: str, is_told: bool
) -> None:
    warnings = inspect_document(saved(tmp_path, "", catalog, text), max_pages=9).warnings
    assert any("dynamic XFA form" in each for each in warnings) is is_told


@pytest.mark.parametrize(
    ("collection", "files"),
    [("<</View /T>>", 1), ("<</View /H/D(a.pdf)>>", 3), ("<</Type/Collection>>", 12)],
)
def test_a_portfolio_is_named(tmp_path: Path, collection: str, files: int) -> None:
    (warning,) = inspect_document(with_files(tmp_path, files, collection), max_pages=9).warnings
    assert warning == (
        f"the PDF is a portfolio: of it only the cover is read, and none of its files ({files}); "
        "upload the files themselves"
    )


def test_a_drawing_with_files_attached_is_no_portfolio(tmp_path: Path) -> None:
    (warning,) = inspect_document(with_files(tmp_path, 2), max_pages=9).warnings
    assert warning == "files are embedded in the PDF (2); they are not read"


def with_files(folder: Path, count: int, collection: str = "") -> Path:
    """A page with files attached; a portfolio where there is a collection."""
    with pymupdf.open() as document:
        document.new_page()
        for number in range(count):
            document.embfile_add(f"{number}.pdf", b"%PDF-1.7")
        if collection:
            document.xref_set_key(document.pdf_catalog(), "Collection", collection)
        document.save(folder / "plan.pdf")
    return folder / "plan.pdf"


def large_image(document: pymupdf.Document, page: pymupdf.Page) -> None:
    """An image that says to be of 40,000 x 30,000 px in colour; nobody decodes it."""
    pixels = pymupdf.Pixmap(pymupdf.csRGB, (0, 0, 10, 10), False)
    page.insert_image(page.rect, pixmap=pixels)
    (row,) = page.get_images()
    document.xref_set_key(row[0], "Width", "40000")
    document.xref_set_key(row[0], "Height", "30000")


@pytest.mark.parametrize("others", [0, 1])
def test_plan_tells_what_detect_refuses(tmp_path: Path, others: int) -> None:
    with pymupdf.open() as document:
        large_image(document, document.new_page(width=400, height=300))
        for _ in range(others):
            document.new_page(width=400, height=300).insert_text((50, 100), "FV-1001")
        document.save(tmp_path / "plan.pdf")
    facts = inspect_document(tmp_path / "plan.pdf", max_pages=9)
    told = "page 1 has one of 40000 x 30000 px that takes 3600 MB"
    if others:
        plan = plan_document(facts, PROFILE, PriceTable())
        assert [page.tiles for page in plan.pages] == [0, 1]
        assert told in plan.warnings[0]
    else:
        with pytest.raises(UnsupportedPage, match=told):
            plan_document(facts, PROFILE, PriceTable())
    with pytest.raises(UnsupportedPage, match=told):
        render_page(tmp_path / "plan.pdf", RenderRequest.for_page(1, PROFILE), lambda tile: None)
