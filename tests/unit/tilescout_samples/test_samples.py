"""The sample drawings have the same bytes each time, and a correct ground truth."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tilescout.geometry import Box, union
from tilescout.rendering.render import inspect_document
from tilescout.rendering.requests import RenderedPage
from tilescout.tiling.grid import TileGrid
from tilescout.tiling.page_geometry import page_pixels
from tilescout_evaluate.truth.pdf import render_text
from tilescout_samples import write_samples

DEFAULT_GRID = TileGrid(2048, 256)
DPI = 200


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="module")
def sheet(samples: list[Path]) -> dict[str, Any]:
    (page,) = truth_of(samples[0])["pages"]
    assert isinstance(page, dict)
    return page


def truth_of(path: Path) -> dict[str, Any]:
    truth = json.loads(path.with_suffix(".json").read_text())
    assert isinstance(truth, dict)
    return truth


def text_layer(path: Path, page: int) -> RenderedPage:
    return render_text(path, page, dpi=72)


def test_the_same_seed_writes_the_same_bytes(samples: list[Path], tmp_path: Path) -> None:
    again = write_samples(tmp_path)

    for first, second in zip(samples, again, strict=True):
        assert first.read_bytes() == second.read_bytes()
        assert truth_of(first) == truth_of(second)


def test_there_are_hundreds_of_tags_and_none_is_there_twice(samples: list[Path]) -> None:
    for path in samples:
        tags = [tag["text"] for page in truth_of(path)["pages"] for tag in page["tags"]]

        assert len(tags) >= 200
        assert len(set(tags)) == len(tags)


def test_a_fifth_of_the_tags_is_stacked_on_two_lines(sheet: dict[str, Any]) -> None:
    lines = Counter(tag["lines"] for tag in sheet["tags"])

    assert lines[2] / lines.total() == pytest.approx(0.2, abs=0.05)


def test_nearly_a_tenth_of_the_tags_runs_up_or_down(sheet: dict[str, Any]) -> None:
    directions = Counter(tag["direction"] for tag in sheet["tags"])

    assert directions["up"] and directions["down"]
    assert 1 - directions["right"] / directions.total() == pytest.approx(0.1, abs=0.04)


def test_tags_are_2_to_10_mm_high(sheet: dict[str, Any]) -> None:
    heights = [
        min(tag["box_pt"][2] - tag["box_pt"][0], tag["box_pt"][3] - tag["box_pt"][1]) * 25.4 / 72
        for tag in sheet["tags"]
        if tag["lines"] == 1
    ]

    assert min(heights) == pytest.approx(1.9, abs=0.01)
    assert max(heights) == pytest.approx(10, abs=0.01)


def test_tags_lie_across_the_edges_of_the_default_tiles(sheet: dict[str, Any]) -> None:
    width, height = page_pixels(sheet["width_pt"], sheet["height_pt"], DPI)
    tiles = [tile.box for tile in DEFAULT_GRID.tiles(width, height)]
    cut = [
        tag["text"]
        for tag in sheet["tags"]
        if any(is_cut(Box(*tag["box_pt"]).scale(DPI / 72), tile) for tile in tiles)
    ]

    assert len(cut) >= 30


def is_cut(box: Box, tile: Box) -> bool:
    return 0 < box.intersection(tile).area < box.area - 1


def test_nothing_that_is_to_be_found_lies_on_something_else(samples: list[Path]) -> None:
    for path in samples:
        for page in truth_of(path)["pages"]:
            found = page["tags"] + page["symbols"] + page["distractors"]
            left, top, right, bottom = np.array([one["box_pt"] for one in found]).T
            meet = (left < right[:, None]) & (left[:, None] < right)
            meet &= (top < bottom[:, None]) & (top[:, None] < bottom)
            is_tag = np.arange(len(found)) < len(page["tags"])

            assert not (np.triu(meet, 1) & is_tag[:, None]).any()


def test_seven_kinds_of_symbols_stand_in_several_turns_and_sizes(sheet: dict[str, Any]) -> None:
    labels = Counter(symbol["label"] for symbol in sheet["symbols"])
    lights = [symbol["box_pt"] for symbol in sheet["symbols"] if symbol["label"] == "light"]
    widths = [right - left for left, _, right, _ in lights]

    assert len(labels) == 7
    assert min(labels.values()) >= 10
    assert {symbol["turn"] for symbol in sheet["symbols"]} == {0, 90, 180, 270}
    assert max(widths) / min(widths) > 1.2


def test_every_symbol_has_its_near_miss(samples: list[Path], sheet: dict[str, Any]) -> None:
    near = {
        one["like"]
        for path in samples
        for page in truth_of(path)["pages"]
        for one in page["distractors"]
    }

    assert near >= {symbol["label"] for symbol in sheet["symbols"]}


def test_pages_are_as_the_truth_says_and_have_their_peculiarities(samples: list[Path]) -> None:
    facts = inspect_document(samples[1], max_pages=10)
    truth = truth_of(samples[1])["pages"]

    assert [page.rotation for page in facts.pages] == [0, 90, 0, 0]
    assert [(page.width_pt, page.height_pt) for page in facts.pages] == [
        (page["width_pt"], page["height_pt"]) for page in truth
    ]


@pytest.mark.parametrize(("file", "page"), [(0, 1), (1, 1), (1, 2), (1, 3)])
def test_every_tag_is_where_the_text_layer_shows_it(
    samples: list[Path], file: int, page: int
) -> None:
    shown = text_layer(samples[file], page)
    words = {word.text: word for word in shown.words}

    for tag in truth_of(samples[file])["pages"][page - 1]["tags"]:
        parts = [words[text] for text in tag["text"].split()[-1:]]
        box = union(part.box for part in parts)
        truth = Box(*tag["box_pt"])
        assert parts[0].direction == tag["direction"]
        assert truth.grow(1, 1).contains(box)
        assert tag["lines"] == 2 or box.grow(3, 3).contains(truth)


def test_the_scanned_page_has_tags_but_no_text_of_its_own(samples: list[Path]) -> None:
    shown = text_layer(samples[1], 4)

    assert (shown.words, shown.covers_page) == ((), False)
    assert len(truth_of(samples[1])["pages"][3]["tags"]) >= 40


def test_what_is_outside_of_the_crop_box_is_not_read(samples: list[Path]) -> None:
    assert "FV-0000" not in {word.text for word in text_layer(samples[1], 3).words}
