"""`tilescout dataset draft`: boxes of symbols as the first draft of an annotation."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from tests.unit.tilescout_cli.drawn_symbols import write_page, write_pictures
from tilescout.geometry import Box, iou
from tilescout_cli.app import app

SCHEMA = Path(__file__).parents[4] / "docs" / "detections.schema.json"
PROFILE = ("--profile", "symbols-onnx")


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def run(*arguments: str | Path) -> Result:
    result = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(
        app, list(map(str, arguments))
    )
    assert result.exit_code == 0, result.stderr
    return result


def test_boxes_are_named_by_the_nearest_reference_and_the_rest_is_unknown(tmp_path: Path) -> None:
    truth = write_page(tmp_path / "plant.pdf")
    pictures = write_pictures(tmp_path / "pictures", {"feed-pump": "pump"})
    run("references", "make", pictures, "--out", tmp_path / "set.onnx", *PROFILE)

    told = run("dataset", "draft", tmp_path / "plant.pdf", "--references", tmp_path / "set.onnx",
               "--out", tmp_path / "draft", *PROFILE)  # fmt: skip

    result = json.loads((tmp_path / "draft" / "plant" / "detections.json").read_text())
    jsonschema.validate(result, json.loads(SCHEMA.read_text()))
    found = [(each["label"], Box(*each["box_pt"])) for each in result["detections"]]
    for label, box in truth:
        [name] = [name for name, other in found if iou(box, other) >= 0.5]
        assert name == {"pump": "feed-pump", "gate-valve": "unknown"}[label]
    assert told.stdout == "plant.pdf: 4 boxes (2 feed-pump, 2 unknown)\n"
    assert f"references make review:{tmp_path / 'draft'}" in told.stderr


def test_a_draft_is_written_for_another_program_and_becomes_references(tmp_path: Path) -> None:
    write_page(tmp_path / "plant.pdf")

    run("dataset", "draft", tmp_path / "plant.pdf", "--format", "coco", "--out",
        tmp_path / "draft", *PROFILE)  # fmt: skip

    coco = json.loads((tmp_path / "draft" / "coco" / "annotations.json").read_text())
    assert [each["name"] for each in coco["categories"]] == ["symbol"]
    assert len(coco["annotations"]) == 4
    made = run("references", "make", f"review:{tmp_path / 'draft'}", "--out",
               tmp_path / "set.onnx", "--json", *PROFILE)  # fmt: skip
    assert json.loads(made.stdout)["classes"] == {"symbol": 3}
