"""Corrections are kept in order, locked optimistically, undone and redone by their author."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout_reviews.corrections import (
    Change,
    Correction,
    Finding,
    ReviewConflict,
    ReviewError,
)
from tilescout_reviews.review import Author, Review
from tilescout_reviews.review_file import ReviewFile

ANN = Author(name="ann", now=lambda: 100)
BOB = Author(name="bob", now=lambda: 200)
FOUND = Finding(
    result_id="r-000001", detection_id="00001#000003", label="tag", text="FV-1", box=(1, 2, 3, 4)
)
UNTOUCHED = Correction(
    id="r-000001/00001#000003", page=1, verdict="accepted", label="tag", text="FV-1",
    box=(1, 2, 3, 4), finding=FOUND,
)  # fmt: skip
DRAWN = Correction(
    id="drawn-1", page=1, verdict="accepted", label="valve", text="", box=(5, 5, 9, 9)
)


class Memory:
    """A log that lives as long as the test."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.before_append: Callable[[], None] = lambda: None

    def read(self, after: int) -> list[Change]:
        return self.changes[after:]

    def append(self, change: Change) -> bool:
        self.before_append()
        if change.number != len(self.changes) + 1:
            return False
        self.changes.append(change)
        return True


def retyped(text: str, version: int) -> Correction:
    return replace(UNTOUCHED, text=text, version=version)


def shown(review: Review) -> dict[str, tuple[str, str]]:
    return {each.id: (each.verdict, each.text) for each in review.corrections().values()}


def test_a_correction_has_a_version_an_author_and_a_time() -> None:
    review = Review(Memory())
    review.edit([UNTOUCHED], "g1", ANN)
    (kept,) = review.corrections().values()
    assert (kept.version, kept.by, kept.at) == (1, "ann", 100)


def test_a_correction_of_an_older_version_is_refused_and_nothing_is_written() -> None:
    log = Memory()
    mine, theirs = Review(log), Review(log)
    mine.edit([UNTOUCHED], "g1", ANN)
    with pytest.raises(ReviewConflict, match="ann corrected 1 of these detections") as refusal:
        theirs.edit([DRAWN, retyped("FV-2", 0)], "g2", BOB)
    assert [each.text for each in refusal.value.current] == ["FV-1"]
    assert len(log.changes) == 1


def test_two_people_who_correct_different_detections_at_once_both_succeed() -> None:
    log = Memory()
    mine, theirs = Review(log), Review(log)

    def overtake() -> None:
        log.before_append = lambda: None
        theirs.edit([DRAWN], "g2", BOB)

    log.before_append = overtake
    mine.edit([UNTOUCHED], "g1", ANN)
    assert set(mine.corrections()) == {DRAWN.id, UNTOUCHED.id}
    assert [change.by for change in log.changes] == ["bob", "ann"]


def test_one_who_is_overtaken_on_the_same_detection_is_told() -> None:
    log = Memory()
    mine, theirs = Review(log), Review(log)

    def overtake() -> None:
        log.before_append = lambda: None
        theirs.edit([retyped("FV-9", 0)], "g2", BOB)

    log.before_append = overtake
    with pytest.raises(ReviewConflict):
        mine.edit([UNTOUCHED], "g1", ANN)
    assert shown(mine) == {UNTOUCHED.id: ("accepted", "FV-9")}


def test_undo_brings_back_what_was_found_and_redo_the_correction() -> None:
    review = Review(Memory())
    review.edit([retyped("FV-2", 0)], "g1", ANN)
    review.undo("g2", ANN)
    assert shown(review) == {UNTOUCHED.id: ("open", "FV-1")}
    review.redo("g3", ANN)
    assert shown(review) == {UNTOUCHED.id: ("accepted", "FV-2")}
    review.undo("g4", ANN)
    assert shown(review) == {UNTOUCHED.id: ("open", "FV-1")}


def test_a_drawn_box_is_withdrawn_by_undo() -> None:
    review = Review(Memory())
    review.edit([DRAWN], "g1", ANN)
    review.undo("g2", ANN)
    assert review.corrections()[DRAWN.id].verdict == "withdrawn"


def test_several_changes_of_one_group_are_undone_together() -> None:
    review = Review(Memory())
    review.edit([UNTOUCHED], "g1", ANN)
    review.edit([DRAWN], "g1", ANN)
    review.undo("g2", ANN)
    assert {each.verdict for each in review.corrections().values()} == {"open", "withdrawn"}
    with pytest.raises(ReviewError, match="nothing to undo"):
        review.undo("g3", ANN)


def test_undo_reverses_ones_own_edits_only() -> None:
    review = Review(Memory())
    review.edit([UNTOUCHED], "g1", ANN)
    review.edit([DRAWN], "g2", BOB)
    review.undo("g3", ANN)
    assert review.corrections()[DRAWN.id].verdict == "accepted"
    assert review.corrections()[UNTOUCHED.id].verdict == "open"


def test_undo_does_not_overwrite_what_somebody_else_made_of_it_since() -> None:
    review = Review(Memory())
    review.edit([UNTOUCHED], "g1", ANN)
    review.edit([retyped("FV-7", 1)], "g2", BOB)
    with pytest.raises(ReviewConflict, match="bob"):
        review.undo("g3", ANN)
    assert shown(review) == {UNTOUCHED.id: ("accepted", "FV-7")}


def test_a_new_edit_ends_what_can_be_redone() -> None:
    review = Review(Memory())
    review.edit([UNTOUCHED], "g1", ANN)
    review.undo("g2", ANN)
    review.edit([DRAWN], "g3", ANN)
    with pytest.raises(ReviewError, match="nothing to redo"):
        review.redo("g4", ANN)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (replace(DRAWN, label=" "), "has a label"),
        (replace(DRAWN, box=(9, 5, 5, 9)), "left side before its right"),
        (replace(DRAWN, box=(float("nan"), 5, 6, 9)), "left side before its right"),
        (replace(DRAWN, text="x" * 2001), "at most 2000 characters"),
    ],
    ids=["no label", "turned box", "no number", "long text"],
)
def test_a_correction_that_cannot_be_kept_is_refused(wrong: Correction, told: str) -> None:
    with pytest.raises(ReviewError, match=told):
        Review(Memory()).edit([wrong], "g1", ANN)


@given(
    st.lists(
        st.tuples(st.sampled_from(["edit", "undo", "redo"]), st.sampled_from([ANN, BOB])),
        max_size=12,
    )
)
def test_a_log_that_is_read_anew_shows_the_same(actions: list[tuple[str, Author]]) -> None:
    log = Memory()
    review = Review(log)
    for number, (action, author) in enumerate(actions):
        version = review.corrections().get(UNTOUCHED.id, UNTOUCHED).version
        try:
            if action == "edit":
                review.edit([retyped(f"t{number}", version)], f"g{number}", author)
            else:
                getattr(review, action)(f"g{number}", author)
        except ReviewError:
            pass
    assert Review(log).corrections() == review.corrections()
    assert [change.number for change in log.changes] == list(range(1, len(log.changes) + 1))


def test_a_review_file_survives_its_process(tmp_path: Path) -> None:
    path = tmp_path / "review.jsonl"
    Review(ReviewFile(path)).edit([retyped("FV-2 ‮\n=1", 0)], "g1", ANN)
    again = Review(ReviewFile(path))
    assert shown(again) == {UNTOUCHED.id: ("accepted", "FV-2 ‮\n=1")}
    again.undo("g2", ANN)
    assert shown(again) == {UNTOUCHED.id: ("open", "FV-1")}


def test_a_line_that_a_crash_cut_short_is_left_out_and_written_over(tmp_path: Path) -> None:
    path = tmp_path / "review.jsonl"
    Review(ReviewFile(path)).edit([UNTOUCHED], "g1", ANN)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"number": 2, "kind": "ed')
    review = Review(ReviewFile(path))
    assert shown(review) == {UNTOUCHED.id: ("accepted", "FV-1")}
    review.edit([DRAWN], "g2", ANN)
    assert len(path.read_bytes().splitlines()) == 2
    assert len(Review(ReviewFile(path)).changes()) == 2


def test_a_file_that_somebody_edited_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "review.jsonl"
    path.write_text('{"number": "many"}\n')
    with pytest.raises(ReviewError, match="line 1 of"):
        Review(ReviewFile(path)).corrections()


def test_two_processes_write_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "review.jsonl"
    mine, theirs = Review(ReviewFile(path)), Review(ReviewFile(path))
    mine.edit([UNTOUCHED], "g1", ANN)
    theirs.edit([DRAWN], "g2", BOB)
    with pytest.raises(ReviewConflict):
        mine.edit([replace(DRAWN, label="pump")], "g3", ANN)
    assert set(mine.corrections()) == {UNTOUCHED.id, DRAWN.id}
