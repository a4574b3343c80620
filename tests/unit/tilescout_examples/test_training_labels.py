"""Finds become annotations that `tilescout dataset build` reads."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from tilescout.example_search import Finding
from tilescout.geometry import Box
from tilescout_datasets.formats.detect_format import read
from tilescout_examples.search import PlacedFinding, SearchResult
from tilescout_examples.training_labels import LabelCounts, write_training_labels


def find(file: Path, page: int, left: float, score: float, withheld: str = "") -> PlacedFinding:
    finding = Finding(
        label="valve", box=Box(left, 50, left + 20, 70), score=score, turn=0, mirrored=False,
        scale=1, withheld=withheld,
    )  # fmt: skip
    return PlacedFinding(file=file, page=page, finding=finding)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    document = pymupdf.open()
    for _ in range(3):
        document.new_page(width=400, height=300)
    document[0].set_rotation(90)
    document.save(tmp_path / "plan.pdf")
    return tmp_path / "plan.pdf"


def result(finds: list[PlacedFinding], withheld: list[PlacedFinding]) -> SearchResult:
    return SearchResult(finds=tuple(finds), withheld=tuple(withheld), skipped=(), searched_pages=3)


def test_sure_finds_are_labelled_and_doubtful_ones_ignored(plan: Path, tmp_path: Path) -> None:
    found = result(
        [find(plan, 1, 10, 0.9), find(plan, 1, 50, 0.8), find(plan, 1, 90, 0.79)],
        [find(plan, 1, 130, 0.95, "looks like a counter-example")],
    )
    write_training_labels(found, tmp_path / "own")
    (page,) = read([tmp_path / "own" / "annotations.coco.json"]).pages
    assert (page.path, page.page) == (tmp_path / "own" / "plan.pdf", 1)
    assert (page.width, page.height) == (300, 400)
    assert [(each.label, each.box.left) for each in page.annotations] == [
        ("valve", 10), ("valve", 50),
    ]  # fmt: skip
    assert sorted(box.left for box in page.ignored) == [90, 130]


def test_a_page_without_a_sure_find_is_left_out_and_counted(plan: Path, tmp_path: Path) -> None:
    found = result([find(plan, 1, 10, 0.9), find(plan, 3, 10, 0.6)], [])
    counts = write_training_labels(found, tmp_path / "own")
    assert counts == LabelCounts(labelled=1, ignored=0, pages=1, pages_left_out=1)
    assert [page.page for page in read([tmp_path / "own" / "annotations.coco.json"]).pages] == [1]


def test_files_of_one_name_are_kept_apart(plan: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "plan.pdf"
    other.parent.mkdir()
    other.write_bytes(plan.read_bytes())
    write_training_labels(result([find(plan, 1, 10, 0.9), find(other, 2, 10, 0.9)], []),
                          tmp_path / "own")  # fmt: skip
    pages = read([tmp_path / "own" / "annotations.coco.json"]).pages
    assert sorted((page.path.name, page.page) for page in pages) == [
        ("plan-2.pdf", 1), ("plan.pdf", 2),
    ]  # fmt: skip


def test_a_file_that_is_in_the_folder_already_is_never_overwritten(
    plan: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "plan.pdf").write_bytes(b"of somebody else")
    for _ in range(2):
        write_training_labels(result([find(plan, 1, 10, 0.9)], []), own)
    assert (own / "plan.pdf").read_bytes() == b"of somebody else"
    assert sorted(path.name for path in own.glob("*.pdf")) == ["plan-2.pdf", "plan.pdf"]
