from __future__ import annotations

from dataclasses import replace

from tests.unit.tilescout.sample_documents import PROFILE, document
from tilescout.documents import ENDED, Outcome, outcome, tiling_outcome


def test_a_document_with_everything_answered_is_done() -> None:
    assert outcome(document(), tiles_failed=0, pages_failed={}, read=True) == Outcome(status="DONE")


def test_a_partial_document_tells_which_tiles_are_missing() -> None:
    ended = outcome(document(tiles_planned=10), tiles_failed=3, pages_failed={}, read=True)
    assert ended == Outcome(status="PARTIAL", reason="3 of 10 tiles were not answered")


def test_a_partial_document_tells_which_pages_are_missing() -> None:
    ended = outcome(document(last_page=3), tiles_failed=0, pages_failed={2: "too large"}, read=True)
    assert ended == Outcome(status="PARTIAL", reason="page 2: too large")


def test_missing_tiles_come_before_missing_pages_in_page_order() -> None:
    failed = {3: "torn", 2: "too large"}
    ended = outcome(document(last_page=4), tiles_failed=1, pages_failed=failed, read=True)
    assert ended.reason == "1 of 10 tiles were not answered; page 2: too large; page 3: torn"


def test_a_document_without_a_single_answer_has_failed() -> None:
    ended = outcome(document(tiles_planned=10), tiles_failed=10, pages_failed={}, read=False)
    assert ended == Outcome(status="FAILED", reason="the detector answered none of 10 tiles")


def test_a_document_whose_only_tile_was_refused_is_partial_if_its_text_layer_was_read() -> None:
    ended = outcome(document(tiles_planned=1), tiles_failed=1, pages_failed={}, read=True)
    assert ended == Outcome(status="PARTIAL", reason="1 of 1 tiles were not answered")


def test_a_document_of_torn_pages_and_refused_tiles_has_failed() -> None:
    ended = outcome(document(tiles_planned=4), tiles_failed=4, pages_failed={2: "torn"}, read=False)
    assert ended == Outcome(
        status="FAILED", reason="the detector answered none of 4 tiles; page 2: torn"
    )


def test_a_document_without_a_single_page_has_failed() -> None:
    torn = {1: "torn", 2: "torn"}
    ended = outcome(document(last_page=2), tiles_failed=0, pages_failed=torn, read=False)
    assert ended == Outcome(status="FAILED", reason="page 1: torn; page 2: torn")


def test_a_document_of_blank_pages_is_done() -> None:
    blank = document(tiles_planned=0)
    assert outcome(blank, tiles_failed=0, pages_failed={}, read=True) == Outcome(status="DONE")


def test_a_reason_names_a_few_pages_only() -> None:
    failed = dict.fromkeys(range(1, 50), "torn")
    ended = outcome(document(last_page=50), tiles_failed=0, pages_failed=failed, read=True)
    assert ended.reason.count("torn") == 6


def test_a_document_with_a_tiled_page_is_queued() -> None:
    tiled = tiling_outcome(document(last_page=2), pages_failed={1: "torn"})
    assert tiled == Outcome(status="QUEUED")


def test_a_document_without_a_tiled_page_has_failed_before_any_run() -> None:
    tiled = tiling_outcome(document(last_page=2), pages_failed={2: "too large", 1: "torn"})
    assert tiled == Outcome(status="FAILED", reason="page 1: torn; page 2: too large")


def test_a_document_that_was_not_tiled_names_five_pages_only() -> None:
    failed = dict.fromkeys(range(1, 51), "torn")
    assert tiling_outcome(document(last_page=50), pages_failed=failed).reason.count("torn") == 5


def test_pages_are_counted_from_the_first_to_the_last_asked_for() -> None:
    part = document(first_page=3, last_page=5)
    assert part.pages == 3
    assert list(part.page_numbers()) == [3, 4, 5]


def test_a_document_on_hold_has_not_ended() -> None:
    assert not document(status="HELD").has_ended
    assert {"DONE", "PARTIAL", "FAILED", "REJECTED", "SUPERSEDED"} == ENDED


def test_a_tiled_document_whose_model_has_no_version_waits_and_tells_the_remedy() -> None:
    symbols = replace(PROFILE, name="symbols", detector="custom-labels", model_project="valves")
    tiled = tiling_outcome(document(profile=symbols), pages_failed={}, lacks_model=True)
    assert tiled == Outcome(
        status="WAITING_FOR_MODEL",
        reason="profile symbols needs a version of the model project valves, and none is in use; "
        "run `tilescout model use VERSION --project valves`",
    )


def test_a_document_of_torn_pages_waits_for_no_model() -> None:
    tiled = tiling_outcome(document(last_page=1), pages_failed={1: "torn"}, lacks_model=True)
    assert tiled.status == "FAILED"
