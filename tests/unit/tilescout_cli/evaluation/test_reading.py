"""What is left out of annotation files, and boxes beside their objects, on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner, Result

from tilescout_cli.app import app

SIZE = (640, 480)
BOXES = ((40, 30, 40, 30), (200, 150, 60, 40))


def tilescout(*arguments: object) -> Result:
    runner = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"})
    return runner.invoke(app, list(map(str, arguments)))


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, Any]:
    """COCO of two pictures with two blots each."""
    images, objects = [], []
    for number in (1, 2):
        picture = Image.new("L", SIZE, 255)
        for left, top, width, height in BOXES:
            blot = (left, top, left + width, top + height)
            ImageDraw.Draw(picture).rectangle(blot, fill=0)
            box = [left, top, width, height]
            objects.append({"image_id": number, "category_id": 1, "bbox": box})
        picture.save(tmp_path / f"p{number}.png")
        name = f"p{number}.png"
        images.append({"id": number, "file_name": name, "width": SIZE[0], "height": SIZE[1]})
    return {"images": images, "annotations": objects, "categories": [{"id": 1, "name": "blot"}]}


def build(folder: Path, value: dict[str, Any], *options: str) -> Result:
    (folder / "pages.json").write_text(json.dumps(value))
    return tilescout("dataset", "build", folder / "pages.json", "--profile", "symbols", "--out",
                     folder / "set", *options)  # fmt: skip


def test_what_is_left_out_is_said_and_kept_in_the_data_set(
    tmp_path: Path, pages: dict[str, Any]
) -> None:
    pages["annotations"].append({"image_id": 9, "category_id": 1, "bbox": [1, 2, 3, 4]})
    result = build(tmp_path, pages)
    assert result.exit_code == 0, result.output
    assert "2 pages read, 2 kept, 0 left out; 5 boxes read, 4 kept, 1 left out" in result.stderr
    assert "1 box left out: of an image that the file does not have (annotation 4)" in result.stderr
    kept = json.loads((tmp_path / "set" / "records.json").read_text())
    assert kept["read"] == {"page": 2, "box": 5}
    assert kept["left_out"][0]["reason"] == "of an image that the file does not have"


def test_strict_refuses_a_file_of_which_a_record_is_left_out(
    tmp_path: Path, pages: dict[str, Any]
) -> None:
    assert build(tmp_path, pages, "--strict").exit_code == 0
    pages["annotations"].append({"image_id": 9, "category_id": 1, "bbox": [1, 2, 3, 4]})
    result = build(tmp_path, pages, "--strict")
    assert result.exit_code == 2
    assert "--strict takes files only whole" in result.stderr


def test_boxes_on_blank_paper_stop_the_build_with_a_picture(
    tmp_path: Path, pages: dict[str, Any]
) -> None:
    for each in pages["annotations"]:
        each["bbox"] = [400, 300 + each["bbox"][0] / 4, 30, 30]
    result = build(tmp_path, pages)
    assert result.exit_code == 2
    assert "2 of 2 boxes of p1-p1 lie on blank paper" in result.stderr
    assert (tmp_path / "set" / "misplaced.png").is_file()
    assert build(tmp_path, pages, "--anyway").exit_code == 0


def test_pages_of_another_aspect_stop_the_build(tmp_path: Path, pages: dict[str, Any]) -> None:
    for image in pages["images"]:
        image |= {"width": SIZE[1], "height": SIZE[0]}
    result = build(tmp_path, pages)
    assert result.exit_code == 2
    assert "is shown as 640 x 480, which is another shape" in result.stderr


def found(folder: Path, size: tuple[int, int] = SIZE) -> Path:
    page = {"page": 1, "width_px": size[0], "height_px": size[1], "width_pt": size[0] * 0.48,
            "height_pt": size[1] * 0.48, "dpi": 150}  # fmt: skip
    head = {"id": "d" * 32, "source": {"key": "incoming/p/p1.png"}, "profile": "symbols",
            "status": "DONE", "pages": [page]}  # fmt: skip
    detection = {"page": 1, "label": "blot", "text": "", "confidence": 90.0,
                 "box_px": [40, 30, 80, 60]}  # fmt: skip
    path = folder / "detections.json"
    path.write_text(json.dumps({"document": head, "detections": [detection]}))
    return path


def evaluate(folder: Path, value: dict[str, Any], *options: object, **more: Any) -> Result:
    value = value | {"images": value["images"][:1]}
    (folder / "truth.json").write_text(json.dumps(value))
    return tilescout("evaluate", "objects", found(folder, **more), "--truth",
                     folder / "truth.json", *options)  # fmt: skip


def test_evaluate_tells_what_of_the_truth_is_left_out(
    tmp_path: Path, pages: dict[str, Any]
) -> None:
    result = evaluate(tmp_path, pages)
    assert result.exit_code == 0, result.output
    assert "2 boxes left out: of an image that the file does not have" in result.stderr
    assert evaluate(tmp_path, pages, "--strict").exit_code == 2


def test_evaluate_stops_where_the_truth_is_of_another_page(
    tmp_path: Path, pages: dict[str, Any]
) -> None:
    result = evaluate(tmp_path, pages, size=(480, 640))
    assert result.exit_code == 2
    assert "the results are of one of 480 x 640 px, which is another shape" in result.stderr
    for each in pages["annotations"]:
        each["bbox"] = [400, 300 + each["bbox"][0] / 4, 30, 30]
    result = evaluate(tmp_path, pages, "--out", tmp_path / "report")
    assert result.exit_code == 2
    assert "2 of 2 boxes of p1-p1 lie on blank paper" in result.stderr
    assert (tmp_path / "report" / "misplaced.png").is_file()
    assert evaluate(tmp_path, pages, "--anyway").exit_code == 0


def test_a_picture_is_planned_as_a_document(tmp_path: Path, pages: dict[str, Any]) -> None:
    result = tilescout("plan", tmp_path / "p1.png", "--profile", "text", "--json")
    assert result.exit_code == 0, result.output
    (planned,) = json.loads(result.stdout)
    assert planned["pages"][0]["width_px"] == SIZE[0]
