"""`tilescout onnx promote --truth` compares a version with the active one and refuses a worse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from typer.testing import CliRunner, Result

from tests.unit.tilescout.example_search.drawn_strokes import PUMP, VALVE, VALVE_BOX, placed
from tests.unit.tilescout_cli import cli_models
from tests.unit.tilescout_cli.cli_models import Time
from tests.unit.tilescout_cli.cli_stack import deployed_stack
from tests.unit.tilescout_cli.drawn_symbols import SIDE_MM, write_page, write_pictures
from tilescout.aws.tables import model_table
from tilescout.example_search.symbol_files import to_file
from tilescout.geometry import Box
from tilescout_cli.app import app
from tilescout_cli.stack import paths
from tilescout_cli.stack.target import Stack
from tilescout_examples.boxes import BoxOnPage
from tilescout_examples.saved_profile import symbol_file
from tilescout_examples.symbols import learn_symbols

PROFILES: dict[str, Any] = {
    "plant": {"detector": "onnx", "model_project": "plant", "dpi": 150, "tile_size": 360,
              "overlap": 16, "default": True},
    "like": {"detector": "example", "model_project": "like", "dpi": 200, "tile_size": 2048,
             "overlap": 256, "min_confidence": {"*": 50}},
}  # fmt: skip
VALVES, PUMPS = [(60, 60), (120, 60), (180, 60), (240, 60)], [(60, 140), (120, 140), (180, 140)]


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    path = tmp_path / "cdk.json"
    path.write_text(json.dumps({"context": {"tilescout": {"profiles": PROFILES}}}))
    monkeypatch.setattr(paths, "configuration", lambda: path)
    with deployed_stack(monkeypatch) as deployed:
        yield deployed


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return cli_models.turned(monkeypatch)


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "160", "TERM": "dumb"}).invoke(app, list(map(str, arguments)))


def promote(*arguments: str | Path) -> Result:
    return run("onnx", "promote", *arguments)


def active(stack: Stack, project: str) -> str:
    used = model_table.in_use(stack.ledger, project)
    return used.version if used else ""


def references(folder: Path, names: dict[str, str]) -> Path:
    """A set of references made from pictures: symbols of the samples by class."""
    pictures = write_pictures(folder / "-".join([*names, *names.values()]), names)
    file = folder / f"{pictures.name}.onnx"
    made = run("references", "make", pictures, "--out", file, "--profile", "plant")
    assert made.exit_code == 0, made.stderr
    return file


def annotated_sheet(folder: Path) -> Path:
    """A page of two pumps and two gate valves, with annotations in COCO."""
    boxes = write_page(folder / "plant.pdf")
    side = SIDE_MM * 72 / 25.4
    return coco(folder / "plant.json", "plant.pdf", (side, side), boxes)


def coco(file: Path, pdf: str, size: tuple[float, float], boxes: list[tuple[str, Box]]) -> Path:
    names = sorted({label for label, _ in boxes})
    rows = [
        {"id": at, "image_id": 1, "category_id": names.index(label) + 1,
         "bbox": [box.left, box.top, box.width, box.height]}
        for at, (label, box) in enumerate(boxes, 1)
    ]  # fmt: skip
    image = {"id": 1, "file_name": pdf, "width": size[0], "height": size[1]}
    categories = [{"id": at, "name": name} for at, name in enumerate(names, 1)]
    file.write_text(json.dumps({"images": [image], "annotations": rows, "categories": categories}))
    return file


RIGHT = {"pump": "pump", "gate-valve": "gate-valve"}
SWAPPED = {"gate-valve": "pump", "pump": "gate-valve"}


def test_a_worse_set_of_references_is_refused_and_taken_anyway(
    stack: Stack, tmp_path: Path
) -> None:
    truth = annotated_sheet(tmp_path)
    good = references(tmp_path, RIGHT)
    assert promote(good, "--project", "plant", "--name", "good").exit_code == 0
    bad = references(tmp_path, SWAPPED)

    refused = promote(bad, "--project", "plant", "--name", "bad", "--truth", truth)

    assert refused.exit_code == 1
    assert "it is worse than version good, which stays active: F1 1.000 becomes 0.000" in " ".join(
        refused.stderr.split()
    )
    assert "gate-valve 2 1.000 1.000 1.000 0.000 0.000 0.000 worse by 1.000" in " ".join(
        refused.stdout.split()
    )
    assert active(stack, "plant") == "good"
    taken = promote(bad, "--project", "plant", "--name", "bad", "--truth", truth, "--anyway")
    assert taken.exit_code == 0
    assert active(stack, "plant") == "bad"


def test_a_better_set_of_references_is_activated_and_says_by_how_much(
    stack: Stack, tmp_path: Path
) -> None:
    truth = annotated_sheet(tmp_path)
    promote(references(tmp_path, {"pump": "pump"}), "--project", "plant", "--name", "one")
    both = references(tmp_path, RIGHT)

    told = promote(both, "--project", "plant", "--name", "two", "--truth", truth, "--json")

    found = json.loads(told.stdout)["comparison"]
    assert (found["with"], found["pages"], found["is_worse"]) == ("one", 1, False)
    valves = found["labels"]["gate-valve"]
    assert (valves["before"]["f1"], valves["after"]["f1"]) == (0.0, 1.0)
    assert active(stack, "plant") == "two"


def test_without_labelled_pages_it_says_that_nothing_was_compared(
    stack: Stack, tmp_path: Path
) -> None:
    good = references(tmp_path, RIGHT)
    first = promote(good, "--project", "plant", "--name", "one", "--truth", tmp_path / "no.json")
    second = promote(good, "--project", "plant", "--name", "two")

    assert "no version is active yet, so there is none to compare with" in first.stderr
    assert "not compared with version one; --truth names pages to compare on" in second.stderr
    assert active(stack, "plant") == "two"


def plan(folder: Path) -> Path:
    """A drawing of four valves and three pumps, with the valves annotated."""
    with pymupdf.open() as document:
        page = document.new_page(width=300, height=200)
        for symbol, places in ((VALVE, VALVES), (PUMP, PUMPS)):
            for x0, y0, x1, y1 in (
                row for place in places for row in placed(symbol, *place).tolist()
            ):
                page.draw_line((x0, y0), (x1, y1), width=1)
        document.save(folder / "plan.pdf")
    boxes = [("valve", VALVE_BOX.shift(*place)) for place in VALVES]
    return coco(folder / "plan.json", "plan.pdf", (300, 200), boxes)


def examples(folder: Path, name: str, box: Box) -> Path:
    symbols = learn_symbols([BoxOnPage(folder / "plan.pdf", 1, box, "valve")], [])
    file = folder / f"{name}.examples"
    file.write_bytes(to_file(symbol_file(symbols)))
    return file


def test_worse_examples_are_refused(stack: Stack, tmp_path: Path) -> None:
    truth = plan(tmp_path)
    good = examples(tmp_path, "good", VALVE_BOX.shift(*VALVES[0]))
    bad = examples(tmp_path, "bad", Box(51, 131, 69, 149))
    assert promote(good, "--project", "like").exit_code == 0

    refused = promote(bad, "--project", "like", "--truth", truth)

    assert refused.exit_code == 1
    assert "(valve 1.000 to 0.000)" in " ".join(refused.stderr.split())
    assert active(stack, "like") == "good"
