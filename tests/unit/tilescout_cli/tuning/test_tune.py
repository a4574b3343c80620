"""`tilescout tune` as a person calls it, with the sample model on small annotated pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from benchmarks.symbols.pages import annotated_sheet, write_pages
from tilescout.detections import Answer
from tilescout.errors import DetectorUnavailable
from tilescout.geometry import Box
from tilescout.pricing import ONNX_GB, PriceTable
from tilescout.tiling.grid import Tile
from tilescout_cli.app import app
from tilescout_tune.budgeted_detector import Budget, BudgetedDetector, BudgetExceeded

ONNX = ("--profile", "symbols", "--vary", "detector=onnx")


def tilescout(*arguments: object) -> Result:
    runner = CliRunner(env={"COLUMNS": "120", "TERM": "dumb"})
    return runner.invoke(app, ["tune", "objects", *map(str, arguments)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tune")
    write_pages(folder, range(51, 53), scattered=10)
    return folder


def arguments(folder: Path, name: str = "annotations.coco.json") -> tuple[object, ...]:
    truth = ("--truth", folder / name, "--cache", folder / "cache")
    return (*sorted(folder.glob("*.pdf")), *truth, *ONNX, "--vary", "dpi=75,150", "--vary",
            "tile_size=1024,2048")  # fmt: skip


@pytest.fixture(scope="module")
def tuned(folder: Path) -> Result:
    return tilescout(*arguments(folder), "--json", "--out", folder / "out")


def test_the_dpi_that_the_model_knows_is_chosen(tuned: Result) -> None:
    assert tuned.exit_code == 0, tuned.output
    found = json.loads(tuned.stdout)
    profile = found["profile"]["symbols"]
    assert (profile["detector"], profile["dpi"], profile["tile_size"]) == ("onnx", 150, 2048)
    assert found["best"]["f1"] > 0.98
    assert found["best"]["pages"] == 2
    assert set(profile["min_confidence"]) >= {"pump", "gate-valve"}


def test_the_rest_of_the_profile_is_as_it_was(tuned: Result) -> None:
    profile = json.loads(tuned.stdout)["profile"]["symbols"]

    assert (profile["model_project"], profile["schedule"]) == ("sample-symbols", "rate(1 hour)")


def test_a_larger_tile_has_its_seconds_and_their_price(tuned: Result) -> None:
    found = json.loads(tuned.stdout)
    of_size = {each["tile_size"]: each for each in found["settings"] if each["dpi"] == 150}

    assert found["profile"]["symbols"]["seconds_per_tile"] == 1.0
    assert (of_size[2048]["seconds_per_tile"], "seconds_per_tile" in of_size[1024]) == (1.0, False)
    assert (of_size[1024]["calls_per_page"], of_size[2048]["calls_per_page"]) == (12, 4)
    assert of_size[1024]["usd_per_page"] == pytest.approx(page_price(12, seconds=0.25), abs=1e-8)
    assert of_size[2048]["usd_per_page"] == pytest.approx(page_price(4, seconds=1.0), abs=1e-8)


def page_price(tiles: int, *, seconds: float) -> float:
    """The dollars of a page whose tiles take the function so long each."""
    prices = PriceTable()
    tile = prices.tile("onnx") + seconds * ONNX_GB * prices.lambda_gb_second
    return prices.page("onnx") + tiles * tile


def test_the_price_of_calls_is_bounded_before_the_first(tuned: Result) -> None:
    assert "4 settings on 2 pages: " in tuned.stderr
    assert json.loads(tuned.stdout)["calls_made"] > 0


def test_a_plot_and_a_table_are_written(folder: Path, tuned: Result) -> None:
    assert tuned.exit_code == 0, tuned.output
    assert (folder / "out" / "tune.svg").read_text().startswith("<svg")
    assert json.loads((folder / "out" / "tune.json").read_text())["complete"] is True


def test_trying_again_asks_for_nothing_twice(folder: Path, tuned: Result) -> None:
    again = tilescout(*arguments(folder), "--json")

    assert json.loads(again.stdout)["calls_made"] == 0
    assert json.loads(again.stdout)["best"] == json.loads(tuned.stdout)["best"]


def test_a_recall_that_nothing_reaches_fails_with_the_best(folder: Path, tuned: Result) -> None:
    more = folder / "more.coco.json"
    truth = json.loads((folder / "annotations.coco.json").read_text())
    # What is not on the drawing: nothing can find it.
    truth["annotations"].append(truth["annotations"][0] | {"bbox": [5, 5, 9, 9]})
    more.write_text(json.dumps(truth))
    found = tilescout(*arguments(folder, more.name), "--min-recall", 1.0, "--json")

    assert tuned.exit_code == 0
    assert found.exit_code == 1
    assert "no setting that was tried reaches --min-recall 1" in found.stderr


def test_aws_is_not_asked_without_a_budget(folder: Path) -> None:
    found = tilescout(folder / "page_51.pdf", "--truth", folder / "annotations.coco.json",
                      "--profile", "text")  # fmt: skip

    assert found.exit_code == 2
    assert "allow it by --budget" in found.stderr


def test_truth_of_other_pages_is_refused(folder: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "other.pdf"
    annotated_sheet(60, scattered=0).finish().save(sheet)
    found = tilescout(sheet, "--truth", folder / "annotations.coco.json", *ONNX)

    assert found.exit_code == 2
    assert "name the files alike" in found.stderr


class Busy:
    """Refuses the first two asks, then answers with two calls."""

    def __init__(self) -> None:
        self.asks = 0

    def detect(self, image: bytes, tile: Tile) -> Answer:
        self.asks += 1
        if self.asks <= 2:
            raise DetectorUnavailable("busy")
        return Answer(tile=tile.index, tile_box=tile.box, calls=2)


def test_a_busy_detector_is_asked_again_and_only_answers_are_paid() -> None:
    purse, pauses = Budget(1.0), []
    port = BudgetedDetector(port=Busy(), usd=0.1, max_calls=5, budget=purse, sleep=pauses.append)

    assert port.detect(b"", Tile(0, Box(0, 0, 9, 9))).calls == 2
    assert pauses == [1.0, 2.0]
    assert purse.spent_usd == pytest.approx(0.2)


def test_no_call_is_made_that_could_break_the_cap() -> None:
    busy = Busy()
    port = BudgetedDetector(port=busy, usd=0.1, max_calls=5, budget=Budget(0.49))

    with pytest.raises(BudgetExceeded, match="raise --budget"):
        port.detect(b"", Tile(0, Box(0, 0, 9, 9)))
    assert busy.asks == 0


def test_a_second_scale_is_tried_and_its_tiles_are_counted(folder: Path) -> None:
    truth = ("--truth", folder / "annotations.coco.json", "--cache", folder / "cache")
    found = tilescout(folder / "page_51.pdf", *truth, "--profile", "symbols-onnx", "--vary",
                      "second_scale=0,0.5,page", "--effort", 1, "--json")  # fmt: skip

    settings = json.loads(found.stdout)["settings"]
    calls = {each["second_scale"]: each["calls_per_page"] for each in settings}
    # 4 x 3 tiles; at half the dpi 2 x 2 more, and one for the whole page.
    assert calls == {0: 12.0, 0.5: 16.0, "page": 13.0}


def test_an_input_scale_shows_the_same_tiles_in_other_sizes(folder: Path) -> None:
    truth = ("--truth", folder / "annotations.coco.json", "--cache", folder / "cache")
    found = tilescout(folder / "page_51.pdf", *truth, "--profile", "symbols-onnx", "--vary",
                      "input_scale=0.5", "--effort", 1, "--json")  # fmt: skip

    report = json.loads(found.stdout)
    settings = {each["dpi"]: (each["tile_size"], each["overlap"], each["calls_per_page"])
                for each in report["settings"]}  # fmt: skip
    assert settings == {75: (512, 64, 12.0), 150: (1024, 128, 12.0)}
    assert "input_scale" not in report["profile"]["symbols-onnx"]


def test_tiles_too_large_are_refused_before_anything_is_asked(folder: Path, tmp_path: Path) -> None:
    truth = ("--truth", folder / "annotations.coco.json", "--cache", tmp_path)
    found = tilescout(folder / "page_51.pdf", *truth, "--profile", "symbols", "--local", "--vary",
                      "input_scale=8")  # fmt: skip

    assert found.exit_code == 2
    assert "custom-labels takes tiles of 64 to 4096 px; this is 8192" in found.stderr
    assert "leave out input_scale 8" in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_table_of_four_fields_is_whole_in_80_columns(folder: Path) -> None:
    truth = ("--truth", folder / "annotations.coco.json", "--cache", folder / "cache")
    runner = CliRunner(env={"COLUMNS": "80", "TERM": "dumb"})
    asked = ("tune", "objects", folder / "page_51.pdf", *truth, "--profile", "symbols-onnx",
             "--vary", "input_scale=0.5", "--vary", "second_scale=page")  # fmt: skip
    found = runner.invoke(app, list(map(str, asked)))

    lines = [line.split() for line in found.stdout.splitlines()]
    assert ["dpi", "tile", "overlap", "second", "pages", "P", "R", "F1", "calls", "$/1000",
            "p."] in lines  # fmt: skip
    assert [">", "150", "1024", "128", "0.0", "1"] in [line[:6] for line in lines]
    assert "…" not in found.stdout
