"""Detections after a review, on the result set that was reviewed and on a newer one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.unit.tilescout_viewer.result_folders import detection, head
from tilescout_reviews.corrections import Correction
from tilescout_reviews.reviewed_detections import (
    ReviewedDetection,
    correction_id,
    finding,
    review,
    rows,
)

BOX = (100.0, 100.0, 150.0, 120.0)
ROW = detection(3, box_pt=BOX, text="FV-1")
OTHER = detection(4, box_pt=(300, 300, 350, 320), text="FV-2")


def correction(row: dict[str, Any] = ROW, result: str = "r1", **changes: Any) -> Correction:
    found = finding(result, row)
    whole = Correction(
        id=correction_id(result, row["id"]), page=1, verdict="accepted", label=found.label,
        text=found.text, box=found.box, finding=found, version=1, by="ann", at=7,
    )  # fmt: skip
    return replace(whole, **changes)


def drawn() -> Correction:
    return Correction(
        id="drawn-1", page=1, verdict="accepted", label="pump", text="P-1", box=(10, 10, 40, 40),
        version=1, by="ann", at=9,
    )  # fmt: skip


def states(reviewed: list[ReviewedDetection]) -> list[tuple[str, str, str]]:
    return [(each.text, each.state, each.difference) for each in reviewed]


def test_without_corrections_every_detection_is_unreviewed() -> None:
    assert states(review("r1", [ROW, OTHER], [])) == [
        ("FV-1", "unreviewed", ""),
        ("FV-2", "unreviewed", ""),
    ]


def test_each_kind_of_correction_has_its_state() -> None:
    assert states(review("r1", [ROW], [correction()])) == [("FV-1", "accepted", "")]
    assert states(review("r1", [ROW], [correction(text="FV-7")])) == [("FV-7", "corrected", "")]
    assert states(review("r1", [ROW], [correction(verdict="rejected")])) == [
        ("FV-1", "rejected", "")
    ]
    assert states(review("r1", [ROW], [correction(verdict="open", text="FV-7")])) == [
        ("FV-1", "unreviewed", "")
    ]
    assert states(review("r1", [], [drawn()])) == [("P-1", "added", "")]


def test_a_withdrawn_box_is_not_shown() -> None:
    assert review("r1", [], [replace(drawn(), verdict="withdrawn")]) == []


def test_a_newer_run_keeps_a_correction_on_what_it_finds_in_the_same_place() -> None:
    moved = detection(0, box_pt=(102, 100, 152, 121), text="FV-1")
    (kept,) = review("r2", [moved], [correction(text="FV-7")])
    assert (kept.text, kept.state, kept.difference) == ("FV-7", "corrected", "")
    assert kept.found is moved


def test_what_a_newer_run_reads_otherwise_is_marked_different() -> None:
    otherwise = detection(0, box_pt=BOX, text="FV-l")
    assert states(review("r2", [otherwise], [correction()])) == [("FV-1", "accepted", "different")]


def test_what_a_newer_run_does_not_find_stays_where_a_person_accepted_it() -> None:
    far = detection(0, box_pt=(500, 500, 550, 520), text="FV-9")
    assert states(review("r2", [far], [correction()])) == [
        ("FV-9", "unreviewed", ""),
        ("FV-1", "accepted", "gone"),
    ]


def test_what_was_rejected_stays_rejected_in_a_newer_run() -> None:
    again = detection(0, box_pt=BOX, text="FV-1")
    assert states(review("r2", [again], [correction(verdict="rejected")])) == [
        ("FV-1", "rejected", "")
    ]


def test_of_two_corrections_of_one_place_from_different_runs_the_newest_counts() -> None:
    older, newer = correction(text="old"), correction(result="r2", text="new", at=50)
    again = detection(0, box_pt=BOX, text="FV-1")
    assert states(review("r3", [again], [older, newer])) == [("new", "corrected", "")]


def test_the_id_is_that_of_the_first_correction_for_everybody() -> None:
    again = detection(0, box_pt=BOX, text="FV-1")
    (kept,) = review("r2", [again], [correction()])
    assert kept.id == "r1/00001#000003"


def test_rows_leave_out_the_rejected_and_tell_who_changed_the_others() -> None:
    result = {"document": head(), "detections": [ROW, OTHER]}
    found = review(
        "r1",
        [ROW, OTHER],
        [correction(verdict="rejected"), correction(OTHER, label="valve"), drawn()],
    )
    valve, pump = rows(result, found)
    assert (valve["label"], valve["text"], valve["box_px"]) == ("valve", "FV-2", OTHER["box_px"])
    assert valve["review"] == {"state": "corrected", "by": "ann", "at": 7}
    assert (pump["id"], pump["confidence"], pump["tiles"]) == ("00001#000005", 100.0, [])
    assert pump["box_px"] == [28, 28, 111, 111]
    assert pump["normalised_text"] == "P-1"


def test_rows_of_a_document_that_nobody_reviewed_are_the_detections() -> None:
    result = {"document": head(), "detections": [ROW, OTHER]}
    assert rows(result, review("r1", [ROW, OTHER], [])) == [ROW, OTHER]
