"""`tilescout merge`: a file of tiles and boxes in, objects out, clear words for a bad file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tilescout_cli.app import app


def detection(*box: float, label: str = "valve", confidence: float = 90.0) -> dict[str, Any]:
    return {"label": label, "confidence": confidence, "box": list(box)}


TWO_TILES: dict[str, Any] = {
    "width": 1900,
    "height": 1000,
    "tiles": [
        {"box": [0, 0, 1000, 1000], "detections": [detection(800, 100, 1000, 160)]},
        {
            "box": [900, 0, 1900, 1000],
            "detections": [detection(1500, 500, 1540, 540), detection(900, 100, 1100, 160)],
        },
    ],
}


def merge(folder: Path, content: Any, *options: str) -> Result:
    file = folder / "tiles.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    runner = CliRunner(env={"COLUMNS": "80", "TERM": "dumb"})
    return runner.invoke(app, ["merge", str(file), *options])


def objects(folder: Path, content: Any) -> list[dict[str, Any]]:
    result = merge(folder, content, "--json")
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)["objects"]
    return found


def failure(folder: Path, content: Any) -> str:
    result = merge(folder, content)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr
    return " ".join(result.stderr.split())


def test_boxes_half_over_each_other_in_one_tile_become_one_where_that_is_asked(
    tmp_path: Path,
) -> None:
    doubled = detection(10, 10, 30, 30), detection(20, 10, 40, 30, confidence=40.0)
    page: dict[str, object] = {"width": 100, "height": 100}
    page |= {"tiles": [{"box": [0, 0, 100, 100], "detections": list(doubled)}]}

    found = merge(tmp_path, page, "--same-tile-iou", "0.3", "--json")

    assert [each["box"] for each in objects(tmp_path, page)] == [
        [10.0, 10.0, 30.0, 30.0],
        [20.0, 10.0, 40.0, 30.0],
    ]
    assert [each["confidence"] for each in json.loads(found.stdout)["objects"]] == [90.0]


def test_an_object_that_two_tiles_saw_comes_out_once_with_what_showed_it(tmp_path: Path) -> None:
    assert objects(tmp_path, TWO_TILES) == [
        {
            "label": "valve",
            "confidence": 90.0,
            "box": [800.0, 100.0, 1100.0, 160.0],
            "open_sides": [],
            "members": [{"tile": 0, "detection": 0}, {"tile": 1, "detection": 1}],
        },
        {
            "label": "valve",
            "confidence": 90.0,
            "box": [1500.0, 500.0, 1540.0, 540.0],
            "open_sides": [],
            "members": [{"tile": 1, "detection": 0}],
        },
    ]


def test_boxes_may_be_in_pixels_of_their_tile(tmp_path: Path) -> None:
    tiles = [{"box": [900, 0, 1900, 1000], "scale": 2, "detections": [detection(50, 60, 90, 80)]}]

    found = objects(tmp_path, TWO_TILES | {"boxes_in": "tile", "tiles": tiles})

    assert found[0]["box"] == [1000.0, 120.0, 1080.0, 160.0]


def test_a_side_that_no_tile_saw_is_named(tmp_path: Path) -> None:
    tiles = [{"box": [0, 0, 1000, 1000], "detections": [detection(960, 100, 1000, 160)]}]

    assert objects(tmp_path, TWO_TILES | {"tiles": tiles})[0]["open_sides"] == ["right"]


def test_lines_of_text_end_with_their_last_whole_letter(tmp_path: Path) -> None:
    tiles = [
        {"box": [0, 0, 950, 1000], "detections": [detection(700, 100, 940, 130, label="text")]},
        {"box": [950, 0, 1900, 1000], "detections": [detection(958, 100, 1100, 130, label="text")]},
    ]

    assert len(objects(tmp_path, TWO_TILES | {"tiles": tiles})) == 2
    assert len(objects(tmp_path, TWO_TILES | {"tiles": tiles, "text_labels": ["text"]})) == 1


def test_the_table_tells_labels_boxes_and_how_many_tiles(tmp_path: Path) -> None:
    result = merge(tmp_path, TWO_TILES)

    assert result.stdout.splitlines()[1].split() == [
        "valve",
        "90.0",
        "800",
        "100",
        "1100",
        "160",
        "2",
    ]
    assert "2 tiles with 3 detections: 2 objects" in result.stderr


def test_no_tiles_hold_no_objects(tmp_path: Path) -> None:
    assert objects(tmp_path, TWO_TILES | {"tiles": []}) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "the file: Invalid JSON"),
        ([], "the file: Input should be an object"),
        ({"height": 5, "tiles": []}, "width: Field required"),
        (TWO_TILES | {"width": 0}, "width: Input should be greater than 0"),
        (TWO_TILES | {"boxes_in": "inch"}, "boxes_in: Input should be 'page' or 'tile'"),
        (TWO_TILES | {"tiles": [{"box": [0, 0, 0, 9]}]}, "tiles.0: Value error, a tile's box"),
        (TWO_TILES | {"tiles": [{"box": [0, 0, 9]}]}, "tiles.0.box.3: Field required"),
        (
            TWO_TILES | {"tiles": [{"box": [0, 0, 9, 9], "detections": [{"label": "a"}]}]},
            "tiles.0.detections.0.confidence: Field required (and 1 more)",
        ),
    ],
)
def test_a_bad_file_is_refused_with_the_place_in_it(
    tmp_path: Path, content: Any, message: str
) -> None:
    assert message in failure(tmp_path, content)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["merge", str(tmp_path / "none.json")])

    assert result.exit_code == 2
    assert "none.json cannot be read (No such file or directory)" in " ".join(result.stderr.split())


def test_the_help_shows_the_format_in_80_columns() -> None:
    result = CliRunner(env={"COLUMNS": "80", "TERM": "dumb"}).invoke(app, ["merge", "--help"])

    assert '"detections": [{"label": "valve", "confidence": 93' in " ".join(result.stdout.split())
    assert "Example: tilescout merge" in result.stdout
    assert max(len(line) for line in result.stdout.splitlines()) <= 80
