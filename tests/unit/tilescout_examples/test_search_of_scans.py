"""A picture of a drawing is searched by its pixels, as scans are."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tests.unit.tilescout.example_search.drawn_strokes import VALVE, placed
from tests.unit.tilescout.example_search.pixels.drawn_pixels import scan_of, valve_box
from tilescout_examples.boxes import BoxOnPage
from tilescout_examples.outputs import write_annotated
from tilescout_examples.search import SearchRequest, search

COPIES = [(40, 40), (100, 40), (160, 40), (220, 40)]


def test_a_scan_is_searched_by_its_pixels_and_annotated_as_a_pdf(tmp_path: Path) -> None:
    page = scan_of([placed(VALVE, x, y) for x, y in COPIES])
    file = tmp_path / "scan.png"
    Image.fromarray(page.grey).save(file, dpi=(144, 144))
    example = BoxOnPage(file, 1, valve_box(40, 40), "valve")

    result = search(SearchRequest(examples=(example,), files=(file,)))

    assert sorted(round(each.finding.box.centre[0]) for each in result.finds) == [40, 100, 160, 220]
    assert result.skipped == ()
    written = write_annotated(result, tmp_path)
    assert [each.read_bytes()[:5] for each in written] == [b"%PDF-"]
