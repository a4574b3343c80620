from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tilescout.sample_documents import PROFILE, document
from tilescout.documents import Attributes, Document, Source, Status
from tilescout.ledger import PageRow
from tilescout.results import ResultSet, Totals
from tilescout.transitions import arrows, decisions
from tilescout.transitions.arrows import ARROWS, Arrow
from tilescout.transitions.decisions import RunEnd

ROOT = Path(__file__).resolve().parents[4]
NOW = 2_000
SYMBOLS = replace(PROFILE, name="symbols", detector="custom-labels", model_project="valves")


def pages(failed: dict[int, str] | None = None, *, tiles: int = 0, last: int = 2) -> list[PageRow]:
    """The rows of a document's pages: some given up with a reason, the others tiled."""
    reasons = failed or {}
    return [
        PageRow(page=page, failed_reason=reasons[page])
        if page in reasons
        else PageRow(page=page, tiled=True, tiles=tiles)
        for page in range(1, last + 1)
    ]


def finished(known: Document, totals: Totals, rows: list[PageRow]) -> tuple[Status, str]:
    result = ResultSet(id="r", document=known, made_at=NOW)
    change = decisions.finish(result, totals, rows)
    return change.status, change.reason


def tiled(known: Document, rows: list[PageRow], *, model_in_use: bool = True) -> tuple[Status, str]:
    change = decisions.finish_tiling(known, rows, model_in_use=model_in_use, now=NOW)
    return change.status, change.reason


def test_a_document_with_everything_answered_is_done() -> None:
    assert finished(document(), Totals(answered=10), pages(tiles=5)) == ("DONE", "")


def test_a_partial_document_tells_which_tiles_are_missing() -> None:
    ended = finished(document(), Totals(answered=7, failed=3), pages(tiles=5))
    assert ended == ("PARTIAL", "3 of 10 tiles were not answered")


def test_a_partial_document_tells_which_pages_are_missing() -> None:
    ended = finished(document(), Totals(answered=5), pages({2: "too large"}, tiles=5))
    assert ended == ("PARTIAL", "page 2: too large")


def test_missing_tiles_come_before_missing_pages_in_page_order() -> None:
    rows = pages({3: "torn", 2: "too large"}, tiles=5, last=4)
    _, reason = finished(document(), Totals(answered=9, failed=1), rows)
    assert reason == "1 of 10 tiles were not answered; page 2: too large; page 3: torn"


def test_a_document_without_a_single_answer_has_failed() -> None:
    ended = finished(document(), Totals(failed=10), pages(tiles=5))
    assert ended == ("FAILED", "the detector answered none of 10 tiles")


def test_a_document_whose_only_tile_was_refused_is_partial_if_its_text_layer_was_read() -> None:
    row = PageRow(page=1, tiled=True, tiles=1, has_layer=True)
    ended = finished(document(tiles_planned=1), Totals(failed=1), [row])
    assert ended == ("PARTIAL", "1 of 1 tiles were not answered")


def test_a_document_of_torn_pages_and_refused_tiles_has_failed() -> None:
    ended = finished(document(), Totals(failed=4), pages({2: "torn"}, tiles=4))
    assert ended == ("FAILED", "the detector answered none of 4 tiles; page 2: torn")


def test_a_document_without_a_single_page_has_failed() -> None:
    ended = finished(document(), Totals(), pages({1: "torn", 2: "torn"}))
    assert ended == ("FAILED", "page 1: torn; page 2: torn")


def test_a_document_of_blank_pages_is_done() -> None:
    assert finished(document(tiles_planned=0), Totals(), pages()) == ("DONE", "")


def test_a_reason_names_a_few_pages_only() -> None:
    rows = pages(dict.fromkeys(range(1, 50), "torn"), last=50)
    _, reason = finished(document(last_page=50), Totals(answered=1), rows)
    assert reason.count("torn") == 6


def test_a_document_with_a_tiled_page_is_queued() -> None:
    assert tiled(document(), pages({1: "torn"}, tiles=3)) == ("QUEUED", "")


def test_a_document_without_a_tiled_page_has_failed_before_any_run() -> None:
    judged = tiled(document(), pages({2: "too large", 1: "torn"}))
    assert judged == ("FAILED", "page 1: torn; page 2: too large")


def test_a_document_that_was_not_tiled_names_five_pages_only() -> None:
    failed = dict.fromkeys(range(1, 51), "torn")
    _, reason = tiled(document(last_page=50), pages(failed, last=50))
    assert reason.count("torn") == 5


def test_a_tiled_document_whose_model_has_no_version_waits_and_tells_the_remedy() -> None:
    waiting = tiled(document(profile=SYMBOLS), pages(tiles=3), model_in_use=False)
    assert waiting == (
        "WAITING_FOR_MODEL",
        "profile symbols needs a version of the model project valves, and none is in use; "
        "run `tilescout model use VERSION --project valves`",
    )


def test_a_document_of_torn_pages_waits_for_no_model() -> None:
    torn = pages({1: "torn"}, last=1)
    status, _ = tiled(document(last_page=1), torn, model_in_use=False)
    assert status == "FAILED"


def test_a_document_of_blank_pages_waits_for_no_model() -> None:
    assert tiled(document(profile=SYMBOLS), pages(), model_in_use=False) == ("QUEUED", "")


def test_the_warnings_of_many_pages_are_cut_off_and_counted() -> None:
    rows = [PageRow(page=page, tiled=True, warnings=(f"page {page}",)) for page in range(1, 61)]
    change = decisions.finish_tiling(document(last_page=60), rows, model_in_use=True, now=NOW)
    assert change.attributes["warnings"][-2:] == ("page 50", "10 more warnings")


def test_the_third_run_without_an_answer_holds_the_document() -> None:
    known = document(runs_without_progress=2)
    held = decisions.requeue(known, RunEnd(token=7, answered=0, without_answer=True), NOW)
    assert held.status == "HELD"
    assert held.reason == "3 runs brought no answer; see docs/deploy.md, HELD"


def test_the_third_run_that_could_not_merge_holds_the_document() -> None:
    known = document(runs_without_progress=2)
    held = decisions.requeue(known, RunEnd(token=7, answered=10, detected=True), NOW)
    assert held.status == "HELD"
    assert held.reason == "3 runs could not be merged; see docs/deploy.md, HELD"


@pytest.mark.parametrize(
    ("end", "runs"),
    [
        (RunEnd(token=7, answered=4), 0),
        (RunEnd(token=7, answered=0, without_answer=True), 2),
        (RunEnd(token=7, answered=3, stalled=True), 2),
        (RunEnd(token=7, answered=4, stalled=True), 0),
        (RunEnd(token=7, answered=10, detected=True), 2),
        (RunEnd(token=7, answered=10, detected=True, failed=True), 0),
        (RunEnd(token=7, answered=0, without_answer=True, deferred=True), 1),
        (RunEnd(token=7, answered=10, detected=True, deferred=True), 1),
    ],
)
def test_runs_without_progress_are_counted_in_a_row(end: RunEnd, runs: int) -> None:
    known = document(runs_without_progress=1, tiles_answered=3)
    requeued = decisions.requeue(known, end, NOW)
    assert (requeued.status, requeued.attributes["runs_without_progress"]) == ("QUEUED", runs)


def test_a_run_claims_what_waits_and_what_an_earlier_run_left() -> None:
    condition = decisions.claim("d1", 8, "run").condition
    assert condition.holds(document(status="QUEUED", claim_token=9))
    assert condition.holds(document(status="RUNNING", claim_token=7))
    assert not condition.holds(document(status="RUNNING", claim_token=8))
    assert not condition.holds(document(status="HELD", claim_token=0))


def test_only_the_run_that_claimed_a_document_ends_it() -> None:
    result = ResultSet(id="r", document=document(claim_token=7), made_at=NOW)
    condition = decisions.finish(result, Totals(answered=1), []).condition
    assert condition.holds(document(claim_token=7))
    assert not condition.holds(document(claim_token=8))
    assert not condition.holds(document(claim_token=7, status="QUEUED"))


def test_a_failed_document_loses_its_empty_result_by_a_retry_and_a_partial_one_keeps_it() -> None:
    failed = document(status="FAILED", result_id="r")
    partial = document(status="PARTIAL", result_id="r")
    assert decisions.retry(failed, 0, NOW).applied_to(failed).result_id == ""
    assert decisions.retry(partial, 3, NOW).applied_to(partial).result_id == "r"


def test_the_reason_of_a_superseded_document_names_the_newer_one_and_the_remedy() -> None:
    change = decisions.supersede(document(id="a"), document(id="b"), NOW)
    assert change.reason == (
        "a newer version of the same key was accepted, document b; to have this one processed as "
        "well run `tilescout retry a`"
    )


def test_a_rejected_document_has_ended_and_is_still_to_be_announced() -> None:
    source = Source(id="d", bucket="b", key="k", version="1", profile=PROFILE, accepted_at=NOW)
    rejected = decisions.reject(source, "not a PDF")
    assert (rejected.status, rejected.reason) == ("REJECTED", "not a PDF")
    assert (rejected.ended_at, rejected.clean_after) == (NOW, NOW)


def changes(known: Document, end: RunEnd, totals: Totals, rows: list[PageRow]) -> list[Any]:
    """Every change of a document that there is, with the arrow that it follows."""
    result = ResultSet(id="r", document=known, made_at=NOW)
    return [
        (arrows.FINISH_TILING, decisions.finish_tiling(
            known, rows, model_in_use=end.stalled, now=NOW)),
        (arrows.MODEL_ACTIVATED, decisions.model_activated(known, NOW)),
        (arrows.CLAIM, decisions.claim(known.id, 7, "run")),
        (arrows.REQUEUE, decisions.requeue(known, end, NOW)),
        (arrows.FINISH, decisions.finish(result, totals, rows)),
        (arrows.RETILE, decisions.retile(known, NOW)),
        (arrows.HOLD, decisions.hold_overspent(known, 7)),
        (arrows.SUPERSEDE, decisions.supersede(known, document(id="newer"), NOW)),
    ]  # fmt: skip


DOCUMENTS = st.builds(
    document,
    status=st.sampled_from(get_args(Status)),
    claim_token=st.integers(0, 9),
    asked_for_at=st.sampled_from([0, 5]),
    clean_after=st.sampled_from([0, 5]),
    runs_without_progress=st.integers(0, 3),
)
ENDS = st.builds(
    RunEnd,
    token=st.integers(0, 9),
    answered=st.integers(0, 10),
    detected=st.booleans(),
    without_answer=st.booleans(),
    stalled=st.booleans(),
    deferred=st.booleans(),
)
TOTALS = st.builds(Totals, answered=st.integers(0, 5), failed=st.integers(0, 5))
PAGES = st.lists(st.sampled_from(["", "torn"]), min_size=2, max_size=2).map(
    lambda failed: pages({n: text for n, text in enumerate(failed, 1) if text}, tiles=5)
)


@given(DOCUMENTS, ENDS, TOTALS, PAGES)
def test_every_change_follows_its_arrow(
    known: Document, end: RunEnd, totals: Totals, rows: list[PageRow]
) -> None:
    for arrow, change in changes(known, end, totals, rows):
        assert change.status in arrow.targets
        assert change.condition.sources <= arrow.sources
        after = change.applied_to(known)
        assert after.status == change.status
        if change.condition.holds(known):
            assert known.status in arrow.sources


@given(DOCUMENTS, ENDS, TOTALS, PAGES)
def test_a_document_that_has_ended_is_moved_only_by_a_person(
    known: Document, end: RunEnd, totals: Totals, rows: list[PageRow]
) -> None:
    moved = [change for _, change in changes(known, end, totals, rows)
             if change.condition.holds(known)]  # fmt: skip
    assert not (known.has_ended and moved)


@given(DOCUMENTS)
def test_a_change_with_a_reason_or_without_leaves_no_old_one_in_a_queued_document(
    known: Document,
) -> None:
    queued = decisions.model_activated(replace(known, reason="no version"), NOW)
    assert queued.applied_to(known).reason == ""


def test_attributes_that_may_change_are_those_of_a_document_but_its_status() -> None:
    known = {each.name for each in fields(Document)}
    assert set(Attributes.__annotations__) - known == {"due"}
    assert "status" not in Attributes.__annotations__


def test_a_source_has_the_first_attributes_of_its_document() -> None:
    first = [each.name for each in fields(Document)][: len(fields(Source))]
    assert first == [each.name for each in fields(Source)]


def test_every_status_can_be_reached_and_left() -> None:
    statuses = set(get_args(Status))
    assert {target for arrow in ARROWS for target in arrow.targets} - {""} == statuses
    assert {source for arrow in ARROWS for source in arrow.sources} == statuses


def test_every_arrow_is_in_the_list() -> None:
    named = [value for value in vars(arrows).values() if isinstance(value, Arrow)]
    assert list(ARROWS) == named


OTHERS = {
    # A run's own record ends CLOSED or FAILED.
    "lambdas/tilescout/runs/closing.py": {"FAILED"},
    # What a model file or examples find is shown like the results of a document.
    "cli/tilescout_cli/evaluation/model_file.py": {"DONE"},
    "cli/tilescout_cli/promotion/labelled_pages.py": {"DONE"},
    "cli/tilescout_cli/training/annotation_drafts.py": {"DONE"},
}
"""Words that are also statuses of documents, where something else has that status."""
SOURCES = ("lambdas", "cli/tilescout_cli", "benchmarks/simulation")


def written_statuses(tree: ast.AST) -> Iterator[str]:
    """Statuses of documents that a source file writes: as a keyword, or in a dictionary."""
    for node in ast.walk(tree):
        values: list[ast.expr] = []
        if isinstance(node, ast.keyword) and node.arg == "status":
            values = [node.value]
        elif isinstance(node, ast.Dict):
            values = [
                value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant) and key.value == "status"
            ]
        for constant in (each for value in values for each in ast.walk(value)):
            if isinstance(constant, ast.Constant) and constant.value in get_args(Status):
                yield str(constant.value)


def test_no_other_module_writes_a_status() -> None:
    written = {
        path.relative_to(ROOT).as_posix(): set(written_statuses(ast.parse(path.read_text())))
        for folder in SOURCES
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    assert written.pop("lambdas/tilescout/transitions/decisions.py")
    assert {path: statuses for path, statuses in written.items() if statuses} == OTHERS


def test_only_the_documents_table_writes_the_attribute() -> None:
    writing = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "lambdas").rglob("*.py")
        if any(text in path.read_text() for text in ("SET #status", '{"status": change.status'))
    }
    assert writing == {"lambdas/tilescout/aws/tables/document_table.py"}
