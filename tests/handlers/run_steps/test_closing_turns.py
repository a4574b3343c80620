"""A run that holds more documents than one step can close: it closes in several."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.handlers.account import Account
from tests.handlers.between import Crash, crash_at, detector
from tests.handlers.model_service import VERSION, ModelService, model_run, put_to_use, service
from tests.handlers.runs import Run, clock, lease, queued, tile
from tilescout.aws.tables import claim_table, page_table
from tilescout.handlers.run_steps import close_run

__all__ = ["service"]
NOW = 1_800_000_000


@pytest.fixture
def run(account: Account, service: ModelService) -> Run:
    """Five documents, and a model that was up for a quarter of an hour and is down: one dollar.

    The first document has two of ten answers, the second eight, the others none.
    """
    put_to_use(account)
    documents = [queued(account, key=f"incoming/symbols/{n}.pdf", tiles=1) for n in range(5)]
    with clock(NOW) as time:
        run = model_run(account)
        for time.now in range(NOW, NOW + 900, 60):
            run.step("StartModel")
        service.status[VERSION] = "RUNNING"
        run.step("StopModel")
        service.status[VERSION] = "STOPPED"
        time.now = NOW + 900
        run.step("StopModel")
    for document, answered in zip(documents, (2, 8), strict=False):
        end(run, document, answered)
    return run


def end(run: Run, document: str, answered: int) -> None:
    """As the run notes it once a document is merged."""
    set_status(run.account, document, "DONE")
    values = {"detected": True, "ended": True, "answered": answered}
    claim_table.update_claim(run.account.ledger, run.state["id"], document, values)


def set_status(account: Account, document: str, status: str) -> None:
    account.documents.update_item(
        Key={"id": document},
        UpdateExpression="SET #s = :s",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": status},
    )


def close(run: Run, now: int = NOW + 910) -> int:
    """How many turns it took."""
    for turn in range(1, 20):
        with clock(now + turn):
            if run.step("CloseRun")["next"] != "CloseRun":
                return turn
    raise AssertionError("the run was never closed")


def shares(account: Account) -> list[float]:
    return sorted((float(row["model_usd"]) for row in account.rows("document")), reverse=True)


def test_a_few_documents_are_closed_in_one_turn(account: Account, run: Run) -> None:
    assert close(run) == 1
    assert shares(account) == [0.8, 0.2, 0, 0, 0]


def test_the_cost_is_shared_turn_by_turn_as_it_was_recorded(
    account: Account, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(close_run, "SHARES_PER_TURN", 1)
    assert close(run) == 2
    assert shares(account) == [0.8, 0.2, 0, 0, 0]
    assert (run.row["closed_at"], float(run.row["model_usd"])) == (NOW + 911, 1.0)
    assert lease(account, "pumps")["owner"] == ""


def test_the_lease_is_held_until_the_last_turn(
    account: Account, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(close_run, "SHARES_PER_TURN", 1)
    with clock(NOW + 910):
        assert run.step("CloseRun")["next"] == "CloseRun"
        assert lease(account, "pumps")["owner"] == run.execution


def test_a_turn_writes_no_more_shares_than_fit(
    account: Account, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for claim in list(claim_table.claims(account.ledger, run.state["id"])):
        end(run, claim.document_id, 1)
    monkeypatch.setattr(close_run, "SHARES_PER_TURN", 2)
    written = []
    for turn in range(3):
        with clock(NOW + 910 + turn), crash_at(1000) as calls:
            run.step("CloseRun")
        written.append(Counter(calls)["UpdateItem"])
    # The first turn also writes the run's record and what was measured.
    assert written[1:] == [2, 1]
    assert shares(account) == [0.2] * 5


def test_a_run_of_many_open_documents_queues_them_again_turn_by_turn(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(close_run, "REQUEUED_PER_TURN", 2)
    for number in range(5):
        queued(account, key=f"incoming/text/{number}.pdf")
    run = Run(account).open()
    run.step("StopModel")
    statuses = []
    while run.step("CloseRun")["next"] == "CloseRun":
        statuses.append(Counter(row["status"] for row in account.rows("document"))["QUEUED"])
    assert statuses == [2, 4]
    assert {row["status"] for row in account.rows("document")} == {"QUEUED"}
    assert {int(row["runs_without_progress"]) for row in account.rows("document")} == {1}
    assert run.row["requeued"] == 5
    assert lease(account)["owner"] == ""


def test_a_run_without_answer_of_many_bands_forgives_turn_by_turn(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(close_run, "FORGIVEN_BANDS", 1)
    documents = [queued(account, key=f"incoming/text/{number}.pdf") for number in range(3)]
    with clock(NOW) as time, detector(lambda _: (500, {"__type": "InternalServerError"})):
        run = Run(account).open()
        run.turn()
        time.now += 3
        run.step("StopModel")
        assert [tile(account, each)["server_errors"] for each in documents] == [1, 1, 1]
        turns = 1
        while run.step("CloseRun")["next"] == "CloseRun":
            turns += 1
    assert turns == 3
    assert [tile(account, each)["server_errors"] for each in documents] == [0, 0, 0]


def test_a_close_that_died_after_it_queued_again_shares_by_what_was_answered(
    account: Account, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found again, the documents are not open any more."""
    (third, *_) = [row["id"] for row in account.rows("document") if row["status"] == "RUNNING"]
    page_table.band_outcome(account.ledger, third, 1, 0, "answered")
    record = close_run._record

    def die(*_: object) -> None:
        raise Crash

    monkeypatch.setattr(close_run, "_record", die)
    state = dict(run.state)
    with clock(NOW + 910), pytest.raises(Crash):
        run.step("CloseRun")
    monkeypatch.setattr(close_run, "_record", record)
    run.state = state
    assert close(run) == 1
    assert shares(account) == [0.727273, 0.181818, 0.090909, 0, 0]
    assert run.row["requeued"] == 3
