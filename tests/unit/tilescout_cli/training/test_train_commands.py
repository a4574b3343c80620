"""`tilescout dataset`, `train` and `evaluate` as a person calls them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from benchmarks.symbols.pages import annotated_sheet, write_pages
from tilescout_cli.app import app
from tilescout_local.engines.symbol_detector import SAMPLE_MODEL


def tilescout(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "100", "TERM": "dumb"}).invoke(app, list(arguments))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a data set of two annotated sheets."""
    folder = tmp_path_factory.mktemp("symbols")
    pages = write_pages(folder / "pages", range(41, 43), scattered=30)
    result = tilescout("dataset", "build", str(pages), "--profile", "symbols", "--out",
                       str(folder / "set"), "--json")  # fmt: skip
    assert result.exit_code == 0, result.output
    return folder


def test_a_training_page_has_a_near_miss_for_every_two_symbols() -> None:
    truth = annotated_sheet(41, scattered=120).truth

    assert 2 * len(truth.distractors) >= len(truth.symbols) - 1
    assert {row["turn"] for row in truth.symbols} == {0, 90, 180, 270}
    assert len({row["label"] for row in truth.symbols}) == 7


def test_a_data_set_tells_what_it_holds_and_draws_it(folder: Path) -> None:
    result = tilescout("dataset", "check", str(folder / "set"), "--no-look-alikes", "--json")

    found = json.loads(result.stdout)
    assert len(found["labels"]) == 7
    assert found["train_tiles"] > 0 < found["test_tiles"]
    assert found["look_alikes"] is None
    assert (folder / "set" / "check.png").stat().st_size > 1000
    assert (folder / "set" / "check.html").stat().st_size > 1000


def test_a_warning_ends_a_strict_check_only(folder: Path) -> None:
    check = ("dataset", "check", str(folder / "set"), "--no-look-alikes")
    faults = json.loads(tilescout(*check, "--json").stdout)["faults"]

    assert {each["severity"] for each in faults} == {"warning"}
    assert [tilescout(*check).exit_code, tilescout(*check, "--strict").exit_code] == [0, 1]


def test_one_annotated_page_is_refused_with_the_remedy(tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "pages", range(41, 42), scattered=0)
    result = tilescout("dataset", "build", str(pages), "--profile", "symbols", "--out",
                       str(tmp_path / "set"))  # fmt: skip

    assert result.exit_code == 2
    assert "annotate another page" in result.stderr


def test_the_sample_model_is_right_on_pages_it_has_not_seen(folder: Path) -> None:
    result = tilescout("onnx", "evaluate", str(SAMPLE_MODEL), str(folder / "set"), "--json")

    report = json.loads(result.stdout)
    assert report["figures"]["map"] > 0.95
    assert report["figures"]["f1"] > 0.95
    assert report["by_label"]["pump"]["average_precision"] > 0.95


@pytest.fixture(scope="module")
def misread_set(folder: Path) -> Path:
    """The data set, annotated wrongly: an object too many, in the corner of the first test tile."""
    copy = folder / "misread"
    shutil.copytree(folder / "set", copy)
    coco = json.loads((copy / "test.coco.json").read_text())
    pump = next(each["id"] for each in coco["categories"] if each["name"] == "pump")
    coco["annotations"].append({"id": 9999, "image_id": coco["images"][0]["id"], "iscrowd": 0,
                                "category_id": pump, "bbox": [2, 2, 30, 30]})  # fmt: skip
    (copy / "test.coco.json").write_text(json.dumps(coco))
    return copy


def test_a_models_worst_misses_are_shown_on_their_tiles(misread_set: Path, tmp_path: Path) -> None:
    result = tilescout(
        "onnx", "evaluate", str(SAMPLE_MODEL), str(misread_set), "--out", str(tmp_path)
    )

    tile = json.loads((misread_set / "test.coco.json").read_text())["images"][0]["file_name"]
    page = (tmp_path / "report.html").read_text()
    report = json.loads((tmp_path / "report.json").read_text())
    assert result.exit_code == 0, result.output
    assert f"{Path(tile).name}: missed: pump" in page
    assert page.count("data:image/png;base64,") == len(report["worst"]) >= 1
    assert page.count("<svg") == 2
    assert "By tile" in page
    assert {"page": 0, "box_px": [2.0, 2.0, 32.0, 32.0], "what": "missed: pump"} in report["worst"]
    assert report["confusion"]["names"][-1] == "(nothing)"


def test_what_a_model_says_below_its_thresholds_is_in_its_curve_and_not_wrong(
    folder: Path, tmp_path: Path
) -> None:
    tilescout("onnx", "evaluate", str(SAMPLE_MODEL), str(folder / "set"), "--out", str(tmp_path))

    report = json.loads((tmp_path / "report.json").read_text())
    curve = report["curves"][""]
    assert min(curve["confidence"]) < 50
    assert curve["precision"][-1] < report["figures"]["precision"]


def test_a_model_under_a_limit_fails_with_every_figure(misread_set: Path) -> None:
    arguments = ("onnx", "evaluate", str(SAMPLE_MODEL), str(misread_set), "--label", "pump")
    enough = tilescout(*arguments, "--min", "f1=0.5", "--min", "map=0.5")
    result = tilescout(*arguments, "--min", "recall=1", "--min", "map=1")

    assert enough.exit_code == 0, enough.output
    assert result.exit_code == 1
    assert "is under --min recall=1; map 0." in result.stderr


def test_a_model_has_the_truth_of_its_data_set_alone(folder: Path) -> None:
    result = tilescout("onnx", "evaluate", str(SAMPLE_MODEL), str(folder / "set"), "--pages", "1")

    assert result.exit_code == 2
    assert "No such option: --pages" in result.stderr


def test_a_model_that_knows_no_label_of_the_tiles_is_refused(folder: Path, tmp_path: Path) -> None:
    for path in (folder / "set").glob("*.json"):
        (tmp_path / path.name).write_text(path.read_text().replace('"name": "', '"name": "my-'))
    (tmp_path / "tiles").symlink_to(folder / "set" / "tiles")
    result = tilescout("onnx", "evaluate", str(SAMPLE_MODEL), str(tmp_path))

    assert result.exit_code == 2
    assert "the tiles have my-" in result.stderr


def test_training_a_file_on_a_stack_is_refused(folder: Path) -> None:
    file = str(folder / "model.onnx")
    result = tilescout("onnx", "train", str(folder / "set"), "--out", file, "--stack", "Tilescout")

    assert result.exit_code == 2
    assert "No such option: --stack" in result.stderr


def test_a_model_that_is_not_there_is_refused(folder: Path) -> None:
    result = tilescout("onnx", "evaluate", str(folder / "no.onnx"), str(folder / "set"))

    assert result.exit_code == 2
    assert "there is no model" in result.stderr
