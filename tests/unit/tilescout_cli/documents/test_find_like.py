"""`tilescout find-like` as a person types it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pymupdf
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.unit.tilescout_examples.legend_sheets import COUNTS, SYMBOLS, write_plan
from tilescout_cli.app import app

PLACES = [(60, 60), (200, 60), (340, 60), (60, 200)]


def valve(page: pymupdf.Page, x: float, y: float) -> None:
    for line in ((-10, -6, -10, 6), (10, -6, 10, 6), (-10, -6, 10, 6), (-10, 6, 10, -6),
                 (0, 0, 0, -12), (-5, -12, 5, -12)):  # fmt: skip
        page.draw_line((x + line[0], y + line[1]), (x + line[2], y + line[3]))


def drawing(path: Path, pages: int = 1) -> Path:
    document = pymupdf.open()
    for _ in range(pages):
        page = document.new_page(width=400, height=300)
        for x, y in PLACES:
            valve(page, x, y)
        for at in range(8):
            page.draw_line((10, 240 + 5 * at), (390, 240 + 5 * at))
        page.draw_rect((240, 180, 300, 220))
    document.save(path)
    return path


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return drawing(tmp_path / "plan.pdf", pages=2)


def typed(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["find-like", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_json_has_every_find_with_its_box_in_points(plan: Path) -> None:
    code, out, _ = typed(f"{plan}#1:49,47,71,67=valve", "--json")
    finds = json.loads(out)["finds"]
    assert code == 0
    assert {find["label"] for find in finds} == {"valve"}
    assert sorted((find["page"], *map(round, find["box_pt"][:2])) for find in finds) == sorted(
        (page, x - 11, y - 13) for page in (1, 2) for x, y in PLACES
    )


def test_a_legend_gives_all_its_symbols_as_examples(tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.pdf")
    code, shown, told = typed(f"{plan}#legend", "--out", str(tmp_path / "found"))
    assert code == 0
    assert [line.split()[2:] for line in shown.splitlines()[1:]] == [
        [*name.split(), str(COUNTS[name])] for name in sorted(COUNTS)
    ]
    assert "symbols are drawn 1.00 times as large as in the legend" in " ".join(told.split())


def test_symbols_of_another_size_than_the_legends_are_no_profile(tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.pdf", size=0.6)
    arguments = (f"{plan}#legend", "--save-profile", "valves", "--out", str(tmp_path / "found"))
    code, _, told = typed(*arguments)
    assert code == 2
    assert "0.60 times as large as in the legend" in " ".join(told.split())


def test_a_legend_is_listed_as_boxes_that_can_be_typed(tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.pdf")
    listed = CliRunner().invoke(app, ["legend", str(plan), "--json"])
    symbols = json.loads(listed.stdout)["symbols"]
    assert [each["name"] for each in symbols] == list(SYMBOLS)
    code, out, _ = typed(symbols[3]["argument"], "--json")
    assert (code, len(json.loads(out)["finds"])) == (0, COUNTS["HEATER"] + 1)


def test_counts_are_shown_and_files_written(plan: Path, tmp_path: Path) -> None:
    out = tmp_path / "found"
    code, shown, told = typed(f"{plan}#1:49,47,71,67=valve", str(plan), "--out", str(out))
    assert code == 0
    assert [line.split() for line in shown.splitlines()[1:]] == [
        ["plan.pdf", "1", "valve", "4"], ["plan.pdf", "2", "valve", "4"],
    ]  # fmt: skip
    assert "written to" in told
    rows = list(csv.DictReader((out / "finds.csv").read_text().splitlines()))
    assert len([row for row in rows if not row["withheld"]]) == 8
    with Image.open(out / "contact_sheet.png") as sheet:
        assert sheet.width == 1200
    with pymupdf.open(out / "plan_finds.pdf") as annotated:
        assert [len(list(page.annots())) for page in annotated] == [4, 4]


def test_only_the_pages_asked_for_are_searched(plan: Path) -> None:
    _, out, _ = typed(f"{plan}#1:49,47,71,67=valve", "--pages", "2", "--json")
    assert {find["page"] for find in json.loads(out)["finds"]} == {2}


def scan_of(plan: Path, path: Path) -> Path:
    """The first page as a picture, and an empty one."""
    with pymupdf.open(plan) as drawn, pymupdf.open() as scan:
        page = scan.new_page(width=400, height=300)
        page.insert_image(page.rect, pixmap=drawn[0].get_pixmap(dpi=200))
        scan.new_page(width=400, height=300)
        scan.save(path)
    return path


def test_a_scanned_page_is_searched_too(plan: Path, tmp_path: Path) -> None:
    scan = scan_of(plan, tmp_path / "scan.pdf")
    code, out, _ = typed(f"{plan}#1:49,47,71,67=valve", str(scan), "--json")
    answer = json.loads(out)
    assert (code, answer["searched_pages"], answer["skipped"]) == (0, 2, [])
    assert {find["page"] for find in answer["finds"]} == {1}
    assert len(answer["finds"]) == len(PLACES)


def test_a_file_that_is_no_pdf_does_not_stop_the_others(plan: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    code, out, _ = typed(
        f"{plan}#1:49,47,71,67=valve", str(plan), str(tmp_path / "notes.txt"), "--json"
    )
    answer = json.loads(out)
    assert (code, len(answer["finds"])) == (0, 8)
    assert answer["skipped"][0]["file"].endswith("notes.txt")


def test_labels_for_training_are_written_and_counted(plan: Path, tmp_path: Path) -> None:
    labels = tmp_path / "own"
    code, out, told = typed(f"{plan}#1:49,47,71,67=valve", "--json", "--dataset", str(labels))
    assert (code, len(json.loads(out)["finds"])) == (0, 8)
    assert "8 finds labelled and 0 ignored on 2 pages" in " ".join(told.split())
    coco = json.loads((labels / "annotations.coco.json").read_text())
    assert [image["page"] for image in coco["images"]] == [1, 2]
    assert len(coco["annotations"]) == 8


@pytest.fixture
def lettered(tmp_path: Path) -> Path:
    """A plan of four valves, of which three have the letter J inside and one has an S."""
    plan = drawing(tmp_path / "plain.pdf")
    with pymupdf.open(plan) as document:
        for (x, y), letter in zip(PLACES, "JJSJ", strict=True):
            document[0].insert_text((x - 1, y + 3), letter, fontsize=5)
        document.save(tmp_path / "lettered.pdf")
    return tmp_path / "lettered.pdf"


def test_a_symbol_with_another_letter_is_withheld_with_the_reason(lettered: Path) -> None:
    _, out, _ = typed(f"{lettered}#1:49,47,71,67=valve", "--json")
    answer = json.loads(out)
    assert len(answer["finds"]) == 3
    assert [each["reason"] for each in answer["withheld"] if each["score"] >= 0.5] == [
        "its lettering is 'S', the example's is 'J'"
    ]


def test_an_example_whose_letter_is_its_own_is_told(lettered: Path, tmp_path: Path) -> None:
    box = f"{lettered}#1:329,47,351,67=valve"
    answer = json.loads(typed(box, "--json")[1])
    assert len(answer["finds"]) == 4
    (note,) = answer["notes"]
    assert (note["file"], note["page"]) == (str(lettered), 1)
    assert "the lettering 'S' of the example of 'valve' was not compared" in note["note"]
    told = " ".join(typed(box, "--out", str(tmp_path / "out"))[2].split())
    assert "page 1 of lettered.pdf: the lettering 'S'" in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan.pdf"], "an example is FILE#PAGE"),
        (["absent.pdf#1:1,2,3,4=x"], "does not exist; check the name"),
        (["plan.pdf#1:1,2,3=x"], "four numbers"),
    ],
)
def test_a_wrong_argument_is_explained(arguments: list[str], message: str) -> None:
    code, _, told = typed(*arguments)
    assert code != 0
    assert message in told.replace("\n", " ")


def test_a_box_without_a_symbol_says_what_to_draw(plan: Path) -> None:
    code, _, told = typed(f"{plan}#1:350,150,380,170=valve")
    assert code != 0
    assert "draw the box round a whole symbol" in told.replace("\n", " ")


def test_a_name_that_the_stack_refuses_is_told_before_the_search(plan: Path) -> None:
    code, out, told = typed(f"{plan}#1:49,47,71,67=valve", "--save-profile", "Valves", "--json")
    assert (code, out) == (2, "")
    assert "63 lowercase letters" in " ".join(told.split())


def test_a_profile_is_written_beside_the_results_where_the_folder_has_no_cdk_json(
    plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, told = typed(
        f"{plan}#1:49,47,71,67=valve", "--pages", "1", "--save-profile", "valves", "--out", "found"
    )
    assert code == 0
    assert "profile valves written to found/valves.profile.json" in " ".join(told.split())
    written = json.loads((tmp_path / "found" / "valves.profile.json").read_text())
    assert written["valves"]["detector"] == "example"


def test_a_profile_is_written_to_the_cdk_json_of_the_folder(
    plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdk.json").write_text('{"context": {"tilescout": {"profiles": {}}}}')
    code, _, _ = typed(f"{plan}#1:49,47,71,67=valve", "--pages", "1", "--save-profile", "valves")
    written = json.loads((tmp_path / "cdk.json").read_text())
    assert (code, list(written["context"]["tilescout"]["profiles"])) == (0, ["valves"])
