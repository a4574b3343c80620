"""Annotated pages from other programs' files: each with the boxes that its program shows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tilescout.detectors.onnx.model import decoded
from tilescout.geometry import Box
from tilescout.profiles import Profile
from tilescout_datasets import page_source
from tilescout_datasets.annotations import AnnotatedPage, Annotation, UnusableAnnotations
from tilescout_datasets.formats import detect_format, outlines
from tilescout_datasets.formats.pdf_labels import label_and_text

SIZE = (400, 300)
PROFILE = Profile(name="symbols", detector="onnx", dpi=72, tile_size=500, overlap=20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a picture plan.png of 400 x 300 px."""
    Image.new("L", SIZE, 255).save(tmp_path / "plan.png")
    return tmp_path


def only(path: Path) -> AnnotatedPage:
    (page,) = detect_format.read([path]).pages
    return page


def boxes(page: AnnotatedPage) -> list[tuple[str, list[float]]]:
    return [
        (each.label, [round(side, 3) for side in
                      (each.box.left, each.box.top, each.box.right, each.box.bottom)])
        for each in page.annotations
    ]  # fmt: skip


def label_studio(folder: Path, *results: dict[str, Any], image: str = "plan.png") -> Path:
    path = folder / "tasks.json"
    path.write_text(
        json.dumps([{"id": 1, "data": {"image": image}, "annotations": [{"result": results}]}])
    )
    return path


def rectangle(**value: Any) -> dict[str, Any]:
    return {
        "id": "r1", "type": "rectanglelabels", "original_width": 400, "original_height": 300,
        "value": {"x": 10, "y": 20, "width": 5, "height": 10, "rectanglelabels": ["pump"]} | value,
    }  # fmt: skip


@pytest.mark.parametrize(
    "image",
    ["/data/upload/3/1a2b3c4d-plan.png", "/data/local-files/?d=drawings%2Fplan.png",
     "s3://bucket/drawings/plan.png", "plan.png"],
)  # fmt: skip
def test_label_studio_boxes_are_percents_of_the_image(folder: Path, image: str) -> None:
    page = only(label_studio(folder, rectangle(), image=image))

    assert page.path == folder / "plan.png"
    assert (page.width, page.height) == (400, 300)
    assert boxes(page) == [("pump", [40, 60, 60, 90])]


def test_a_label_studio_rectangle_turns_about_its_corner(folder: Path) -> None:
    page = only(label_studio(folder, rectangle(rotation=90)))

    assert boxes(page) == [("pump", [10, 60, 40, 80])]


def test_label_studio_ellipses_and_polygons_have_boxes(folder: Path) -> None:
    ellipse = {
        "type": "ellipselabels", "original_width": 400, "original_height": 300,
        "value": {"x": 50, "y": 50, "radiusX": 10, "radiusY": 5, "ellipselabels": ["tank"]},
    }  # fmt: skip
    polygon = {
        "type": "polygonlabels", "original_width": 400, "original_height": 300,
        "value": {"points": [[10, 10], [20, 10], [15, 30]], "polygonlabels": ["valve"]},
    }  # fmt: skip

    assert boxes(only(label_studio(folder, ellipse, polygon))) == [
        ("tank", [160, 135, 240, 165]),
        ("valve", [40, 30, 80, 90]),
    ]


def test_a_label_studio_region_may_be_labelled_apart(folder: Path) -> None:
    region = {"id": "a", "type": "rectangle", "original_width": 400, "original_height": 300,
              "value": {"x": 0, "y": 0, "width": 10, "height": 10}}  # fmt: skip
    label = {"id": "a", "type": "labels", "value": {"labels": ["pump"]}}

    assert boxes(only(label_studio(folder, region, label))) == [("pump", [0, 0, 40, 30])]


def test_label_studio_json_min_is_read(folder: Path) -> None:
    path = folder / "min.json"
    value = rectangle()["value"] | {"original_width": 400, "original_height": 300}
    path.write_text(json.dumps([{"id": 7, "image": "plan.png", "label": [value]}]))

    assert boxes(only(path)) == [("pump", [40, 60, 60, 90])]


def test_of_several_annotations_the_last_that_holds_counts(folder: Path) -> None:
    path = label_studio(folder)
    tasks = json.loads(path.read_text())
    tasks[0]["annotations"] = [
        {"result": [rectangle(rectanglelabels=["old"])]},
        {"result": [rectangle()]},
        {"result": [], "was_cancelled": True},
    ]
    path.write_text(json.dumps(tasks))

    assert [each.label for each in only(path).annotations] == ["pump"]


def test_what_is_no_box_is_left_out_and_told(folder: Path) -> None:
    brush = {"id": "b", "type": "brushlabels", "value": {"brushlabels": ["pump"]}}
    imported = detect_format.read([label_studio(folder, rectangle(), brush)])

    assert imported.notes == (
        "1 box left out: of kind brushlabels, which has no sure box (task 1, result b)",
    )


CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta/>
<image id="0" name="sheets/plan.png" width="400" height="300">
 <box label="pump" xtl="40.0" ytl="60.0" xbr="60.0" ybr="90.0" occluded="0" z_order="0"/>
 <box label="pump" xtl="40.0" ytl="60.0" xbr="60.0" ybr="90.0" rotation="90.0"/>
 <ellipse label="tank" cx="200" cy="150" rx="40" ry="15" rotation="90.0"/>
 <polygon label="valve" points="40.0,30.0;80.0,30.0;60.0,90.0"/>
 <points label="pump" points="1.0,2.0"/><tag label="sheet"/>
</image></annotations>
"""


def test_cvat_shapes_have_boxes(folder: Path) -> None:
    path = folder / "annotations.xml"
    path.write_text(CVAT)
    imported = detect_format.read([path])

    assert boxes(imported.pages[0]) == [
        ("pump", [40, 60, 60, 90]),
        ("pump", [35, 65, 65, 85]),
        ("tank", [185, 110, 215, 190]),
        ("valve", [40, 30, 80, 90]),
    ]
    assert imported.notes == (
        "1 box left out: of kind points, which has no sure box (points 5 of sheets/plan.png)",
    )


def test_a_cvat_video_without_the_pictures_of_its_frames_is_refused(folder: Path) -> None:
    path = folder / "annotations.xml"
    path.write_text(
        "<annotations><track id='0' label='pump'>"
        "<box frame='7' xtl='1' ytl='1' xbr='9' ybr='9'/></track></annotations>"
    )

    with pytest.raises(UnusableAnnotations, match=r"frame_000007\.png does not; copy it"):
        detect_format.read([path])


def test_a_manifests_images_lie_beside_it(folder: Path) -> None:
    path = folder / "output.manifest"
    path.write_text(json.dumps({
        "source-ref": "s3://bucket/job/plan.png",
        "job": {"image_size": [{"width": 400, "height": 300, "depth": 3}],
                "annotations": [{"class_id": 0, "left": 1, "top": 2, "width": 3, "height": 4}]},
        "job-metadata": {"class-map": {"0": "pump"}, "type": "groundtruth/object-detection"},
    }))  # fmt: skip

    assert boxes(only(path)) == [("pump", [1, 2, 4, 6])]


def annotated_pdf(path: Path, turn: int = 0) -> Path:
    """A black square at 100, 50 with a rectangle annotation labelled pump tightly around it."""
    with pymupdf.open() as document:
        page = document.new_page(width=400, height=300)
        page.draw_rect((100, 50, 120, 70), fill=(0, 0, 0))
        page.draw_rect((300, 200, 330, 230), fill=(0, 0, 0))
        page.set_rotation(turn)
        note(page.add_rect_annot((98, 48, 122, 72)), content="pump\nsecond line")
        note(page.add_circle_annot((298, 198, 332, 232)), subject="tank")
        note(page.add_rect_annot((10, 10, 20, 20)), subject="Rectangle")
        page.add_text_annot((200, 200), "a note")
        document.new_page()
        document.save(path)
    return path


def note(annotation: Any, **info: str) -> None:
    annotation.set_info(**info)
    annotation.update()


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_pdf_annotations_lie_on_the_ink_in_every_turn(tmp_path: Path, turn: int) -> None:
    imported = detect_format.read([annotated_pdf(tmp_path / "plan.pdf", turn)])
    (page,) = imported.pages
    (tile,) = page_source.cut(page, PROFILE, tmp_path).tiles
    pixels = decoded(tile.file.read_bytes())

    assert [each.label for each in tile.annotations] == ["pump", "tank"]
    for each in tile.annotations:
        left, top, right, bottom = each.box.rounded()
        inside = pixels[top + 4 : bottom - 4, left + 4 : right - 4]
        assert inside.max() < 60
    assert len(imported.notes) == 3


def test_what_a_person_drew_to_label_is_not_in_the_tile(tmp_path: Path) -> None:
    page = only(annotated_pdf(tmp_path / "plan.pdf"))
    (tile,) = page_source.cut(page, PROFILE, tmp_path).tiles
    pixels = decoded(tile.file.read_bytes())

    assert pixels[45:49, 95:125].min() > 200
    assert pixels[8:22, 8:22].min() < 200


@pytest.mark.parametrize(
    ("contents", "subject", "author", "named"),
    [
        ("pump", "Rectangle", "", ("pump", "pump")),
        ("pump\nsecond line", "", "", ("pump", "pump\nsecond line")),
        ("FV-1023", "valve", "Ann", ("valve", "FV-1023")),
        ("", "tank", "", ("tank", "")),
        ("", "Polygon", "", ("", "")),
        ("valve (98.2 %)", "Rectangle", "valve", ("valve", "")),
        ("instrument FV-1023 (98 %)", "", "instrument", ("instrument", "FV-1023")),
    ],
)
def test_a_shape_names_the_same_for_training_and_for_evaluating(
    contents: str, subject: str, author: str, named: tuple[str, str]
) -> None:
    assert label_and_text(contents, subject, author) == named


def test_what_a_page_ignores_its_tiles_ignore(tmp_path: Path) -> None:
    page = replace(only(annotated_pdf(tmp_path / "plan.pdf")), ignored=(Box(300, 200, 330, 230),))
    (tile,) = page_source.cut(page, PROFILE, tmp_path).tiles

    assert tile.ignored == (Box(300, 200, 330, 230),)


def test_a_pdf_whose_annotations_say_nothing_is_refused(tmp_path: Path) -> None:
    with pymupdf.open() as document:
        document.new_page().add_rect_annot((10, 10, 20, 20))
        document.save(tmp_path / "plan.pdf")

    with pytest.raises(UnusableAnnotations, match="without a label; write it into the comment"):
        detect_format.read([tmp_path / "plan.pdf"])


def test_a_folder_of_pdfs_is_all_of_them(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        annotated_pdf(tmp_path / name)

    assert [page.name for page in detect_format.read([tmp_path]).pages] == ["a-p1", "b-p1"]


@pytest.mark.parametrize(
    ("content", "form"),
    [
        ("%PDF-1.7\n", "pdf"),
        ('\ufeff<?xml version="1.0"?><annotations/>', "cvat"),
        ('\n[{"id": 1}]', "label-studio"),
        ('{"images": [], "annotations": []}', "coco"),
        ('{"source-ref": "s3://b/k"}\n', "manifest"),
    ],
)
def test_a_format_is_known_by_its_content(tmp_path: Path, content: str, form: str) -> None:
    (tmp_path / "file").write_text(content, encoding="utf-8")

    assert detect_format.format_of(tmp_path / "file") == form


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("label,left,top", "begins like none; export it again"),
        ("[1]", "must be a JSON list of Label Studio's tasks"),
        ("<image", "must be XML of CVAT"),
        ('{"source-ref": "s3://b/k"}', "must be a Ground Truth manifest"),
        ('{"images": 1}', "must be COCO JSON"),
        ("%PDF-1.7 no more", "none does|must be a PDF that opens"),
    ],
)
def test_a_broken_file_is_refused_with_the_remedy(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "file").write_text(content)

    with pytest.raises(UnusableAnnotations, match=told):
        detect_format.read([tmp_path / "file"])


def test_a_missing_page_is_named(folder: Path) -> None:
    path = label_studio(folder, rectangle(), image="other.png")

    with pytest.raises(UnusableAnnotations, match=r"other.png does not; copy it to"):
        detect_format.read([path])


sides = st.floats(1, 100)


@given(sides, sides, st.floats(-720, 720))
def test_a_turned_rectangle_keeps_its_centre_and_holds_its_area(
    width: float, height: float, degrees: float
) -> None:
    box = outlines.rotated(Box(0, 0, width, height), degrees, (width / 2, height / 2))

    assert np.allclose(box.centre, (width / 2, height / 2), atol=1e-6)
    assert box.area >= width * height - 1e-6


@given(sides, sides, st.integers(-4, 4))
def test_an_ellipse_of_quarter_turns_swaps_its_sides(
    across: float, down: float, turns: int
) -> None:
    box = outlines.ellipse((0, 0), (across, down), 90.0 * turns)
    wanted = (down, across) if turns % 2 else (across, down)

    assert np.allclose((box.right, box.bottom), wanted)


def test_an_imported_page_is_an_annotated_page(folder: Path) -> None:
    page = only(label_studio(folder, rectangle()))

    assert page.annotations == (Annotation("pump", Box(40, 60, 60, 90)),)
    assert not page.are_drawn
