"""Two versions are compared on the same pages, label by label."""

from __future__ import annotations

from pathlib import Path

from tilescout.geometry import Box
from tilescout_evaluate.pairing import Pair
from tilescout_evaluate.truth.pages import TrueItem, TruePage
from tilescout_evaluate.truth.results import ResultDetection, ResultDocument, ResultPage
from tilescout_evaluate.version_comparison import VersionComparison, compare_versions

PAGE = ResultPage(page=1, width_px=1000, height_px=100, width_pt=480, height_pt=48, dpi=150)


def page(true: str, found: str) -> Pair:
    """A page on which the letters of ``true`` are symbols in a row, and those of ``found`` finds
    at the same places; a space is none."""
    detections = tuple(
        ResultDetection(page=1, label=label, text="", confidence=90, box_px=sides(at))
        for at, label in enumerate(found)
        if label != " "
    )
    items = tuple(
        TrueItem(box=Box(*sides(at)), label=label) for at, label in enumerate(true) if label != " "
    )
    document = ResultDocument(id="", file="plan.pdf", profile="", status="DONE", pages={1: PAGE},
                              detections=detections)  # fmt: skip
    truth = TruePage(file=Path("plan.pdf"), page=1, width=1000, height=100, items=items)
    return Pair(document, PAGE, truth)


def sides(at: int) -> tuple[float, float, float, float]:
    return 40 * at, 10, 40 * at + 30, 40


def compared(true: str, before: str, after: str) -> VersionComparison:
    return compare_versions([page(true, before)], [page(true, after)])


def test_each_label_has_its_precision_recall_and_f1_by_both() -> None:
    pump, valve = compared("ppppvv", "ppp vv", "ppppvp").labels

    assert (pump.label, pump.before.precision, pump.before.recall) == ("p", 1.0, 0.75)
    assert (pump.after.precision, pump.after.recall) == (0.8, 1.0)
    assert (valve.before.f1, round(valve.after.f1, 3)) == (1.0, 0.667)


def test_a_label_that_two_symbols_more_are_missed_of_makes_a_version_worse() -> None:
    found = compared("pppppvvvvv", "pppp vvvvv", "pppppvvv  ")

    assert [each.label for each in found.worse] == ["v"]
    assert found.is_worse


def test_one_error_more_of_a_label_is_chance_where_all_together_are_as_good() -> None:
    found = compared("pppvvv", "pp vvv", "pppvv ")

    assert not found.worse
    assert not found.is_worse


def test_a_version_that_loses_over_all_labels_is_worse() -> None:
    assert compared("abcdef", "abcdef", "abcde ").is_worse


def test_a_version_that_finds_the_same_is_not_worse() -> None:
    found = compared("ppvv", "pp v", "pp v")

    assert (found.total.change, found.is_worse) == (0.0, False)


def test_finds_of_labels_that_the_truth_lacks_are_counted() -> None:
    assert compared("ppvv", "pp??", "ppv?").other_labels == (2, 1)
