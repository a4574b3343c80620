"""The legend of a drawing as examples: what is read, and what is found by it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pymupdf
import pytest

from tests.unit.tilescout_examples.legend_sheets import COUNTS, SYMBOLS, write_plan
from tilescout.geometry import Box, iou
from tilescout_examples.boxes import parse_box
from tilescout_examples.legend import LegendOfFile, NoLegend, as_arguments, legend_of
from tilescout_examples.search import IN_LEGEND, SearchRequest, SearchResult, search


def searched(legend: LegendOfFile, file: Path) -> SearchResult:
    return search(SearchRequest(examples=legend.examples, files=(file,), legends=legend.blocks))


def counts(result: SearchResult) -> dict[str, int]:
    return dict(Counter(each.finding.label for each in result.finds))


@pytest.mark.parametrize("is_ruled", [True, False])
def test_the_symbols_of_a_legend_are_listed_with_their_names(
    tmp_path: Path, *, is_ruled: bool
) -> None:
    legend = legend_of(write_plan(tmp_path / "plan.pdf", is_ruled=is_ruled))
    assert [each.label for each in legend.examples] == list(SYMBOLS)
    gate = legend.examples[0]
    assert iou(gate.box, Box(640, 104, 660, 116)) > 0.85


def test_they_are_written_as_a_person_types_them(tmp_path: Path) -> None:
    legend = legend_of(write_plan(tmp_path / "plan.pdf"))
    boxes = [parse_box(text) for text in as_arguments(legend)]
    assert [(each.page, each.label) for each in boxes] == [(1, name) for name in SYMBOLS]


def test_a_legend_on_a_later_page_is_found(tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.pdf")
    with pymupdf.open() as document, pymupdf.open(plan) as drawn:
        document.new_page(width=842, height=595).insert_text((100, 100), "a cover")
        document.insert_pdf(drawn)
        document.save(tmp_path / "set.pdf")
    legend = legend_of(tmp_path / "set.pdf", (1, 9))
    assert [each.page for each in legend.examples] == [2] * len(SYMBOLS)


def test_a_drawing_without_a_legend_is_told(tmp_path: Path) -> None:
    with pymupdf.open() as document:
        document.new_page().insert_text((100, 100), "a letter")
        document.save(tmp_path / "letter.pdf")
    with pytest.raises(NoLegend, match="no heading such as LEGEND"):
        legend_of(tmp_path / "letter.pdf")


@pytest.mark.parametrize(
    "size",
    [0.6, pytest.param(1.0, marks=pytest.mark.long), pytest.param(1.7, marks=pytest.mark.long)],
)
def test_the_symbols_of_the_drawing_are_found_by_the_legend_in_its_own_size(
    tmp_path: Path, size: float
) -> None:
    plan = write_plan(tmp_path / "plan.pdf", size=size)
    result = searched(legend_of(plan), plan)
    assert counts(result) == COUNTS
    told = next(note for _, _, note in result.notes if "as large as in the legend" in note)
    assert float(told.split()[3]) == pytest.approx(size, abs=0.03)


def test_nothing_in_the_legend_is_counted(tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.pdf")
    result = searched(legend_of(plan), plan)
    inside = [each for each in result.withheld if each.finding.withheld == IN_LEGEND]
    assert len(inside) == len(SYMBOLS)
