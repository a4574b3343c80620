"""Whatever is left out of an annotation file is counted, by its reason; nothing else is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from tests.unit.tilescout_datasets.formats.exports import (
    CVAT_BOX,
    GOOD,
    PUMP,
    assert_counted,
    boxes,
    coco,
    cvat,
    labelme,
    lines,
    manifest_line,
    pictures,
    read,
    reasons,
    result,
    task,
)
from tilescout_datasets.annotations import UnusableAnnotations
from tilescout_datasets.formats import detect_format
from tilescout_datasets.formats.records import LeftOut, RecordCounter

SECOND = ("p2.png", "pump", [40, 60, 60, 90])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the pictures p1.png and p2.png of 400 x 300 px."""
    pictures(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"bbox": [60, 90, -20, -30]}, "a side is negative"),
        ({"bbox": [40, 60, 0, 0]}, "a side is zero"),
        ({"bbox": [40, 60, 0, 30]}, "a side is zero"),
        ({"bbox": [float("nan"), 1, 2, 3]}, "a side is no number"),
        ({"bbox": [0, 0, float("inf"), 3]}, "a side is no number"),
        ({"bbox": [1e308, 0, 1e308, 3]}, "a side is no number"),
        ({"bbox": [500, 60, 20, 30]}, "outside its page"),
        ({"bbox": [0.1, 0.2, 0.05, 0.1]}, "smaller than half a pixel"),
        ({"bbox": []}, "without a box or an outline"),
        ({"bbox": None}, "without a box or an outline"),
        ({"bbox": [1, 2, 3]}, "a member is of another type or value"),
        ({"bbox": {"x": 1}}, "a member is of another type or value"),
        ({"bbox": [True, 1, 2, 3]}, "a member is of another type or value"),
        ({"category_id": 7}, "of a category that the file does not have"),
        ({"category_id": None}, "of a category that the file does not have"),
        ({"image_id": 99}, "of an image that the file does not have"),
        ({"image_id": None}, "of an image that the file does not have"),
    ],
)
def test_one_bad_box_of_coco_is_counted_and_the_others_are_read(
    folder: Path, changes: dict[str, Any], reason: str
) -> None:
    value = coco()
    value["annotations"].append({"id": 3, "image_id": 1, "category_id": 1, "bbox": GOOD} | changes)
    imported = read(folder, "pages.json", value)

    assert boxes(imported) == [PUMP, SECOND]
    assert reasons(imported) == {reason: 1}
    assert "annotation 3" in imported.notes[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"image_id": "1"},
        {"image_id": 1.0},
        {"category_id": 1.0},
        {"category_id": "1"},
        {"iscrowd": False},
        {"bbox": ["40", "60", 20, 30.0]},
        {"bbox": None, "segmentation": [[40, 60, 60, 60, 60, 90, 40, 90]]},
        {"bbox": [], "segmentation": [40, 60, 60, 90]},
        {"bbox": None, "segmentation": {"size": [300, 400], "counts": [12060, 30, *[270, 30] * 19,
                                                                      102210]}},
    ],
)  # fmt: skip
def test_what_programs_write_otherwise_is_the_same_box(
    folder: Path, changes: dict[str, Any]
) -> None:
    imported = read(folder, "pages.json", coco(**changes))
    assert boxes(imported) == [PUMP, SECOND]
    assert imported.table.is_complete


def test_a_file_without_categories_names_nothing(folder: Path) -> None:
    value = coco()
    del value["categories"]
    with pytest.raises(UnusableAnnotations, match="2 boxes left out: of a category that the file"):
        read(folder, "pages.json", value)


@pytest.mark.parametrize(
    "categories",
    [
        [{"id": 1, "name": "pump"}, {"id": 2, "name": "pump"}],
        [{"id": 1, "name": "pump", "supercategory": "symbol"}, {"id": 0, "name": "symbol"}],
        [{"id": "1", "name": "pump"}],
        [{"id": 1.0, "name": "pump"}],
        [{"id": 1, "name": " pump "}],
        [7, None, {"name": "other"}, {"id": 1, "name": "pump"}],
    ],
)
def test_categories_may_be_written_in_many_ways(folder: Path, categories: list[Any]) -> None:
    imported = read(folder, "pages.json", coco() | {"categories": categories})
    assert boxes(imported) == [PUMP, SECOND]


@pytest.mark.parametrize(
    ("box", "shown"),
    [
        ([-10, 60, 30, 30], [0, 60, 20, 90]),
        ([390, 60, 30, 30], [390, 60, 400, 90]),
        ([40, -5, 20, 30], [40, 0, 60, 25]),
        ([40, 290, 20, 30], [40, 290, 60, 300]),
        ([-5, -5, 410, 310], [0, 0, 400, 300]),
    ],
)
def test_a_box_over_the_edge_is_cut_off_and_told(
    folder: Path, box: list[int], shown: list[int]
) -> None:
    imported = read(folder, "pages.json", coco(bbox=box))
    assert boxes(imported) == [("p1.png", "pump", shown), SECOND]
    assert reasons(imported) == {"cut off at the page's edge": 1}


@pytest.mark.parametrize(
    "mask",
    [
        {"size": [300, 400], "counts": [0, 0, 12060, 30, *[270, 30] * 19, 102210]},
        {"size": [300, 400], "counts": [12060, 15, 0, 15, *[270, 30] * 19, 102210]},
        [[40, 60, 60, 60, 60, 90], [40, 60, 60, 90, 40, 90]],
    ],
)
def test_a_mask_may_be_in_pieces(folder: Path, mask: Any) -> None:
    imported = read(folder, "pages.json", coco(bbox=None, segmentation=mask))
    assert boxes(imported) == [PUMP, SECOND]


def test_ids_may_be_any_text(folder: Path) -> None:
    value = json.loads(json.dumps(coco()).replace('"image_id": 1', '"image_id": "img-1"'))
    value["images"][0]["id"] = "img-1"
    assert boxes(read(folder, "pages.json", value)) == [PUMP, SECOND]


def test_compressed_masks_of_coco_are_decoded(folder: Path) -> None:
    # What pycocotools gives for a mask of 4 x 4 whose columns 1 and 2 are set in rows 1 and 2.
    mask = {"size": [4, 4], "counts": "52203"}
    value = coco(bbox=None, segmentation=mask)
    value["images"][0] |= {"width": 4, "height": 3}
    imported = detect_format.read([_written(folder, value)])
    assert imported.pages[0].annotations[0].box.rounded() == (1, 1, 3, 3)


def _written(folder: Path, value: Any) -> Path:
    path = folder / "pages.json"
    path.write_text(json.dumps(value))
    return path


@pytest.mark.parametrize("counts", ["abc", "\n", [1, 2], [-5, 120005], [120000]])
def test_a_mask_that_cannot_be_decoded_is_left_out(folder: Path, counts: Any) -> None:
    value = coco()
    mask = {"id": 3, "image_id": 1, "category_id": 1,
            "segmentation": {"size": [300, 400], "counts": counts}}  # fmt: skip
    value["annotations"].append(mask)
    imported = read(folder, "pages.json", value)
    assert list(reasons(imported)) in (["a mask cannot be decoded"], ["an empty mask"])


def test_boxes_of_ratios_are_known_by_all_of_a_file(folder: Path) -> None:
    value = coco()
    for each in value["annotations"]:
        each["bbox"] = [0.1, 0.2, 0.05, 0.1]
    imported = read(folder, "pages.json", value)
    assert boxes(imported) == [PUMP, SECOND]
    assert reasons(imported) == {"boxes taken as ratios": 2}


@pytest.mark.parametrize("area", [{"area": 600}, {}])
def test_boxes_by_their_corners_are_known_by_area_or_edge(
    folder: Path, area: dict[str, int]
) -> None:
    value = coco()
    for each in value["annotations"]:
        each |= {"bbox": [240, 160, 260, 190]} | area
    imported = read(folder, "pages.json", value)
    assert boxes(imported)[0] == ("p1.png", "pump", [240, 160, 260, 190])
    assert reasons(imported) == {"boxes taken as corners": 2}


@pytest.mark.parametrize("size", [{}, {"width": None, "height": None}, {"width": 0, "height": 0}])
def test_a_size_that_is_not_told_is_the_picture_s(folder: Path, size: dict[str, Any]) -> None:
    value = coco()
    for image in value["images"]:
        del image["width"], image["height"]
        image |= size
    assert boxes(read(folder, "pages.json", value)) == [PUMP, SECOND]


@pytest.mark.parametrize(
    "name",
    [
        "https://host/data/local-files/?d=set/p1.png",
        "..\\..\\label-studio\\media\\upload\\4\\0a1b2c3d-p1.png",
        "C:\\drawings\\p1.png",
        "s3://bucket/plant%207/p1.png",
        "images/p1.png",
        "file:///home/me/p1.png",
    ],
)
def test_a_file_is_found_by_whatever_path_it_had(folder: Path, name: str) -> None:
    value = coco()
    value["images"][0]["file_name"] = name
    assert boxes(read(folder, "pages.json", value)) == [PUMP, SECOND]


@pytest.mark.parametrize("name", ["gone.png", "", 7, None, "\0.png", "a" * 5000, "\ud800.png"])
def test_a_page_whose_file_is_nowhere_is_left_out(folder: Path, name: Any) -> None:
    value = coco()
    value["images"][0]["file_name"] = name
    imported = read(folder, "pages.json", value)
    assert boxes(imported) == [SECOND]
    assert imported.table.left_out("page") == 1
    assert reasons(imported)["on a page that is left out"] == 1


def test_an_image_that_is_listed_twice_is_one_page(folder: Path) -> None:
    value = coco()
    value["images"].append(value["images"][0] | {"id": 3})
    value["annotations"].append({"image_id": 3, "category_id": 1, "bbox": [100, 100, 20, 20]})
    value["annotations"].append({"image_id": 3, "category_id": 1, "bbox": GOOD})
    imported = read(folder, "pages.json", value)
    assert boxes(imported) == [PUMP, ("p1.png", "pump", [100, 100, 120, 120]), SECOND]
    assert reasons(imported) == {
        "there twice": 1,
        "the same page again, its boxes are added to the first": 1,
    }


def test_a_page_without_a_box_that_can_be_used_is_not_taught_as_empty(folder: Path) -> None:
    imported = read(folder, "pages.json", coco(category_id=7))
    assert [page.path.name for page in imported.pages] == ["p2.png"]
    assert reasons(imported)["no box of it can be used"] == 1


def test_a_file_without_annotations_says_nothing_of_its_pages(folder: Path) -> None:
    value = coco()
    del value["annotations"]
    with pytest.raises(UnusableAnnotations, match="2 pages left out: not annotated"):
        read(folder, "pages.json", value)


def test_pages_that_are_empty_are_told(folder: Path) -> None:
    value = coco()
    del value["annotations"][1]
    imported = read(folder, "pages.json", value)
    assert reasons(imported) == {"without a box: taken as empty": 1}


def test_files_of_one_name_in_two_folders_are_told_apart(tmp_path: Path) -> None:
    pictures(tmp_path, "plant-7/p1.png", "plant-8/p1.png")
    value = coco()
    for image, plant in zip(value["images"], ("plant-7", "plant-8"), strict=True):
        image["file_name"] = f"{plant}/p1.png"
    imported = read(tmp_path, "pages.json", value)
    assert [page.name for page in imported.pages] == ["plant-7-p1-png-p1", "plant-8-p1-png-p1"]


def test_two_names_for_one_file_are_not_its_boxes(folder: Path) -> None:
    text = lines(manifest_line("a/p1.png"), manifest_line("b/p1.png"), manifest_line("p2.png"))
    imported = read(folder, "out.manifest", text)
    assert boxes(imported) == [SECOND]
    assert reasons(imported)["files of one name in different folders"] == 2


def test_tasks_that_were_skipped_or_never_opened_are_not_taught_as_empty(folder: Path) -> None:
    predicted = {"predictions": [{"result": [result()]}]}
    tasks = [
        task(result()),
        task(image="p2.png", annotations=[]) | predicted,
        task(image="p2.png", annotations=[{"was_cancelled": True, "result": [result()]}]),
    ]
    imported = read(folder, "tasks.json", tasks)
    assert boxes(imported) == [PUMP]
    assert reasons(imported) == {
        "not annotated": 1, "skipped": 1, "on a page that is left out": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (result(width=0, height=0), "a side is zero"),
        (result(width=-5), "a side is negative"),
        (result(width=-5, rotation=30), "a side is negative"),
        (result(x=100), "outside its page"),
        (result(x="a"), "a member is of another type or value"),
        (result(rectanglelabels=[]), "without a label"),
        (result("keypointlabels"), "of kind keypointlabels, which has no sure box"),
        (result("brushlabels"), "of kind brushlabels, which has no sure box"),
        ({"id": "x", "type": "rectanglelabels"}, "without a label"),
        ({"id": "x", "value": {}}, "without a member that it needs"),
        (7, "a member is of another type or value"),
        (result("polygonlabels", points=[]), "without a point"),
        (result("ellipselabels", radiusX=-1, radiusY=3), "a side is negative"),
    ],
)
def test_one_bad_result_of_label_studio_is_counted(folder: Path, row: Any, reason: str) -> None:
    bad = row | {"id": "bad"} if isinstance(row, dict) else row
    imported = read(folder, "tasks.json", [task(result(), bad)])
    assert boxes(imported) == [PUMP]
    assert reasons(imported) == {reason: 1}


def test_a_second_label_and_a_box_over_the_edge_are_kept_and_told(folder: Path) -> None:
    row = result(x=98, rectanglelabels=["pump", "motor"])
    imported = read(folder, "tasks.json", [task(row)])
    assert boxes(imported) == [("p1.png", "pump", [392, 60, 400, 90])]
    assert reasons(imported) == {"a second label is not used": 1, "cut off at the page's edge": 1}
    assert imported.table.is_complete


def test_a_task_of_several_pages_has_its_boxes_by_their_index(folder: Path) -> None:
    second = result() | {"id": "r2", "item_index": 1}
    stray = result() | {"id": "r3", "item_index": 5}
    pages = ["/data/upload/1/0a1b2c3d-p1.png", "p2.png"]
    rows = [result() | {"item_index": 0}, second, stray]
    imported = read(folder, "tasks.json", [task(*rows, data={"pages": pages})])
    assert boxes(imported) == [PUMP, SECOND]
    assert reasons(imported) == {"of a page that its task does not have": 1}


@pytest.mark.parametrize("member", ["image", "pages", "document", "my pages"])
def test_pages_of_a_task_may_have_any_name_and_a_box_on_the_last_of_them(
    tmp_path: Path, member: str
) -> None:
    names = [f"p{number}.png" for number in range(1, 13)]
    pictures(tmp_path, *names)
    row = result() | {"item_index": 11}
    imported = read(tmp_path, "tasks.json", [task(row, data={member: names, "title": "Plant 7"})])
    assert boxes(imported) == [("p12.png", *PUMP[1:])]
    assert reasons(imported) == {"without a box: taken as empty": 11}


@pytest.mark.parametrize("index", [-1, 2, "1", 0.5])
def test_a_page_index_that_no_page_has_is_told(folder: Path, index: Any) -> None:
    rows = [result(), result() | {"id": "r2", "item_index": index}]
    imported = read(folder, "tasks.json", [task(*rows, data={"pages": ["p1.png", "p2.png"]})])
    assert boxes(imported) == [PUMP]
    assert reasons(imported)["of a page that its task does not have"] == 1


@pytest.mark.parametrize("member", ["pdf", "image", "document"])
def test_a_task_may_be_about_a_pdf(tmp_path: Path, member: str) -> None:
    with pymupdf.open() as document:
        document.new_page(width=400, height=300)
        document.save(tmp_path / "plan.pdf")
    data = {member: "https://host/files/plan.pdf?token=a.b"}
    (page,) = read(tmp_path, "tasks.json", [task(result(), data=data)]).pages
    assert (page.path.name, page.page) == ("plan.pdf", 1)
    assert page.annotations[0].box.rounded() == (40, 60, 60, 90)


@pytest.mark.parametrize(
    ("annotations", "reason"),
    [
        ([{"was_cancelled": True, "result": []}] * 2, "skipped"),
        ([{"skipped": True, "result": []}], "skipped"),
        ([], "not annotated"),
        (None, "not annotated"),
    ],
)
def test_a_task_that_nobody_did_is_left_out(folder: Path, annotations: Any, reason: str) -> None:
    undone = {"id": 2, "data": {"image": "p2.png"}, "annotations": annotations}
    imported = read(folder, "tasks.json", [task(result()), undone])
    assert boxes(imported) == [PUMP]
    assert reasons(imported) == {reason: 1}


def test_the_member_that_is_a_picture_is_the_page(folder: Path) -> None:
    data = {"title": "Plant 7, rev. 3", "page_img": "/data/upload/1/0a1b2c3d-p1.png"}
    assert boxes(read(folder, "tasks.json", [task(result(), data=data)])) == [PUMP]


def test_a_task_that_names_several_files_is_left_out(folder: Path) -> None:
    data = {"before": "p1.png", "after": "p2.png"}
    with pytest.raises(UnusableAnnotations, match="names several files"):
        read(folder, "tasks.json", [task(result(), data=data)])


def test_frames_of_a_video_have_boxes_between_their_keyframes(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"clip_{number:06d}.png" for number in (1, 3, 5)))
    keys = [{"frame": 1, "x": 10, "y": 20, "width": 5, "height": 10, "enabled": True},
            {"frame": 5, "x": 50, "y": 20, "width": 5, "height": 10, "enabled": True}]  # fmt: skip
    other = [{"frame": 3, "x": 0, "y": 0, "width": 5, "height": 10, "enabled": False}]
    rows = [
        {"id": name, "type": "videorectangle", "value": {"labels": ["pump"], "sequence": sequence}}
        for name, sequence in (("a", keys), ("b", other))
    ]
    imported = read(tmp_path, "tasks.json", [task(*rows, data={"video": "/data/clip.mp4"})])
    assert [box[2][0] for box in boxes(imported)] == [40, 120, 0, 200]


def test_the_adjusted_labels_of_a_manifest_count(folder: Path) -> None:
    line = manifest_line()
    old = {"image_size": line["job"]["image_size"],
           "annotations": [line["job"]["annotations"][0] | {"left": 200}]}  # fmt: skip
    adjusted = {
        "source-ref": line["source-ref"], "job": old, "job-metadata": line["job-metadata"],
        "job-adjusted": line["job"],
        "job-adjusted-metadata": line["job-metadata"] | {"adjustment-status": "adjusted"},
    }  # fmt: skip
    reversed_line = dict(reversed(adjusted.items()))
    for each in (adjusted, reversed_line):
        imported = read(folder, "out.manifest", lines(each))
        assert boxes(imported) == [PUMP]
        assert reasons(imported) == {"job is not used, but job-adjusted": 1}


def adjusted_twice() -> dict[str, Any]:
    """A line whose labels were adjusted two times, the last time to those of PUMP."""
    line = manifest_line()
    size, (box,) = line["job"]["image_size"], line["job"]["annotations"]
    told = line["job-metadata"] | {"adjustment-status": "adjusted"}
    for at, left in enumerate((200, 40), start=1):
        line[f"again{at}"] = {"image_size": size, "annotations": [box | {"left": left}]}
        line[f"again{at}-metadata"] = told | {"creation-date": f"2024-0{at}-01T00:00:00"}
    return line


def test_of_two_adjustments_the_last_counts(folder: Path) -> None:
    for line in (adjusted_twice(), dict(reversed(adjusted_twice().items()))):
        assert boxes(read(folder, "out.manifest", lines(line))) == [PUMP]


def test_an_adjustment_that_removed_all_boxes_says_that_the_page_is_empty(folder: Path) -> None:
    line = adjusted_twice()
    line["again2"]["annotations"] = []
    imported = read(folder, "out.manifest", lines(line))
    assert [len(page.annotations) for page in imported.pages] == [0]


def test_an_adjustment_that_failed_is_told_and_the_labels_before_it_are_used(
    folder: Path,
) -> None:
    failed = {"failure-reason": "ClientError: timed out", "adjustment-status": "adjusted"}
    line = manifest_line(**{"fixed-metadata": failed})
    imported = read(folder, "out.manifest", lines(line))
    assert boxes(imported) == [PUMP]
    assert reasons(imported) == {"fixed failed, and job is used": 1}


def test_of_two_jobs_the_newer_counts(folder: Path) -> None:
    line = manifest_line()
    older = {"class-map": {}, "creation-date": "2023-01-01T00:00:00"}
    line["job-metadata"]["creation-date"] = "2024-01-01T00:00:00"
    line |= {"job2": line["job"] | {"annotations": []}, "job2-metadata": older}
    assert boxes(read(folder, "out.manifest", lines(line))) == [PUMP]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"source-ref": "s3://b/p2.png"}, "not annotated"),
        ({"source-ref": "s3://b/p2.png", "job-metadata": {"failure-reason": "ClientError"}},
         "the labelling failed"),
        ({"job": {"annotations": []}}, "without a member that it needs"),
        ("not JSON", "a line is no JSON"),
    ],
)  # fmt: skip
def test_a_line_without_labels_is_left_out(folder: Path, line: Any, reason: str) -> None:
    text = lines(manifest_line()) + (line if isinstance(line, str) else json.dumps(line)) + "\n"
    imported = read(folder, "out.manifest", text)
    assert boxes(imported) == [PUMP]
    assert reasons(imported) == {reason: 1}


def test_what_a_reviewer_said_is_told(folder: Path) -> None:
    review = {"type": "groundtruth/label-verification", "class-name": "bad"}
    imported = read(folder, "out.manifest", lines(manifest_line(**{"r-metadata": review})))
    assert reasons(imported) == {"a reviewer called the labels 'bad'": 1}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_any_encoding_is_read(folder: Path, encoding: str) -> None:
    text = lines(manifest_line()).replace("\n", "\r\n")
    assert boxes(read(folder, "out.manifest", text, encoding)) == [PUMP]
    assert boxes(read(folder, "pages.json", coco(), encoding)) == [PUMP, SECOND]
    declared = cvat(CVAT_BOX).replace("utf-8", encoding)
    assert boxes(read(folder, "pages.xml", declared, encoding)) == [PUMP]


def test_latin_text_is_refused_with_the_remedy(folder: Path) -> None:
    (folder / "pages.xml").write_bytes(cvat(CVAT_BOX.replace("pump", "Tür")).encode("latin-1"))
    with pytest.raises(UnusableAnnotations, match="must be text in UTF-8 or UTF-16; byte"):
        detect_format.read([folder / "pages.xml"])


def test_a_file_of_entities_is_refused(folder: Path) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY x "y">]><annotations><image name="&x;"/></annotations>'
    with pytest.raises(UnusableAnnotations, match="it declares entities"):
        read(folder, "pages.xml", bomb)


def test_json_that_is_nested_without_end_is_refused(folder: Path) -> None:
    with pytest.raises(UnusableAnnotations, match="nested too deeply"):
        read(folder, "pages.json", "[" * 200_000)


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ('<box label="pump" xtl="500" ytl="5" xbr="470" ybr="30"/>', "a side is negative"),
        ('<box label="pump" xtl="500" ytl="5" xbr="470" ybr="30" rotation="30"/>',
         "a side is negative"),
        ('<box xtl="1" ytl="1" xbr="9" ybr="9"/>', "without a label"),
        ('<box label="pump" xtl="1" ytl="1" xbr="9"/>', "without a member that it needs"),
        ('<box label="pump" xtl="a" ytl="1" xbr="9" ybr="9"/>',
         "a member is of another type or value"),
        ('<polygon label="pump" points=""/>', "without a point"),
        ('<polygon label="pump" points="1,2;3"/>', "a member is of another type or value"),
        ('<ellipse label="pump" cx="9" cy="9" rx="0" ry="4"/>', "a side is zero"),
        ('<mask label="pump" rle="1, 2" left="1" top="1" width="3" height="3"/>',
         "a mask cannot be decoded"),
        ('<skeleton label="pump"><points points="1,2"/></skeleton>', "a side is zero"),
        ('<cuboid label="pump"/>', "of kind cuboid, which has no sure box"),
    ],
)  # fmt: skip
def test_one_bad_shape_of_cvat_is_counted(folder: Path, shape: str, reason: str) -> None:
    imported = read(folder, "pages.xml", cvat(CVAT_BOX + shape))
    assert boxes(imported) == [PUMP]
    assert reasons(imported) == {reason: 1}


@pytest.mark.parametrize(
    "shape",
    [
        '<mask label="pump" rle="30, 2, 18, 2, 548" left="38" top="58" width="20" height="30"/>',
        '<skeleton label="pump"><points label="a" points="40,60"/><points points="60,90"/>'
        '<points points="900,900" outside="1"/></skeleton>',
    ],
)
def test_masks_and_skeletons_of_cvat_have_boxes(folder: Path, shape: str) -> None:
    imported = read(folder, "pages.xml", cvat(shape))
    assert boxes(imported)[0][1] == "pump"
    assert imported.table.is_complete


def test_tracks_of_cvat_are_boxes_of_frames(tmp_path: Path) -> None:
    pictures(tmp_path, "images/frame_000007.PNG", "images/frame_000008.PNG")
    box = '<box frame="{}" outside="{}" xtl="40" ytl="60" xbr="60" ybr="90"/>'
    track = f'<track id="0" label="pump">{box.format(7, 0)}{box.format(8, 1)}</track>'
    imported = read(tmp_path, "pages.xml", f"<annotations>{track}</annotations>")
    assert boxes(imported) == [("frame_000007.PNG", "pump", [40, 60, 60, 90])]


@pytest.mark.parametrize(
    "name", ["train/p1.png", "subset\\p1.png", "job 7/frames/p1.png", "p1.png"]
)
def test_an_image_of_cvat_may_lie_in_a_subset(folder: Path, name: str) -> None:
    assert boxes(read(folder, "pages.xml", cvat(CVAT_BOX, name))) == [PUMP]


@pytest.mark.parametrize("shapes", ["", '<tag label="sheet"/>', "<attribute/>"])
def test_an_image_of_cvat_without_shapes_is_taken_as_empty_and_told(
    folder: Path, shapes: str
) -> None:
    imported = read(folder, "pages.xml", cvat(shapes))
    assert [len(page.annotations) for page in imported.pages] == [0]
    assert reasons(imported) == {"without a box: taken as empty": 1}


def test_a_page_of_a_pdf_is_known_by_the_name_of_its_picture(tmp_path: Path) -> None:
    with pymupdf.open() as document:
        for _ in range(3):
            document.new_page(width=400, height=300)
        document.save(tmp_path / "plan.pdf")
    imported = read(tmp_path, "pages.xml", cvat(CVAT_BOX, "plan.pdf/plan_page_2.png"))
    assert [(page.path.name, page.page) for page in imported.pages] == [("plan.pdf", 2)]


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\nbroken", b"%PDF-1.7"])
def test_a_page_that_cannot_be_opened_is_left_out(folder: Path, content: bytes) -> None:
    (folder / "p1.png").write_bytes(content)
    imported = read(folder, "pages.json", coco())
    assert boxes(imported) == [SECOND]
    assert reasons(imported)["the file cannot be read"] == 1


def test_one_broken_file_of_several_is_left_out(folder: Path) -> None:
    (folder / "a.json").write_text(json.dumps(labelme()))
    (folder / "b.json").write_text("{")
    imported = detect_format.read([folder / "a.json", folder / "b.json"])
    assert_counted(imported)
    assert boxes(imported) == [PUMP]
    assert reasons(imported) == {"a file that cannot be read": 1}


def test_the_summary_has_ten_lines_of_a_kind_and_the_first_examples() -> None:
    counter = RecordCounter()
    for number in range(40):
        counter.leave_out("box", f"box {number}", LeftOut(f"reason {number % 13}"))
    table = counter.table()
    assert len(table.lines()) == 10
    assert table.lines()[0] == "4 boxes left out: reason 0 (box 0; box 13; box 26)"
    assert table.lines()[-1] == "12 boxes more, for 4 other reasons"
    assert table.left_out("box") == table.read["box"] == 40
