"""The `detect` command on the synthesised stack, as a person runs it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema
import pymupdf
import pytest
from PIL import Image

from tests.local.system import ROOT, tilescout


def drawing(folder: Path) -> Path:
    """Writes a turned page with two tags."""
    document = pymupdf.open()
    page = document.new_page(width=600, height=400)
    page.insert_text((100, 100), "FV-1023", fontsize=12)
    page.insert_text((300, 300), "HS-200A", fontsize=12)
    page.set_rotation(90)
    path = folder / "tags.pdf"
    document.save(path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("detect")


@pytest.fixture(scope="module")
def detected(folder: Path) -> subprocess.CompletedProcess[str]:
    pdf = drawing(folder)
    return tilescout(
        "detect", "--local", "--profile", "pdf-text", "--out", "out", str(pdf), cwd=folder
    )


def test_detect_ends_with_0_and_a_table(detected: subprocess.CompletedProcess[str]) -> None:
    assert detected.returncode == 0, detected.stderr
    assert "FV-1023" in detected.stdout
    assert "2 detections on 1 page, 0 calls, $0.00" in detected.stdout
    assert "DONE" in detected.stdout


def test_detect_leaves_its_files(folder: Path, detected: subprocess.CompletedProcess[str]) -> None:
    assert detected.returncode == 0, detected.stderr
    files = folder / "out" / "tags"
    assert sorted(path.name for path in files.iterdir()) == [
        "annotated.pdf", "detections.csv", "detections.json", "drawing.pdf", "preview.png",
    ]  # fmt: skip
    result = json.loads((files / "detections.json").read_text())
    schema = json.loads((ROOT / "docs" / "detections.schema.json").read_text())
    jsonschema.validate(result, schema)
    assert sorted(detection["text"] for detection in result["detections"]) == ["FV-1023", "HS-200A"]
    with Image.open(files / "preview.png") as picture:
        assert picture.size == (1334, 2000)


def test_what_detect_found_is_evaluated_against_the_text_of_the_pdf(
    folder: Path, detected: subprocess.CompletedProcess[str]
) -> None:
    assert detected.returncode == 0, detected.stderr
    result, limits = "out/tags/detections.json", ("--min", "recall=1", "--max", "cer=0")
    found = tilescout("evaluate", "text", result, "--truth", "tags.pdf", "--text-layer", "--out",
                      "report", *limits, cwd=folder)  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert "There are none." in (folder / "report" / "report.html").read_text()


def test_a_corrected_annotated_pdf_is_ground_truth(
    folder: Path, detected: subprocess.CompletedProcess[str]
) -> None:
    assert detected.returncode == 0, detected.stderr
    with pymupdf.open(folder / "out" / "tags" / "annotated.pdf") as document:
        page = document[0]
        page.delete_annot(next(page.annots()))
        document.save(folder / "corrected.pdf")
    found = tilescout("evaluate", "snippets", "out/tags", "--truth", "corrected.pdf",
                      "--json", cwd=folder)  # fmt: skip
    total = json.loads(found.stdout)["total"]
    assert (total["objects"], total["detections"], total["true_positives"]) == (1, 2, 1)


def test_detect_stops_the_embedded_aws_that_it_started(
    folder: Path, detected: subprocess.CompletedProcess[str]
) -> None:
    assert "stopping the embedded AWS" in detected.stderr
    status = tilescout("local", "status", "--json", cwd=folder)
    assert json.loads(status.stdout)["running"] is False
