"""Files that break readers of PDF: each is read, warned of or refused, within its limits.

What each asks for is counted, so that the table says the same on a fast machine and a slow one.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.tilescout.rendering.poison_files import FILES, boxed, drawing
from tests.unit.tilescout.rendering.test_rendering import child_processes, request
from tilescout.errors import RenderLimitExceeded, TilescoutError, UnreadableDocument
from tilescout.intake.planning import plan_document
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout.rendering.process import RenderLimits
from tilescout.rendering.render import inspect_document, render_page

LIMITS = RenderLimits(wall_seconds=600, cpu_seconds=600, memory_mb=1500)
"""The seconds alone are far above the product's: no file of the table may come near them."""

REFUSED = {
    "empty": "must be a PDF; it is empty; upload it again",
    "HTML": "has %PDF- in its first 1024 bytes; this file begins with b'<html><b'; upload a PDF",
    "GIF": "this file begins with b'GIF89a.*; upload a PDF",
    "header alone": "must be whole; this one cannot be opened .* export it again",
    "truncated early": "must tell its number of pages; this one's is wrong .* export the PDF again",
    "user's password": "must open without a password; .* remove the password",
    "zero pages": "must have at least 1 page; this one has 0 pages.* export it again",
    "pages that are not there": "must tell its number of pages; .* export the PDF again",
    "2,000,000 pt": "page side must be 1 to 200000 pt; page 1 is 2e.06 .* correct its MediaBox",
    "1,000,000,000 pt": "page side must be 1 to 200000 pt; page 1 is 1e.09 .* correct its MediaBox",
    "UserUnit 75,000": "must be 1 to 200000 pt; page 1 is 3.75e.07 .* correct .* UserUnit",
    "60,000 px image": "may take 500 MB .* 60000 x 60000 px .* 3600 MB; .* lower resolution",
    "nested forms": "may inflate to 200 MB, with each form as often .* flatten the drawing",
    "content bomb": "may inflate to 200 MB, .* and inflates to more; simplify or flatten",
    "flate bomb": "may inflate to 200 MB, .* and inflates to more; simplify or flatten",
    "self-crossing path": "may have 200000 segments and has 210000; simplify or flatten",
    "100,000 pages": "may have 10000 pages; this one has 100000; split it, or raise max_pages",
    "page tree loop": "every page must be readable; page 1 is not .*; export the PDF again",
    "deep array": "every page must be readable; page 1 is not .*; export the PDF again",
}
REFUSED_BY_PDFIUM = REFUSED | {
    "truncated early": "must be whole; this one cannot be opened .* export it again",
    "pages that are not there": "must have at least 1 page; this one has 0 pages.* export it again",
    "page tree loop": "must be whole; this one cannot be opened .* export it again",
    "deep array": "must have at least 1 page; this one has 0 pages.* export it again",
}
WARNED = {
    "truncated late": "the file is damaged and was repaired; parts of it may be missing",
    "NaN": "page 1 has no usable MediaBox .* taken as 612 x 792 pt",
    "zero box": r"page 1 has no usable MediaBox \(\[0 0 0 0\]\); it is taken as 612 x 792 pt",
    "box of names": "page 1 has no usable MediaBox .* taken as 612 x 792 pt",
    "broken font": "page 1 may lack parts; the renderer said: .*unknown file format",
    "bad JBIG2": "page 1 declares content but renders blank",
    "bad JPX": "page 1 may lack parts; the renderer said: openjpeg error",
    "attachment": r"files are embedded in the PDF \(1\); they are not read",
}
WARNED_BY_PDFIUM = WARNED | {
    "broken font": "",
    "bad JPX": "page 1 declares content but renders blank",
    "xref loop": "the file is damaged and was repaired; parts of it may be missing",
}
"""PDFium does not tell that it draws another font for a broken one."""
READ = {
    "owner's password", "UserUnit below zero", "inverted box", "rotated by 37",
    "self-drawing form", "JavaScript", "launch action", "XFA", "xref loop", "deep outline",
    "wrong stream length",
}  # fmt: skip


def cases(names: dict[str, str] | set[str]) -> list[object]:
    return [
        pytest.param(name, marks=pytest.mark.fault(FILES[name][0]), id=name)
        for name in sorted(names)
    ]


def warnings_of(path: Path) -> tuple[str, ...]:
    """Returns the facts of the document and its first page, or raises TilescoutError."""
    facts = inspect_document(path, max_pages=10_000, limits=LIMITS)
    page = render_page(path, request(tile_size=400), lambda tile: None, LIMITS)
    return facts.warnings + page.warnings


def written(name: str, folder: Path) -> Path:
    path = folder / "upload.pdf"
    path.write_bytes(FILES[name][1]())
    return path


def test_every_file_of_the_table_has_its_fate() -> None:
    assert sorted([*REFUSED, *WARNED, *READ]) == sorted(FILES)


@pytest.mark.parametrize("name", cases(REFUSED))
def test_it_is_refused_with_rule_value_and_remedy(name: str, renderer: str, tmp_path: Path) -> None:
    path = written(name, tmp_path)
    with pytest.raises(TilescoutError) as refused:
        warnings_of(path)
    expected = REFUSED_BY_PDFIUM if renderer == "pdfium" else REFUSED
    assert re.search(expected[name], str(refused.value))
    assert child_processes() == []
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", cases(WARNED))
def test_it_is_read_with_a_warning_of_what_may_be_missing(
    name: str, renderer: str, tmp_path: Path
) -> None:
    expected = WARNED_BY_PDFIUM if renderer == "pdfium" else WARNED
    assert re.search(expected[name], "\n".join(warnings_of(written(name, tmp_path))))


@pytest.mark.parametrize("name", cases(READ))
def test_it_is_read_like_any_other(name: str, renderer: str, tmp_path: Path) -> None:
    warnings = "\n".join(warnings_of(written(name, tmp_path)))
    assert warnings == (WARNED_BY_PDFIUM.get(name, "") if renderer == "pdfium" else "")


@pytest.mark.fault("P4")
def test_the_largest_page_is_refused_for_its_tiles_before_one_is_made(tmp_path: Path) -> None:
    path = tmp_path / "upload.pdf"
    path.write_bytes(boxed(b"[0 0 200000 200000]"))
    facts = inspect_document(path, max_pages=1, limits=LIMITS)
    profile = Profile(name="text", detector="textract", dpi=300, tile_size=2000, overlap=200)
    with pytest.raises(TilescoutError, match="px"):
        plan_document(facts, profile, PriceTable())


@pytest.mark.fault("P6", "P7", "P8")
def test_what_takes_too_much_memory_kills_only_the_child(tmp_path: Path) -> None:
    path = tmp_path / "upload.pdf"
    path.write_bytes(drawing())
    with pytest.raises(RenderLimitExceeded, match="memory"):
        render_page(
            path,
            request(dpi=6000, tile_size=20_000),
            lambda tile: None,
            RenderLimits(memory_mb=500),
        )
    assert child_processes() == []


@pytest.mark.fault("P10")
def test_the_limit_of_pages_is_the_profiles(tmp_path: Path) -> None:
    path = tmp_path / "upload.pdf"
    path.write_bytes(drawing(3))
    assert inspect_document(path, max_pages=3, limits=LIMITS).page_count == 3
    with pytest.raises(UnreadableDocument, match="may have 2 pages; this one has 3"):
        inspect_document(path, max_pages=2, limits=LIMITS)
