"""The Python API, and the examples of docs/python.md, which are run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tilescout
from tests.unit.project.doc_pages import ROOT
from tests.unit.tilescout_viewer.result_folders import withheld, write_result
from tilescout_reviews.review import Author, Review
from tilescout_reviews.review_file import ReviewFile
from tilescout_reviews.reviewed_detections import review
from tilescout_viewer.sources import LocalFiles

EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text(), re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "crops").mkdir()
    withheld_place = withheld(0, "its score is .71, the least is .8")
    return write_result(tmp_path / "out" / "demo", withheld=[withheld_place])


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_of_the_page_run(
    example: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(example, "docs/python.md", "exec"), {})
    made = list(Path("crops").iterdir()) or Path("page.png").exists()
    assert capsys.readouterr().out or made


def test_documents_pages_and_detections_have_their_members(folder: Path) -> None:
    with tilescout.open_folder(folder) as documents:
        (plan,) = documents
        first = plan.detections[0]
    assert (len(documents), plan.name, plan.profile, plan.status) == (1, "plan.pdf", "tags", "DONE")
    assert (plan.pages[1].number, plan.pages[1].width, plan.pages[1].dpi) == (2, 2339, 200)
    assert (first.text, first.label, first.page, first.review) == (
        "FV-100", "instrument", 1, "unreviewed"
    )  # fmt: skip
    assert first.box_px == (111, 167, 178, 233)


def test_withheld_places_are_told_with_their_reasons(folder: Path) -> None:
    write_result(folder, withheld=[withheld(0, "its lettering is 'S', the example's is 'J'")])
    with tilescout.open_folder(folder) as documents:
        (place,) = documents["plan.pdf"].withheld
        assert place.crop().size == (67, 68)
    assert isinstance(place, tilescout.Withheld)
    assert (place.page, place.label, place.confidence) == (1, "valve", 61.5)
    assert (place.box_px, place.box_pt) == ((111, 167, 178, 233), (40, 60, 64, 84))
    assert place.reason == "its lettering is 'S', the example's is 'J'"


def test_a_crop_is_as_large_as_its_box_and_its_margin(folder: Path) -> None:
    with tilescout.open_folder(folder) as documents:
        first = next(documents.detections())
        assert first.crop(dpi=200).size == (67, 68)
        assert first.crop(dpi=72, margin=1.0).size == (72, 72)


def test_what_was_rejected_is_left_out_and_what_was_corrected_is_shown(folder: Path) -> None:
    source = LocalFiles([folder])
    (summary,) = source.documents()
    result = source.result(summary.id)
    first, second, *_ = review(result.id, result.detections, [])
    from tilescout_reviews.corrections import Correction
    from tilescout_reviews.reviewed_detections import finding

    edits = [
        Correction(
            id=each.id, page=1, verdict=verdict, label=each.label, text=text, box=each.box,
            finding=finding(result.id, each.found or {}),
        )
        for each, verdict, text in ((first, "rejected", first.text), (second, "accepted", "X"))
    ]  # fmt: skip
    author = Author(name="ann", now=lambda: 1)
    Review(ReviewFile(folder / "review.jsonl")).edit(edits, "group", author)
    with tilescout.open_folder(folder) as documents:
        (plan,) = documents
        assert len(plan.detections) == 79
        shown = plan.detections[0]
    assert (shown.text, shown.review, shown.reviewed_by) == ("X", "corrected", "ann")


def test_a_table_has_a_row_for_each_detection(folder: Path) -> None:
    with tilescout.open_folder(folder) as documents:
        table = documents.to_pandas()
    assert len(table) == 80
    assert list(table.columns[:5]) == ["document", "profile", "page", "label", "text"]


def test_a_size_in_millimetres_is_told_where_the_sheet_has_a_scale(folder: Path) -> None:
    (path,) = folder.rglob("detections.json")
    result = json.loads(path.read_text())
    result["detections"][0]["size_mm"] = [423.3, 529.2]
    path.write_text(json.dumps(result))
    with tilescout.open_folder(folder) as documents:
        first, second, *_ = documents.detections()
        table = documents.to_pandas()
    assert (first.size_mm, second.size_mm) == ((423.3, 529.2), None)
    assert table["width_mm"][0] == 423.3
    assert table["height_mm"].isna()[1]


def test_the_drawing_number_and_revision_are_those_of_the_sheet(folder: Path) -> None:
    (path,) = folder.rglob("detections.json")
    result = json.loads(path.read_text())
    result["detections"][0] |= {"drawing_number": "E201A", "revision": "B"}
    path.write_text(json.dumps(result))
    with tilescout.open_folder(folder) as documents:
        first, second, *_ = documents.detections()
        table = documents.to_pandas()
    assert (first.drawing_number, first.revision) == ("E201A", "B")
    assert (second.drawing_number, second.revision) == ("", "")
    assert list(table["drawing_number"][:2]) == ["E201A", ""]


def test_a_folder_that_is_not_there_is_told() -> None:
    with pytest.raises(FileNotFoundError, match="does not exist"):
        tilescout.open_folder("nowhere")


def test_the_core_is_imported_without_the_api() -> None:
    code = "import sys, tilescout, tilescout.geometry; print('tilescout_api' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
