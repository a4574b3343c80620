"""Symbols through the profile symbols-onnx, of a PDF beside its text, and of pictures."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.local.system import tilescout
from tilescout.geometry import Box, iou
from tilescout_samples.sheet import Sheet
from tilescout_samples.symbols import place_near_miss, place_symbol

SIZES = {"gate-valve": 9.0, "control-valve": 9.0, "pump": 13.0, "light": 7.0,
         "socket-outlet": 6.0, "fire-alarm": 6.5, "switch": 5.0}  # fmt: skip
TURNS = (0, 90, 180, 270)
PICTURE, FRAMES = "Plan A (rev 2) #3+äö%20.png", "-frames.tif"
DPI = 150


def drawing(folder: Path) -> tuple[Path, list[dict[str, Any]]]:
    """Draws 1,181 x 1,063 px at 150 dpi, four tiles: every symbol in every turn, as many near
    misses."""
    sheet = Sheet(200.0, 180.0, random.Random(11))
    for row, (label, size) in enumerate(SIZES.items()):
        for column, turn in enumerate(TURNS):
            place_symbol(sheet, label, (15.0 + 24 * column, 14.0 + 24 * row), size, turn)
            place_near_miss(sheet, label, (111.0 + 24 * column, 14.0 + 24 * row), size, turn)
    document = sheet.finish()
    document[0].insert_text((20, 490), "FV-1023", fontsize=9)
    path = folder / "plant.pdf"
    document.save(path)
    return path, sheet.truth.symbols


def pumps(count: int) -> tuple[Image.Image, list[list[float]]]:
    """Returns a picture of so many pumps, and their boxes in points."""
    sheet = Sheet(120.0, 60.0, random.Random(count))
    for at in range(count):
        place_symbol(sheet, "pump", (25.0 + 35 * at, 30.0), SIZES["pump"], 0)
    drawn = sheet.finish()[0].get_pixmap(dpi=DPI, colorspace="GRAY")
    picture = Image.frombytes("L", (drawn.width, drawn.height), drawn.samples)
    return picture, [each["box_pt"] for each in sheet.truth.symbols]


def write_pictures(folder: Path) -> None:
    """Writes a PNG with two pumps, and a TIFF whose frames have one pump and three."""
    pumps(2)[0].save(folder / PICTURE, dpi=(DPI, DPI))
    pumps(1)[0].save(folder / FRAMES, dpi=(DPI, DPI), save_all=True, append_images=[pumps(3)[0]])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("onnx")


@pytest.fixture(scope="module")
def truth(folder: Path) -> list[dict[str, Any]]:
    return drawing(folder)[1]


@pytest.fixture(scope="module")
def detected(folder: Path, truth: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    profiles = ("--profile", "pdf-text", "--profile", "symbols-onnx")
    write_pictures(folder)
    files = ("plant.pdf", PICTURE, f"./{FRAMES}")
    return tilescout("detect", "--local", *profiles, *files, cwd=folder)


def result(folder: Path, profile: str, file: str = "plant") -> dict[str, Any]:
    path = folder / "out" / file / profile / "detections.json"
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_the_sample_model_is_put_to_use_and_said_so(
    detected: subprocess.CompletedProcess[str],
) -> None:
    assert detected.returncode == 0, detected.stderr
    assert "model sample-symbols-onnx: version v1 is active" in detected.stderr


def test_symbols_are_found_and_near_misses_are_not(
    folder: Path, truth: list[dict[str, Any]], detected: subprocess.CompletedProcess[str]
) -> None:
    assert detected.returncode == 0, detected.stderr
    found = result(folder, "symbols-onnx")["detections"]
    right = [
        any(
            detection["label"] == wanted["label"]
            and iou(Box(*detection["box_pt"]), Box(*wanted["box_pt"])) >= 0.5
            for detection in found
        )
        for wanted in truth
    ]
    f1 = 2 * sum(right) / (len(found) + len(truth))
    assert len(truth) == 28
    assert f1 >= 0.95


@pytest.mark.parametrize(
    ("file", "counts"), [(PICTURE, [2]), (FRAMES, [1, 3])], ids=["a PNG", "frames of a TIFF"]
)
def test_a_picture_is_a_document_and_each_frame_a_page(
    folder: Path, detected: subprocess.CompletedProcess[str], file: str, counts: list[int]
) -> None:
    assert detected.returncode == 0, detected.stderr
    answer = result(folder, "symbols-onnx", Path(file).stem)
    assert [page["dpi"] for page in answer["document"]["pages"]] == [DPI] * len(counts)
    for number, count in enumerate(counts, start=1):
        found = [each for each in answer["detections"] if each["page"] == number]
        _, truth = pumps(count)
        assert [each["label"] for each in found] == ["pump"] * count
        assert all(any(iou(Box(*each["box_pt"]), Box(*box)) > 0.5 for each in found)
                   for box in truth)  # fmt: skip


def test_results_name_the_version_and_no_model_was_paid_by_the_hour(
    folder: Path, detected: subprocess.CompletedProcess[str]
) -> None:
    assert detected.returncode == 0, detected.stderr
    document = result(folder, "symbols-onnx")["document"]
    assert document["status"] == "DONE"
    assert document["model_version"].startswith("models/sample-symbols-onnx/version/v1/")
    assert 0 < document["cost"]["spent_usd"] < 0.001
    assert "of the run, at the list price" not in detected.stdout


def test_several_profiles_of_one_file_are_shown_on_one_picture(
    folder: Path, detected: subprocess.CompletedProcess[str]
) -> None:
    assert detected.returncode == 0, detected.stderr
    files = folder / "out" / "plant"
    assert sorted(path.name for path in files.iterdir()) == [
        "annotated.pdf", "drawing.pdf", "pdf-text", "preview.png", "symbols-onnx",
    ]  # fmt: skip
    assert [detection["text"] for detection in result(folder, "pdf-text")["detections"]] == [
        "FV-1023"
    ]
    with Image.open(files / "preview.png") as picture:
        assert max(picture.size) == 2000
