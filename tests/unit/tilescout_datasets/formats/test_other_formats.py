"""YOLO, Pascal VOC, labelme and the JSON Lines of clouds: their good boxes and their bad ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from tests.unit.tilescout_datasets.formats.exports import (
    PUMP,
    assert_counted,
    azure_line,
    boxes,
    coco,
    google_line,
    labelme,
    lines,
    pictures,
    read,
    reasons,
    voc,
)
from tilescout_datasets.annotations import UnusableAnnotations
from tilescout_datasets.formats import detect_format
from tilescout_datasets.formats.import_pages import Imported
from tilescout_datasets.formats.pdf_labels import ShapeText, untrusted_subjects

YOLO_LINE = "0 0.125 0.25 0.05 0.1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pictures(tmp_path)
    return tmp_path


def yolo(folder: Path, text: str, names: str = "names: [pump]\n") -> Imported:
    """A data set of Roboflow or Ultralytics whose second picture has no text file."""
    pictures(folder, "train/images/p1.png", "train/images/p2.png")
    (folder / "train/labels").mkdir()
    (folder / "train/labels/p1.txt").write_text(text)
    (folder / "data.yaml").write_text(f"train: ../train/images\n{names}")
    imported = detect_format.read([folder])
    assert_counted(imported)
    return imported


@pytest.mark.parametrize(
    "text",
    [
        YOLO_LINE,
        "0 0.125 0.25 0.05 0.1 0.87\n",
        "0 0.1 0.2 0.15 0.2 0.15 0.3 0.1 0.3\r\n\r\n",
        "0 0.1 0.2 0.15 0.2 0.125 0.3\n",
    ],
)
def test_a_line_of_yolo_is_a_box_or_an_outline(tmp_path: Path, text: str) -> None:
    imported = yolo(tmp_path, text)
    assert boxes(imported) == [PUMP]
    assert reasons(imported) == {"not annotated": 1}


@pytest.mark.parametrize(
    "names",
    ["names: {0: pump}", "names:\n  0: pump\n  1: motor", "nc: 1\nnames: ['pump']",
     "names: ['pump']\nkpt_shape: [2, 3]"],
)  # fmt: skip
def test_classes_are_named_by_a_list_or_their_numbers(tmp_path: Path, names: str) -> None:
    points = " 0.1 0.1 2 0.2 0.2 2" if "kpt" in names else ""
    assert boxes(yolo(tmp_path, YOLO_LINE.strip() + points + "\n", names)) == [PUMP]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("7 0.1 0.2 0.05 0.1", "of a category that the file does not have"),
        ("0 0.1 0.2 0.05", "a line has another count of numbers"),
        ("0 40 60 20 30", "the numbers are no ratios"),
        ("0 0.1 0.2 -0.05 0.1", "a side is negative"),
        ("0 nan 0.2 0.05 0.1", "a side is no number"),
        ("0 1.5 0.2 0.05 0.1", "outside its page"),
        ("pump 0.1 0.2 0.05 0.1", "a member is of another type or value"),
        ("0.5 0.1 0.2 0.05 0.1", "a member is of another type or value"),
    ],
)
def test_one_bad_line_of_yolo_is_counted(tmp_path: Path, line: str, reason: str) -> None:
    imported = yolo(tmp_path, f"{YOLO_LINE}{line}\n")
    assert boxes(imported) == [PUMP]
    assert reasons(imported) == {reason: 1, "not annotated": 1}


def test_an_empty_text_file_says_that_the_page_is_empty(tmp_path: Path) -> None:
    imported = yolo(tmp_path, "")
    assert [len(page.annotations) for page in imported.pages] == [0]


def test_text_files_may_lie_beside_the_pictures(folder: Path) -> None:
    (folder / "p1.txt").write_text(YOLO_LINE)
    (folder / "classes.txt").write_text("pump\nmotor\n")
    assert boxes(detect_format.read([folder / "classes.txt"])) == [PUMP]


@pytest.mark.parametrize("names", ["names: 7", "nc: 3", "names: [", "- a\n- b"])
def test_names_that_are_none_are_refused(tmp_path: Path, names: str) -> None:
    with pytest.raises(UnusableAnnotations, match="must name the classes of a YOLO data set"):
        yolo(tmp_path, YOLO_LINE, names)


TURNED = "<robndbox><cx>50</cx><cy>75</cy><w>30</w><h>20</h><angle>1.5707963</angle></robndbox>"


@pytest.mark.parametrize("inside", ["", TURNED])
def test_pascal_voc_is_read(folder: Path, inside: str) -> None:
    assert boxes(read(folder, "p1.xml", voc(inside))) == [PUMP]


def test_a_picture_of_pascal_voc_is_found_by_the_name_of_its_file(folder: Path) -> None:
    assert boxes(read(folder, "p1.xml", voc(name="photo (1).jpeg"))) == [PUMP]


def test_what_is_difficult_is_neither_to_be_found_nor_empty(folder: Path) -> None:
    text = voc().replace("</object>", "<difficult>1</difficult></object>")
    (page,) = read(folder, "p1.xml", text).pages
    assert (page.annotations, page.ignored[0].rounded()) == ((), (40, 60, 60, 90))


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("<other/>", "without a box"),
        ("<bndbox><xmin>4</xmin></bndbox>", "without a member that it needs"),
        ("<bndbox><xmin>60</xmin><ymin>60</ymin><xmax>40</xmax><ymax>90</ymax></bndbox>",
         "a side is negative"),
    ],
)  # fmt: skip
def test_one_bad_object_of_pascal_voc_is_counted(folder: Path, inside: str, reason: str) -> None:
    more = f"<object><name>pump</name>{inside}</object></annotation>"
    imported = read(folder, "p1.xml", voc().replace("</annotation>", more))
    assert boxes(imported) == [PUMP]
    assert reasons(imported) == {reason: 1}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"shape_type": "polygon", "points": [[40, 60], [60, 60], [50, 90]]},
        {"shape_type": "rectangle", "points": [[60, 90], [40, 60]]},
        {"shape_type": None, "points": [[40, 60], [60, 60], [60, 90], [40, 90]]},
    ],
)
def test_labelme_is_read(folder: Path, changes: dict[str, Any]) -> None:
    assert boxes(read(folder, "p1.json", labelme(**changes))) == [PUMP]


def test_a_circle_of_labelme_has_its_edge_as_second_point(folder: Path) -> None:
    changes = {"shape_type": "circle", "points": [[50, 75], [60, 75]]}
    imported = read(folder, "p1.json", labelme(**changes))
    assert boxes(imported) == [("p1.png", "pump", [40, 65, 60, 85])]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"shape_type": "linestrip"}, "of kind linestrip, which has no sure box"),
        ({"points": [[1, 2]]}, "with fewer than two points"),
        ({"points": None}, "a member is of another type or value"),
        ({"label": None}, "without a label"),
    ],
)
def test_one_bad_shape_of_labelme_is_counted(
    folder: Path, changes: dict[str, Any], reason: str
) -> None:
    value = labelme()
    value["shapes"].append(labelme(**changes)["shapes"][0])
    imported = read(folder, "p1.json", value)
    assert boxes(imported) == [PUMP]
    assert reasons(imported) == {reason: 1}


@pytest.mark.parametrize("line", [azure_line, google_line])
def test_json_lines_of_clouds_are_read(folder: Path, line: Any) -> None:
    imported = read(folder, "pages.jsonl", lines(line(), line("p2.png")))
    assert [box[1:] for box in boxes(imported)] == [PUMP[1:]] * 2
    assert boxes(read(folder, "one.jsonl", lines(line()))) == [PUMP]


def test_a_line_of_a_cloud_without_labels_is_left_out(folder: Path) -> None:
    text = lines(azure_line(), {"image_url": "p2.png"}) + "{\n"
    imported = read(folder, "pages.jsonl", text)
    assert boxes(imported) == [PUMP]
    assert reasons(imported) == {"not annotated": 1, "a line is no JSON": 1}


def test_a_polygon_of_azure_has_a_box(folder: Path) -> None:
    line = azure_line()
    line["label"] = [{"label": "pump", "polygon": [[0.1, 0.2, 0.15, 0.2, 0.15, 0.3]]}]
    assert boxes(read(folder, "pages.jsonl", lines(line))) == [PUMP]


def test_a_folder_holds_the_parts_of_an_export(tmp_path: Path) -> None:
    for part in ("train", "valid"):
        pictures(tmp_path / part)
        (tmp_path / part / "_annotations.coco.json").write_text(json.dumps(coco()))
    imported = detect_format.read([tmp_path])
    assert_counted(imported)
    assert len({page.name for page in imported.pages}) == 4


def drawn(folder: Path, *shapes: tuple[str, str, str]) -> Path:
    """A PDF with a rectangle for each comment, subject and author."""
    with pymupdf.open() as document:
        page = document.new_page(width=400, height=300)
        for at, (contents, subject, author) in enumerate(shapes):
            annotation = page.add_rect_annot((10 + 30 * at, 10, 30 + 30 * at, 30))
            annotation.set_info(content=contents, subject=subject, title=author)
            annotation.update()
        document.save(folder / "plan.pdf")
    return folder / "plan.pdf"


@pytest.mark.parametrize(
    ("shapes", "labels"),
    [
        ([("valve", "Rechteck", "Eva"), ("pump", "Rechteck", "Eva")], ["valve", "pump"]),
        ([("valve", "Unbekanntes Wort", "Eva"), ("pump", "Unbekanntes Wort", "Eva")],
         ["valve", "pump"]),
        ([("valve", "四角形", "")], ["valve"]),
        ([("FV-1001", "valve", "Ann"), ("FV-1002", "valve", "Ann")], ["valve", "valve"]),
        ([("FV-1001", "valve", "Ann"), ("FV-1002", "pump", "Ann")], ["valve", "pump"]),
        ([("", "valve", ""), ("", "valve", "")], ["valve", "valve"]),
        ([("FV-1001", "", "AutoCAD SHX Text"), ("valve", "Rectangle", "Ann")], ["valve"]),
    ],
)  # fmt: skip
def test_a_shape_of_a_pdf_is_named_in_any_language(
    tmp_path: Path, shapes: list[tuple[str, str, str]], labels: list[str]
) -> None:
    imported = detect_format.read([drawn(tmp_path, *shapes)])
    assert_counted(imported)
    assert [box[1] for box in boxes(imported)] == labels


def test_what_autocad_wrote_beside_its_lettering_is_left_out_and_told(tmp_path: Path) -> None:
    shx = [("FV-1001", "", "AutoCAD SHX Text")] * 3
    imported = detect_format.read([drawn(tmp_path, *shx, ("valve", "", "Ann"))])
    assert reasons(imported) == {"AutoCAD's own note on lettering (SHX), no label": 3}


def test_a_subject_that_serves_all_shapes_of_a_kind_is_the_viewer_s() -> None:
    squares = [ShapeText("Square", label, "Kasten") for label in ("valve", "pump")]
    circles = [ShapeText("Circle", "FV-1", "instrument"), ShapeText("Circle", "FV-2", "instrument")]
    assert untrusted_subjects([*squares, *circles]) == {("Square", "kasten")}
