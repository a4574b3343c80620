"""Ground truth from every kind of file, and its pages paired with results."""

from __future__ import annotations

import json
from pathlib import Path

import pymupdf
import pytest
from pymupdf import mupdf

from tilescout.geometry import Box
from tilescout_evaluate import pairing
from tilescout_evaluate.truth import files, results
from tilescout_evaluate.truth.pages import TrueItem, TruePage, UnusableTruth
from tilescout_evaluate.truth.results import ResultDetection, ResultDocument, ResultPage


def pdf(folder: Path, *, turn: int = 0) -> Path:
    """Writes a page whose CropBox removes 50 pt on two sides, shown as 500 x 300 before it is
    turned."""
    document = pymupdf.open()
    page = document.new_page(width=600, height=400)
    page.insert_text((150, 200), "FV-1023", fontsize=12)
    page.set_cropbox(pymupdf.Rect(50, 50, 550, 350))
    page.set_rotation(turn)
    path = folder / "plan.pdf"
    document.save(path)
    return path


def annotated(path: Path, *, contents: str, subject: str = "", author: str = "") -> Path:
    """Adds a square at 100, 80, 140, 100 of the page as shown, and a triangle beside it."""
    with pymupdf.open(path) as document:
        page = mupdf.pdf_page_from_fz_page(document[0].this)
        square = mupdf.pdf_create_annot(page, mupdf.PDF_ANNOT_SQUARE)
        mupdf.pdf_set_annot_rect(square, mupdf.FzRect(100, 80, 140, 100))
        mupdf.pdf_set_annot_contents(square, contents)
        if author:
            mupdf.pdf_set_annot_author(square, author)
        named = mupdf.pdf_annot_obj(square)
        mupdf.pdf_dict_puts(named, "Subj", mupdf.pdf_new_text_string(subject))
        polygon = mupdf.pdf_create_annot(page, mupdf.PDF_ANNOT_POLYGON)
        for x, y in ((200, 100), (240, 100), (220, 60)):
            mupdf.pdf_add_annot_vertex(polygon, mupdf.FzPoint(x, y))
        mupdf.pdf_set_annot_contents(polygon, "pump")
        mupdf.pdf_update_page(page)
        changed = path.with_name("annotated.pdf")
        document.save(changed)
    return changed


def close(box: Box, *sides: float) -> bool:
    return tuple(round(side, 1) for side in (box.left, box.top, box.right, box.bottom)) == sides


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_annotations_are_read_where_a_viewer_shows_them(tmp_path: Path, turn: int) -> None:
    path = annotated(pdf(tmp_path, turn=turn), contents="valve")

    (page,) = files.read(path).pages
    square, polygon = page.items
    assert (square.label, polygon.label) == ("valve", "pump")
    assert close(square.box, 100, 80, 140, 100)
    assert close(polygon.box, 200, 60, 240, 100)


def test_a_box_drawn_before_the_page_was_turned_is_where_it_is_shown(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page(width=600, height=400)
    page.add_rect_annot(pymupdf.Rect(150, 130, 190, 150)).set_info(content="valve")
    page.set_cropbox(pymupdf.Rect(50, 50, 550, 350))
    page.set_rotation(90)
    document.save(tmp_path / "turned.pdf")

    (item,) = files.read(tmp_path / "turned.pdf").pages[0].items
    # 100, 80 to 140, 100 of the 500 x 300 page, turned clockwise. The border adds half a point.
    x, y = item.box.centre
    assert (round(x), round(y)) == (300 - 90, 120)


@pytest.mark.parametrize(
    ("contents", "subject", "author", "label", "text"),
    [
        ("valve", "", "", "valve", "valve"),
        ("valve", "Rectangle", "A. Person", "valve", "valve"),
        ("FV-1023", "instrument", "A. Person", "instrument", "FV-1023"),
        ("instrument FV-1023 (98.7 %)", "", "instrument", "instrument", "FV-1023"),
        ("gate-valve (98.7 %)", "", "gate-valve", "gate-valve", ""),
    ],
)
def test_the_label_is_what_a_person_or_detect_wrote(
    tmp_path: Path, contents: str, subject: str, author: str, label: str, text: str
) -> None:
    path = annotated(pdf(tmp_path), contents=contents, subject=subject, author=author)

    item = files.read(path).pages[0].items[0]
    assert (item.label, item.text) == (label, text)


def test_the_text_layer_is_truth_for_text(tmp_path: Path) -> None:
    truth = files.read(pdf(tmp_path), text_layer=True)

    assert truth.kind == "text"
    assert [item.text for item in truth.pages[0].items] == ["FV-1023"]


def test_a_pdf_without_annotations_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(UnusableTruth, match="--text-layer"):
        files.read(pdf(tmp_path))


def test_coco_is_read_as_data_sets_are(tmp_path: Path) -> None:
    path = tmp_path / "plan.coco.json"
    whole = {"id": 1, "image_id": 7, "category_id": 3, "bbox": [10, 20, 30, 40]}
    path.write_text(json.dumps({
        "images": [{"id": 7, "file_name": "plan.pdf", "page": 2, "width": 1000, "height": 600}],
        "annotations": [whole, whole | {"id": 2, "iscrowd": 1}],
        "categories": [{"id": 3, "name": "pump"}],
    }))  # fmt: skip

    (page,) = files.read(path).pages
    assert (page.file, page.page, page.width) == (tmp_path / "plan.pdf", 2, 1000)
    assert page.items == (TrueItem(box=Box(10, 20, 40, 60), label="pump"),)
    assert page.ignored == (Box(10, 20, 40, 60),)


def test_rows_of_csv_are_snippets_where_they_have_text_and_label(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    path.write_text("page,label,text,left,top,right,bottom\n1,valve,FV-1,10,20,30,40\n")

    truth = files.read(path)
    assert truth.kind == "snippets"
    assert truth.pages[0].items == (TrueItem(box=Box(10, 20, 30, 40), label="valve", text="FV-1"),)


def test_our_own_csv_is_read_without_its_guard(tmp_path: Path) -> None:
    path = tmp_path / "detections.csv"
    path.write_text(
        "page,label,text,left_pt,top_pt,right_pt,bottom_pt,left_px\n1,a,'-3,1,2,3,4,9\n"
    )

    assert files.read(path).pages[0].items[0].text == "-3"


def test_rows_of_json_are_text_where_they_have_no_label(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text('[{"page": 2, "box": [1, 2, 3, 4], "text": "FV-1"}]')

    truth = files.read(path)
    assert (truth.kind, truth.pages[0].page) == ("text", 2)


@pytest.mark.parametrize("content", ["[", "{}", '[{"page": 1}]', '{"images": 3}'])
def test_what_is_no_truth_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(content)

    with pytest.raises(UnusableTruth):
        files.read(path)


def result(*detections: ResultDetection, file: str = "plan.pdf") -> ResultDocument:
    pages = {number: ResultPage(page=number, width_px=1000, height_px=600, width_pt=500,
                               height_pt=300, dpi=144) for number in (1, 2)}  # fmt: skip
    return ResultDocument(id="d", file=file, profile="symbols", status="DONE", pages=pages,
                         detections=detections)  # fmt: skip


def true_page(number: int, **size: float) -> TruePage:
    item = TrueItem(box=Box(10, 10, 30, 20), label="pump")
    return TruePage(file=Path("plan.pdf"), page=number, items=(item,), **size)


def test_boxes_in_points_and_in_any_pixels_come_to_page_pixels() -> None:
    truth = [true_page(1), true_page(2, width=250, height=150)]
    found = pairing.paired([result()], truth)

    pages = pairing.object_pages(found.pairs).pages
    assert pages[0].true_boxes.tolist() == [[20, 20, 60, 40]]
    assert pages[1].true_boxes.tolist() == [[40, 40, 120, 80]]


def test_pages_without_truth_are_left_out_and_told() -> None:
    found = pairing.paired([result()], [true_page(2), true_page(3)])

    assert [pair.found.page for pair in found.pairs] == [2]
    assert ["page 3 has ground truth" in warning for warning in found.warnings] == [True, False]


def test_pages_that_were_named_count_without_an_object() -> None:
    found = pairing.paired([result()], [true_page(2)], frozenset({1, 2}))

    assert [len(pair.truth.items) for pair in found.pairs] == [0, 1]


def test_labels_that_the_truth_does_not_have_are_told() -> None:
    other = ResultDetection(page=1, label="text", text="A", confidence=90, box_px=(0, 0, 9, 9))
    found = pairing.object_pages(pairing.paired([result(other)], [true_page(1)]).pairs)

    assert found.labels == ("pump",)
    assert "text (1)" in found.warnings()[0]


def test_several_documents_are_told_apart_by_their_names() -> None:
    found = pairing.paired([result(), result(file="other.pdf")], [true_page(1)])

    assert [pair.document.file for pair in found.pairs] == ["plan.pdf"]


def test_nothing_in_common_is_refused() -> None:
    with pytest.raises(UnusableTruth, match="name the files alike"):
        pairing.paired([result(file="a.pdf"), result(file="b.pdf")], [true_page(1)])


def test_an_export_of_cvat_is_ground_truth(tmp_path: Path) -> None:
    pdf(tmp_path)
    (tmp_path / "annotations.xml").write_text(
        '<annotations><image id="0" name="plan.pdf" width="1000" height="600">'
        '<box label="pump" xtl="10" ytl="20" xbr="40" ybr="60"/></image></annotations>'
    )

    (page,) = files.read(tmp_path / "annotations.xml").pages
    assert page.items == (TrueItem(box=Box(10, 20, 40, 60), label="pump"),)


def test_the_angle_in_a_detections_json_is_kept_and_absent_where_there_is_none() -> None:
    row = {"page": 1, "label": "pump", "text": "", "confidence": 90, "box_px": [0, 0, 9, 9]}
    head = {"id": "d", "source": {"key": "a/plan.pdf"}, "profile": "symbols", "status": "DONE"}
    body = {"document": head | {"pages": []}, "detections": [row | {"angle": 30.5}, row]}

    read = results.read(json.dumps(body).encode(), "detections.json")
    assert [each.angle for each in read.detections] == [30.5, None]
