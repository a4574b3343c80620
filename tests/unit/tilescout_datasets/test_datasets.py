"""Data sets to train with: what a tile shows, who is held out, what the files say."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tilescout.detectors.onnx.model import decoded
from tilescout.geometry import Box
from tilescout.profiles import Profile
from tilescout_datasets import datasets, faults, html_report, look_alikes, report
from tilescout_datasets.annotations import (
    AnnotatedPage,
    AnnotatedTile,
    Annotation,
    UnusableAnnotations,
)
from tilescout_datasets.datasets import Dataset, Shares
from tilescout_datasets.faults import LabelReport
from tilescout_datasets.formats import coco, detect_format, ground_truth
from tilescout_datasets.tile_rule import shown_in

REGION = Box(100, 100, 200, 200)
PROFILE = Profile(name="symbols", detector="onnx", dpi=72, tile_size=100, overlap=20)
SYMBOL = [20, 30, 10, 10]


def test_an_object_that_the_tile_holds_is_annotated_from_its_corner() -> None:
    shown = shown_in(REGION, [Annotation("pump", Box(110, 120, 130, 150))])

    assert shown == ((Annotation("pump", Box(10, 20, 30, 50)),), ())


def test_an_object_cut_in_less_than_half_is_annotated_as_far_as_it_is_shown() -> None:
    shown = shown_in(REGION, [Annotation("pump", Box(170, 120, 210, 150))])

    assert shown == ((Annotation("pump", Box(70, 20, 100, 50)),), ())


def test_what_is_left_of_a_cut_object_is_neither_to_be_found_nor_empty() -> None:
    shown = shown_in(REGION, [Annotation("pump", Box(180, 120, 220, 150))])

    assert shown == ((), (Box(80, 20, 100, 50),))


def test_an_object_beside_the_tile_is_nothing() -> None:
    assert shown_in(REGION, [Annotation("pump", Box(200, 120, 220, 150))]) == ((), ())


def page(number: int, objects: int = 1) -> AnnotatedPage:
    annotations = (Annotation("pump", Box(0, 0, 9, 9)),) * objects
    return AnnotatedPage(
        path=Path(f"{number}.pdf"), page=1, width=99, height=99, annotations=annotations
    )


@given(st.integers(2, 40), st.floats(0, 1), st.integers(0, 99))
def test_some_pages_are_held_out_and_never_all(count: int, share: float, seed: int) -> None:
    pages = [page(number) for number in range(count)]
    held_out = datasets.held_out_pages(pages, Shares(test=share, seed=seed))

    assert 1 <= len(held_out) < count
    assert held_out <= {each.name for each in pages}


def test_one_annotated_page_is_too_few() -> None:
    with pytest.raises(UnusableAnnotations, match="at least 2 must have objects; 1 has"):
        datasets.held_out_pages([page(1), page(2, objects=0)], Shares())


def test_a_page_annotated_twice_is_refused() -> None:
    with pytest.raises(UnusableAnnotations, match="1-p1 is there 2 times"):
        datasets.held_out_pages([page(1), page(1)], Shares())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Dataset]:
    """Of four pages of 300 x 200 pt with three symbols each, annotated at 144 dpi."""
    folder = tmp_path_factory.mktemp("set")
    images, objects = [], []
    for number in range(1, 5):
        chance = random.Random(number)
        with pymupdf.open() as document:
            drawn = document.new_page(width=300, height=200)
            for _ in range(3):
                x, y = chance.uniform(0, 280), chance.uniform(0, 180)
                drawn.draw_rect((x, y, x + 15, y + 15), fill=(0, 0, 0))
                box = [2 * x, 2 * y, 30, 30]
                objects.append({"image_id": number, "category_id": 7, "bbox": box})
            document.save(folder / f"{number}.pdf")
        images.append({"id": number, "file_name": f"{number}.pdf", "width": 600, "height": 400})
    annotations = folder / "pages.json"
    categories = [{"id": 7, "name": "blot"}]
    annotations.write_text(
        json.dumps({"images": images, "annotations": objects, "categories": categories})
    )
    pages = detect_format.read([annotations]).pages
    return folder / "out", datasets.build(pages, PROFILE, folder / "out", Shares(test=0.25))


def test_no_page_is_on_both_sides(built: tuple[Path, Dataset]) -> None:
    _, dataset = built
    train, test = ({tile.page for tile in part} for part in (dataset.train, dataset.test))

    assert (len(train), len(test)) == (3, 1)
    assert not train & test


def test_boxes_lie_on_the_ink_of_their_tiles(built: tuple[Path, Dataset]) -> None:
    _, dataset = built
    shades = [
        decoded(tile.file.read_bytes())[
            int(each.box.top) + 2 : int(each.box.bottom) - 2,
            int(each.box.left) + 2 : int(each.box.right) - 2,
        ].max()
        for tile in dataset.train
        for each in tile.annotations
    ]

    assert len(shades) >= 9
    assert max(shades) < 30


def test_a_built_set_reads_back_the_same(built: tuple[Path, Dataset]) -> None:
    folder, dataset = built
    again = datasets.read(folder)

    assert [tile.file for tile in again.train] == [tile.file for tile in dataset.train]
    assert [len(tile.annotations) for tile in again.test] == [
        len(tile.annotations) for tile in dataset.test
    ]
    assert (again.dpi, again.tile_size, again.labels) == (72, 100, ("blot",))


def test_few_objects_are_warned_of(built: tuple[Path, Dataset]) -> None:
    found = report.report(built[1])

    assert [each.label for each in found.labels] == ["blot"]
    assert any("with fewer than 20 it is learnt poorly" in each.text for each in found.faults)


def tile(file: Path, boxes: int) -> AnnotatedTile:
    annotations = tuple(Annotation("pump", Box(10 * at, 5, 10 * at + 8, 25)) for at in range(boxes))
    return AnnotatedTile(
        file=file, page="1-p1", left=900, top=0, width=1024, height=1024, annotations=annotations
    )


def test_a_manifest_says_what_custom_labels_reads(tmp_path: Path) -> None:
    path = tmp_path / "train.manifest"
    ground_truth.write_tiles(
        path, [tile(tmp_path / "a.jpg", 1)], ("light", "pump"), prefix="s3://b/"
    )

    line = json.loads(path.read_text())

    assert line["source-ref"] == "s3://b/a.jpg"
    assert line["symbols"] == {
        "image_size": [{"width": 1024, "height": 1024, "depth": 1}],
        "annotations": [{"class_id": 1, "left": 0, "top": 5, "width": 8, "height": 20}],
    }
    assert line["symbols-metadata"]["class-map"] == {"1": "pump"}
    assert line["symbols-metadata"]["type"] == "groundtruth/object-detection"
    assert line["symbols-metadata"]["objects"] == [{"confidence": 1}]


def test_a_manifest_reads_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "train.manifest"
    tiles = [tile(tmp_path / "a.jpg", 2), tile(tmp_path / "b.jpg", 0)]
    ground_truth.write_tiles(path, tiles, ("pump",), prefix="s3://b/")

    assert ground_truth.read_tiles(path, prefix="s3://b/") == tiles


def test_a_tile_of_more_than_50_boxes_is_in_no_manifest(tmp_path: Path) -> None:
    path = tmp_path / "train.manifest"
    tiles = [tile(tmp_path / "a.jpg", 50), tile(tmp_path / "b.jpg", 51)]

    assert ground_truth.write_tiles(path, tiles, ("pump",)) == 1
    assert [each.file.name for each in ground_truth.read_tiles(path)] == ["a.jpg"]


def test_what_is_no_coco_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pages.json"
    path.write_text("{}")

    with pytest.raises(UnusableAnnotations, match="build the data set again"):
        coco.read_tiles(path)


def label_report(**changed: float) -> LabelReport:
    values: dict[str, Any] = {"label": "pump", "train": 40, "test": 9, "smallest_px": 20.0,
                              "median_px": 30.0}  # fmt: skip
    return LabelReport(**values | changed)


def told(*labels: LabelReport) -> list[tuple[str, str]]:
    """Severity and first words of the faults of a set without a tile."""
    empty = Dataset(train=[], test=[], dpi=72, tile_size=100)
    found = faults.faults(empty, labels, ())
    return [(each.severity, " ".join(each.text.split()[:5])) for each in found]


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, []),
        ({"train": 19}, [("warning", "pump has 19 objects to")]),
        ({"train": 0}, [("error", "pump is on held-out pages")]),
        ({"test": 0}, [("error", "pump is on no held-out")]),
        ({"median_px": 11.0}, [("warning", "pump is 11 px wide")]),
    ],
)
def test_a_label_that_will_disappoint_is_told(
    changed: dict[str, float], wanted: list[tuple[str, str]]
) -> None:
    assert told(label_report(**changed)) == wanted


def test_a_rare_label_is_told() -> None:
    assert told(label_report(), label_report(label="light", train=401)) == [
        ("warning", "pump has 40 objects and")
    ]


def test_a_page_on_both_sides_is_an_error(tmp_path: Path) -> None:
    both = Dataset(
        train=[tile(tmp_path / "a.jpg", 1)], test=[tile(tmp_path / "b.jpg", 1)], dpi=72,
        tile_size=100,
    )  # fmt: skip
    (leak, *_) = faults.faults(both, (), ())

    assert leak.severity == "error"
    assert "1-p1 is in both; build the data set again" in leak.text


CROSS = np.full((26, 26), 255, np.uint8)
CROSS[11:15, 2:24] = 0
CROSS[2:24, 11:15] = 0


def crossed(file: Path, places: list[tuple[int, int]], known: int) -> AnnotatedTile:
    """A tile of 300 px with crosses and a bar, the first ``known`` of the crosses annotated."""
    pixels = np.full((300, 300), 255, np.uint8)
    pixels[280:284, 20:280] = 0
    for left, top in places:
        pixels[top : top + 26, left : left + 26] = CROSS
    Image.fromarray(pixels).save(file)
    annotations = tuple(
        Annotation("cross", Box(left + 2, top + 2, left + 24, top + 24))
        for left, top in places[:known]
    )
    return AnnotatedTile(
        file=file, page="1-p1", left=500, top=0, width=300, height=300, annotations=annotations
    )


PLACES = [(20 + 50 * (at % 5), 20 + 60 * (at // 5)) for at in range(16)]


def test_an_object_that_nobody_annotated_is_pointed_out(tmp_path: Path) -> None:
    (found,) = look_alikes.find([crossed(tmp_path / "a.png", PLACES, 15)])

    assert (found.label, found.page) == ("cross", "1-p1")
    assert found.box_in_tile.centre == pytest.approx((33, 213), abs=3)
    assert found.box.left == found.box_in_tile.left + 500


def test_where_all_are_annotated_nothing_is_pointed_out(tmp_path: Path) -> None:
    assert look_alikes.find([crossed(tmp_path / "a.png", PLACES, 16)]) == []


def test_what_two_tiles_show_is_pointed_out_once(tmp_path: Path) -> None:
    tiles = [crossed(tmp_path / f"{name}.png", PLACES, 15) for name in "ab"]

    assert len(look_alikes.find(tiles)) == 1


def test_the_report_is_one_page_with_its_pictures(tmp_path: Path) -> None:
    tiles = [crossed(tmp_path / "a.png", PLACES, 15)]
    dataset = Dataset(train=tiles, test=[], dpi=72, tile_size=300)
    found = report.report(dataset, look_alikes.find(tiles))
    page = html_report.page(dataset, found)

    assert "1 place looks like cross without being annotated, the likest on 1-p1 at 534," in page
    assert page.count("data:image/png;base64,") == 3
    assert found.has_errors
