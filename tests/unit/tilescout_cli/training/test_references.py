"""`tilescout references` as a person calls it: sets made of pictures and of reviewed documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from tests.unit.tilescout_cli.drawn_symbols import write_pictures
from tests.unit.tilescout_examples.legend_sheets import SYMBOLS, write_plan
from tests.unit.tilescout_viewer.result_folders import detection, places, write_result
from tilescout_cli.app import app

PROFILE = ("--profile", "symbols-onnx")


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(
        app, ["references", *map(str, arguments)]
    )


def test_a_set_tells_its_classes_and_the_dpi_that_suits_it(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "all", {"pump": "pump", "gate-valve": "gate-valve"})

    told = run(
        "make", folder, "--out", tmp_path / "set.onnx", "--profile", "symbols-onnx", "--json"
    )

    found = json.loads(told.stdout)
    assert found["classes"] == {"gate-valve": 1, "pump": 1}
    assert found["dpi"] == 150
    assert 80 <= found["best_dpi"] <= 200


def test_the_symbols_of_a_legend_are_references(tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.pdf")

    told = run("make", f"legend:{plan}", "--out", tmp_path / "set.onnx", *PROFILE, "--json")

    assert json.loads(told.stdout)["classes"] == dict.fromkeys(SYMBOLS, 1)


def test_classes_that_one_picture_shows_cannot_be_told_apart(tmp_path: Path) -> None:
    folder = write_pictures(
        tmp_path / "all", {"pump": "pump", "fan": "pump", "valve": "gate-valve"}
    )

    told = run("make", folder, "--out", tmp_path / "set.onnx", *PROFILE)

    assert told.exit_code == 0
    assert "fan and pump cannot be told apart by these pictures (likeness 1.00)" in told.stderr
    assert "3 classes by 3 pictures" in told.stdout


def test_a_sheet_draws_a_row_per_class(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "all", {"pump": "pump", "gate-valve": "gate-valve"})
    run("make", folder, "--out", tmp_path / "set.onnx", *PROFILE)

    told = run("sheet", tmp_path / "set.onnx", "--out", tmp_path / "set.png")

    assert told.exit_code == 0
    with Image.open(tmp_path / "set.png") as sheet:
        assert sheet.height == 120


def test_a_sheet_of_a_model_without_references_is_refused(tmp_path: Path) -> None:
    from tilescout_datasets.references.base_models import DETECTOR

    told = run("sheet", DETECTOR, "--out", tmp_path / "set.png")

    assert told.exit_code == 2
    assert "has none; make it from pictures or annotated pages" in " ".join(told.stderr.split())


def test_a_reviewed_document_gives_references_and_leaves_unknown_symbols_out(
    tmp_path: Path,
) -> None:
    rows = [
        detection(number, box_pt=box, label="unknown" if number == 2 else "bubble")
        for number, (box, _) in enumerate(places()[:3])
    ]
    folder = write_result(tmp_path / "out", rows, pages=1)

    told = run("make", f"review:{folder}", "--out", tmp_path / "set.onnx", "--json", *PROFILE)

    assert told.exit_code == 0, told.stderr
    assert json.loads(told.stdout)["classes"] == {"bubble": 2}
    assert "1 box is labelled unknown and left out; name it in the viewer" in told.stderr
