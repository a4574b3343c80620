from __future__ import annotations

import json
from itertools import chain, repeat
from typing import Any

import pytest

from tests.handlers.account import Account
from tests.handlers.between import Crash, Failure, crash_at, detector
from tests.handlers.runs import (
    REFUSED,
    UNAVAILABLE,
    Run,
    allow,
    answered_in,
    answers,
    clock,
    lease,
    queued,
    tile,
)
from tilescout.aws.items import from_item
from tilescout.aws.tables import document_table
from tilescout.ledger import TileRow

NOW = 1_800_000_000


@pytest.fixture
def document(account: Account) -> str:
    return queued(account)


@pytest.fixture
def run(account: Account, document: str) -> Run:
    return Run(account).open()


def test_a_hint_is_asked_answered_and_counted(account: Account, document: str, run: Run) -> None:
    with detector(answers) as asked:
        account.deliver("detect_tile", run.hint(document))
    row = tile(account, document)
    assert len(asked) == 1
    assert (row["state"], row["attempts"], row["calls"]) == ("answered", 1, 1)
    assert row["answer"] in account.objects("tiles-bucket")
    assert run.row["calls_left"] == run.row["calls_allowed"] - 1
    assert answered_in(account, document, run) == 1


def test_an_answer_is_kept_in_page_pixels(account: Account, document: str, run: Run) -> None:
    with detector(answers):
        account.deliver("detect_tile", run.hint(document, tile=1))
    row = tile(account, document, 1)
    body = account.s3.get_object(Bucket="tiles-bucket", Key=row["answer"])["Body"].read()
    word = json.loads(body)["words"][0]
    assert word["box"] == {"left": 140.0, "top": 40.0, "right": 260.0, "bottom": 60.0}


def test_duplicate_hints_ask_once(account: Account, document: str, run: Run) -> None:
    with detector(answers) as asked:
        for _ in range(3):
            account.deliver("detect_tile", run.hint(document))
    assert len(asked) == 1
    assert run.row["calls_left"] == run.row["calls_allowed"] - 1


def test_duplicate_hints_in_one_batch_ask_once(account: Account, document: str, run: Run) -> None:
    with detector(answers) as asked:
        account.deliver("detect_tile", run.hint(document), run.hint(document))
    assert len(asked) == 1


def test_a_hint_of_an_old_token_is_dropped(account: Account, document: str, run: Run) -> None:
    old = run.hint(document)
    run.step("StopModel")
    run.step("CloseRun")
    Run(account, execution="another").open()
    with detector(answers) as asked:
        account.deliver("detect_tile", old)
    assert asked == []
    assert tile(account, document)["attempts"] == 0


def test_a_hint_after_the_phase_is_closing_is_dropped(
    account: Account, document: str, run: Run
) -> None:
    run.step("StopModel")
    with detector(answers) as asked:
        account.deliver("detect_tile", run.hint(document))
    assert asked == []


def test_a_hint_under_an_expired_lease_is_dropped(account: Account, document: str) -> None:
    with clock(NOW) as time, detector(answers) as asked:
        run = Run(account).open()
        time.now = NOW + 180
        account.deliver("detect_tile", run.hint(document))
    assert asked == []


def test_a_hint_for_a_document_that_is_not_claimed_is_dropped(
    account: Account, document: str, run: Run
) -> None:
    late = queued(account, key="incoming/text/late.pdf")
    with detector(answers) as asked:
        account.deliver("detect_tile", run.hint(late))
    assert asked == []


def test_a_throttled_ask_is_not_counted_and_waits_for_its_time(
    account: Account, document: str
) -> None:
    with clock(NOW), detector(lambda _: UNAVAILABLE):
        run = Run(account).open()
        account.deliver("detect_tile", run.hint(document))
    row = tile(account, document)
    assert (row["state"], row["attempts"], row["retry_at"]) == ("pending", 0, NOW + 15)
    assert "reservation" not in row
    assert run.row["calls_left"] == run.row["calls_allowed"]


def test_a_refusal_is_a_strike_and_costs_nothing(account: Account, document: str, run: Run) -> None:
    with detector(lambda _: REFUSED):
        account.deliver("detect_tile", run.hint(document))
    row = tile(account, document)
    assert (row["state"], row["refusals"]) == ("pending", 1)
    assert row["last_error"] == "InvalidParameterException: Request has invalid image"
    assert run.row["calls_left"] == run.row["calls_allowed"]


def test_a_tile_whose_image_is_gone_is_not_asked_for(
    account: Account, document: str, run: Run
) -> None:
    account.s3.delete_object(Bucket="tiles-bucket", Key=tile(account, document)["image"])
    with detector(answers) as asked:
        account.deliver("detect_tile", run.hint(document))
    assert asked == []
    row = tile(account, document)
    assert (row["state"], row["attempts"], row["refusals"]) == ("pending", 0, 0)
    assert run.row["calls_left"] == run.row["calls_allowed"]


def test_an_outage_of_s3_is_not_the_tile_s_fault(
    account: Account, document: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> bytes:
        raise Failure("GetObject")

    monkeypatch.setattr("tilescout.aws.objects.read", refused)
    with detector(answers) as asked:
        account.deliver("detect_tile", run.hint(document))
    row = tile(account, document)
    assert asked == []
    assert (row["state"], row["attempts"], row["refusals"]) == ("pending", 0, 0)
    assert run.row["calls_left"] == run.row["calls_allowed"]


def test_a_used_up_budget_asks_nothing_and_frees_the_tile(
    account: Account, document: str, run: Run
) -> None:
    allow(account, run, 0)
    with detector(answers) as asked:
        account.deliver("detect_tile", run.hint(document))
    row = tile(account, document)
    assert asked == []
    assert (row["state"], row["attempts"], row["last_error"]) == (
        "pending",
        0,
        "the run's budget is used up",
    )


def test_no_interleaving_of_hints_makes_more_calls_than_allowed(account: Account) -> None:
    document = queued(account, 10)
    run = Run(account).open()
    allow(account, run, 7)
    with detector(answers) as asked:
        for page in range(1, 11):
            hints = [run.hint(document, page, number) for number in (0, 1, 0)]
            account.deliver("detect_tile", *hints)
    assert len(asked) == 7
    assert run.row["calls_left"] == 0


def test_a_lost_answer_stays_paid_and_is_asked_once_more_when_it_runs_out(
    account: Account, document: str
) -> None:
    def crash(_: object) -> tuple[int, dict[str, object]]:
        raise Crash("killed while it waited")

    with clock(NOW) as time:
        run = Run(account).open()
        with detector(crash), pytest.raises(Crash):
            account.deliver("detect_tile", run.hint(document))
        with detector(answers) as early:
            account.deliver("detect_tile", run.hint(document))
        time.now += 121
        with detector(answers) as asked:
            account.deliver("detect_tile", run.hint(document))
    assert early == []
    assert len(asked) == 1
    assert tile(account, document)["attempts"] == 1
    assert run.row["calls_left"] == run.row["calls_allowed"] - 2


def test_a_crash_after_the_answer_is_committed_is_never_billed_again(
    account: Account, document: str, run: Run
) -> None:
    with detector(answers) as asked:
        with crash_at(11) as calls, pytest.raises(Crash):
            account.deliver("detect_tile", run.hint(document))
        assert calls[-2:] == ["PutItem", "UpdateItem"]
        account.deliver("detect_tile", run.hint(document))
    assert tile(account, document)["state"] == "answered"
    assert len(asked) == 1


def test_a_late_answer_is_taken_after_the_loop_gave_the_tile_up(
    account: Account, document: str, run: Run
) -> None:
    def given_up_meanwhile(request: dict[str, object]) -> tuple[int, dict[str, object]]:
        account.ledger.update_item(
            Key={"pk": tile(account, document)["pk"], "sk": "TILE#000000"},
            UpdateExpression="SET #s = :failed REMOVE reservation",
            ExpressionAttributeNames={"#s": "state"},
            ExpressionAttributeValues={":failed": "failed"},
        )
        return answers(request)

    with detector(given_up_meanwhile):
        account.deliver("detect_tile", run.hint(document))
    row = from_item(TileRow, tile(account, document))
    assert (row.state, row.calls) == ("answered", 1)


def test_the_lease_is_not_touched_by_a_worker(account: Account, document: str, run: Run) -> None:
    before = lease(account)
    with detector(answers):
        account.deliver("detect_tile", run.hint(document))
    assert lease(account) == before


def words(count: int) -> dict[str, object]:
    box = {"Left": 0.1, "Top": 0.1, "Width": 0.1, "Height": 0.1}
    corners = [{"X": 0.1, "Y": 0.1}, {"X": 0.2, "Y": 0.1}, {"X": 0.2, "Y": 0.2}]
    geometry = {"BoundingBox": box, "Polygon": [*corners, {"X": 0.1, "Y": 0.2}]}
    line = {"Id": 0, "Type": "LINE", "DetectedText": "A", "Confidence": 99.0, "Geometry": geometry}
    return {
        "TextDetections": [
            line,
            *(line | {"Id": n + 1, "ParentId": 0, "Type": "WORD"} for n in range(count)),
        ]
    }


@pytest.fixture
def crowded(account: Account) -> tuple[str, Run]:
    document = queued(account, key="incoming/words/sheet.pdf")
    return document, Run(account, model="rekognition-text").open()


def test_a_crowded_tile_is_asked_again_in_quarters(
    account: Account, crowded: tuple[str, Run]
) -> None:
    document, run = crowded
    replies = iter([words(100), *[words(5)] * 4])
    with detector(lambda _: (200, next(replies))) as asked:
        account.deliver("detect_tile", run.hint(document))
    assert len(asked) == 5
    assert tile(account, document)["calls"] == 5
    assert run.row["calls_left"] == run.row["calls_allowed"] - 5


def test_a_tile_with_few_words_takes_no_calls_for_quarters(
    account: Account, crowded: tuple[str, Run]
) -> None:
    document, run = crowded
    with detector(lambda _: (200, words(5))):
        account.deliver("detect_tile", run.hint(document))
    assert run.row["calls_left"] == run.row["calls_allowed"] - 1


def test_quarters_billed_before_an_outage_stay_paid_and_the_ask_counts(
    account: Account, crowded: tuple[str, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    document, run = crowded
    replies = chain([(200, words(100)), (200, words(5))], repeat(UNAVAILABLE))
    with detector(lambda _: next(replies)):
        account.deliver("detect_tile", run.hint(document))
    assert (tile(account, document)["state"], tile(account, document)["attempts"]) == ("pending", 1)
    assert run.row["calls_left"] == run.row["calls_allowed"] - 2


def test_a_quarter_that_is_throttled_once_is_asked_again_at_once(
    account: Account, crowded: tuple[str, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    document, run = crowded
    replies = iter([(200, words(100)), UNAVAILABLE, *[(200, words(5))] * 4])
    with detector(lambda _: next(replies)):
        account.deliver("detect_tile", run.hint(document))
    assert tile(account, document)["calls"] == 5


def test_a_crowded_tile_takes_no_more_than_is_left_and_its_first_call_is_not_paid_again(
    account: Account, crowded: tuple[str, Run]
) -> None:
    document, run = crowded
    allow(account, run, 5)

    def others_take_two(_: object) -> tuple[int, dict[str, object]]:
        allow(account, run, 2)
        return 200, words(100)

    with detector(others_take_two) as first:
        account.deliver("detect_tile", run.hint(document))
    row = tile(account, document)
    assert (row["state"], row["attempts"], row["calls"]) == ("pending", 0, 1)
    assert row["last_error"] == "the run's budget is used up"
    allow(account, run, 4)
    with detector(lambda _: (200, words(5))) as quarters:
        account.deliver("detect_tile", run.hint(document))
    row = tile(account, document)
    assert (len(first), len(quarters)) == (1, 4)
    assert (row["state"], row["calls"], run.row["calls_left"]) == ("answered", 5, 0)


def test_no_crowded_tiles_make_more_calls_than_allowed(account: Account) -> None:
    document = queued(account, 4, key="incoming/words/sheet.pdf")
    run = Run(account, model="rekognition-text").open()
    allow(account, run, 13)
    replies = chain.from_iterable(repeat([words(100), *[words(5)] * 4]))
    with detector(lambda _: (200, next(replies))) as asked:
        for page in range(1, 5):
            account.deliver("detect_tile", run.hint(document, page))
    assert len(asked) == 10
    assert run.row["calls_left"] == 3


def test_an_outage_while_the_calls_for_quarters_are_taken_is_not_the_tile_s_fault(
    account: Account, crowded: tuple[str, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    document, run = crowded
    spend = document_table.spend_calls

    def refused(*request: Any, attempts: int = 1, **more: Any) -> bool:
        if not attempts:
            raise Failure("UpdateItem")
        return spend(*request, **more)

    monkeypatch.setattr("tilescout.aws.tables.document_table.spend_calls", refused)
    with detector(lambda _: (200, words(100))):
        account.deliver("detect_tile", run.hint(document))
    row = tile(account, document)
    assert (row["state"], row["attempts"], row["calls"]) == ("pending", 0, 1)
    assert run.row["calls_left"] == run.row["calls_allowed"] - 1


def test_after_an_outage_in_mid_quarter_the_first_call_is_not_paid_again(
    account: Account, crowded: tuple[str, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    document, run = crowded
    replies = chain([(200, words(100)), (200, words(5))], repeat(UNAVAILABLE))
    with detector(lambda _: next(replies)):
        account.deliver("detect_tile", run.hint(document))
    with detector(lambda _: (200, words(5))) as again:
        account.deliver("detect_tile", run.hint(document))
    assert len(again) == 4
    assert (tile(account, document)["state"], tile(account, document)["calls"]) == ("answered", 6)
    assert run.row["calls_left"] == run.row["calls_allowed"] - 6


def test_quarters_billed_before_a_refusal_stay_paid(
    account: Account, crowded: tuple[str, Run]
) -> None:
    document, run = crowded
    replies = iter([(200, words(100)), REFUSED])
    with detector(lambda _: next(replies)):
        account.deliver("detect_tile", run.hint(document))
    assert tile(account, document)["refusals"] == 1
    assert run.row["calls_left"] == run.row["calls_allowed"] - 1
