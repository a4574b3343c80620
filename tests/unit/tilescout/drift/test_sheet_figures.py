"""A merged page leaves histograms of what it has at hand."""

from __future__ import annotations

import pytest

from tilescout.detections import Answer, Detection, ObjectSeen, Word
from tilescout.drift.sheet_figures import page_histograms
from tilescout.geometry import Box
from tilescout.ledger import PageRow

TILE = Box(0, 0, 1000, 1000)
VALVE = ObjectSeen(label="valve", confidence=91, box=Box(100, 100, 140, 140))
TAG = Word(text="FV-1", confidence=80, box=Box(100, 100, 160, 120), line=0)
PAGE = PageRow(page=1, tiles=3, skipped=1, dpi=144)


def valve(**members: object) -> Detection:
    known = {"page": 1, "label": "valve", "confidence": 91.0, "box": VALVE.box}
    return Detection(**(known | members))  # type: ignore[arg-type]


def test_a_page_tells_confidence_size_ink_and_rates() -> None:
    answers = [
        Answer(tile=0, tile_box=TILE, objects=(VALVE, VALVE)),
        Answer(tile=1, tile_box=TILE, words=(TAG,)),
        Answer(tile=2, tile_box=TILE),
    ]
    found = page_histograms(PAGE, answers, [valve(), valve(confidence=42.0)])
    assert found == {
        "confidence": {18: 1, 8: 1},
        "symbol size, pt": {14: 2},  # 20 pt
        "text height, pt": {10: 1},  # 10 pt
        "tiles with ink": {16: 1},
        "tiles without detections": {7: 1},
        "per tile: valve": {12: 1},
    }


def test_the_pdfs_own_text_is_no_tile() -> None:
    layer = Answer(tile=-1, tile_box=TILE, words=(TAG,))
    assert page_histograms(PageRow(page=1, dpi=144), [layer], []) == {}


def test_a_symbol_that_is_cut_open_has_no_size() -> None:
    found = page_histograms(PAGE, [], [valve(open_sides=("left",))])
    assert "symbol size, pt" not in found


@pytest.mark.parametrize(("dpi", "bin_number"), [(0, 0), (75, 6), (100, 8), (150, 10), (300, 14)])
def test_a_page_tells_what_it_was_scanned_at(dpi: int, bin_number: int) -> None:
    page = PageRow(page=1, tiles=2, dpi=144, scan_dpi=dpi)
    assert page_histograms(page, [], [])["scanned at, dpi"] == {bin_number: 1}


def test_a_page_that_was_tiled_before_its_resolution_was_noted_tells_none() -> None:
    assert "scanned at, dpi" not in page_histograms(PageRow(page=1, tiles=2, dpi=144), [], [])


def test_a_scan_tells_its_sharpness_and_its_skew() -> None:
    scan = PageRow(page=1, tiles=2, dpi=144, image_bytes=180_000, layout="{}")
    found = page_histograms(scan, [], [], slope=0.0175)
    assert found["tile image, kB"] == {22: 1}  # 90 kB
    assert found["skew, degrees"] == {30: 1}  # 1 degree
