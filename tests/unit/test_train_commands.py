"""`tilescout dataset`, `train` and `evaluate` as a person calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from benchmarks.symbol_pages import annotated_sheet, write_pages
from tilescout_cli.app import app
from tilescout_local.engines.symbol_onnx import SAMPLE_MODEL


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
    result = tilescout("evaluate", str(SAMPLE_MODEL), str(folder / "set"), "--json")

    assert json.loads(result.stdout)["mean_average_precision"] > 0.95


def test_training_anywhere_else_is_refused(folder: Path) -> None:
    result = tilescout("train", str(folder / "set"), "--out", str(folder / "model.onnx"))

    assert result.exit_code == 2
    assert "add --local" in result.stderr


def test_a_model_that_is_not_there_is_refused(folder: Path) -> None:
    result = tilescout("evaluate", str(folder / "no.onnx"), str(folder / "set"))

    assert result.exit_code == 2
    assert "there is no model" in result.stderr
