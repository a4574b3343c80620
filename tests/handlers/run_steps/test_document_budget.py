"""What a document's model may cost over all its runs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.handlers.account import Account
from tests.handlers.model_service import VERSION, ModelService, model_run, put_to_use, service
from tests.handlers.retries import retry
from tests.handlers.runs import clock, queued, set_attributes
from tilescout.aws.tables import document_table

__all__ = ["service"]
NOW = 1_800_000_000
BUDGET = Decimal(25)
"""That of a profile which sets none, in US dollars."""


@pytest.fixture
def document(account: Account, service: ModelService) -> str:
    put_to_use(account)
    return queued(account, key="incoming/symbols/sheet.pdf")


def record(account: Account, document: str, **values: Any) -> None:
    for name, value in values.items():
        account.documents.update_item(
            Key={"id": document},
            UpdateExpression=f"SET {name} = :value",
            ExpressionAttributeValues={":value": value},
        )


def open_a_run(account: Account, execution: str = "run") -> None:
    with clock(NOW):
        model_run(account, execution).step("StartModel")


def test_a_document_whose_model_has_cost_its_budget_is_held_and_starts_none(
    account: Account, document: str, service: ModelService
) -> None:
    record(account, document, model_usd=BUDGET)
    open_a_run(account)
    row = account.document(document)
    assert (row["status"], row["reason"]) == (
        "HELD",
        "its share of the model's cost is $25.00, and profile symbols allows $25.00; "
        "`tilescout retry` allows as much again",
    )
    assert service.asked == []


def test_a_document_below_its_budget_starts_the_model(
    account: Account, document: str, service: ModelService
) -> None:
    record(account, document, model_usd=BUDGET - Decimal("0.01"))
    open_a_run(account)
    assert account.document(document)["status"] == "RUNNING"
    assert service.asked == [("start", VERSION, 1)]


def test_a_document_that_a_dead_run_left_is_held_as_well(account: Account, document: str) -> None:
    record(account, document, model_usd=BUDGET, claim_token=0)
    account.documents.update_item(
        Key={"id": document},
        UpdateExpression="SET #status = :running",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":running": "RUNNING"},
    )
    open_a_run(account)
    assert account.document(document)["status"] == "HELD"


def test_a_document_without_open_tiles_is_merged_whatever_its_model_has_cost(
    account: Account, document: str, service: ModelService
) -> None:
    planned = account.document(document)["tiles_planned"]
    record(account, document, model_usd=BUDGET, tiles_answered=planned)
    open_a_run(account)
    assert account.document(document)["status"] == "RUNNING"


def test_a_person_who_retries_it_allows_the_budget_once_more(
    account: Account, document: str, service: ModelService
) -> None:
    record(account, document, model_usd=BUDGET)
    open_a_run(account, "first")
    assert retry(account, document) == "QUEUED"
    with clock(NOW + 1000):
        model_run(account, "second").step("StartModel")
    row = account.document(document)
    assert (row["status"], row["model_usd"]) == ("RUNNING", 25)
    assert service.asked == [("start", VERSION, 1)]


@pytest.mark.parametrize(("opened_at", "before"), [(NOW - 60, 25), (NOW + 60, 0)])
def test_the_share_of_a_run_that_a_retry_followed_is_none_of_what_the_retry_allows(
    account: Account, document: str, opened_at: int, before: int
) -> None:
    set_attributes(account, document, asked_for_at=NOW)
    for _ in range(2):
        document_table.charge(account.documents, document, 25.0, token=7, opened_at=opened_at)
    row = account.document(document)
    assert (row["model_usd"], row["model_usd_before"]) == (25, before)
