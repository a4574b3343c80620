"""A condition holds for a row in the table exactly where it holds for the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.unit.tilescout.sample_documents import document
from tilescout.aws.items import to_item
from tilescout.aws.tables import document_table
from tilescout.documents import Status
from tilescout.transitions.status_change import Condition, StatusChange

STATUSES = get_args(Status)
SOMETIMES = st.none() | st.integers(0, 2)
CONDITIONS = st.builds(
    Condition,
    sources=st.frozensets(st.sampled_from(STATUSES), min_size=1),
    claimed_before=SOMETIMES,
    claim_token=SOMETIMES,
    clean_after=SOMETIMES,
    asked_for_at=SOMETIMES,
)
DOCUMENTS = st.builds(
    document,
    status=st.sampled_from(STATUSES),
    claim_token=st.integers(0, 2),
    clean_after=st.integers(0, 2),
    asked_for_at=st.integers(0, 2),
)


@pytest.fixture(scope="module")
def table() -> Iterator[Any]:
    with mock_aws():
        yield boto3.resource("dynamodb", region_name="us-east-1").create_table(
            TableName="documents",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


@settings(deadline=None)
@given(CONDITIONS, DOCUMENTS, st.booleans())
def test_a_change_is_written_exactly_where_its_condition_holds(
    table: Any, condition: Condition, known: Any, lacks_zeros: bool
) -> None:
    item = to_item(known)
    for name in ("clean_after", "asked_for_at") if lacks_zeros else ():
        item.pop(name) if item[name] == 0 else None
    table.put_item(Item=item)
    change = StatusChange(
        document_id=known.id,
        status="HELD",
        condition=condition,
        attributes={"reason": "held", "claim_token": 9},
    )
    assert document_table.commit_status(table, change) == condition.holds(known)
    expected = change.applied_to(known) if condition.holds(known) else known
    assert document_table.get(table, known.id) == expected


def test_a_rejected_document_is_forgotten_and_no_other(table: Any) -> None:
    table.put_item(Item=to_item(document(status="REJECTED", id="a")))
    table.put_item(Item=to_item(document(status="FAILED", id="b")))
    assert document_table.forget(table, "a")
    assert not document_table.forget(table, "b")
    assert not document_table.forget(table, "never seen")
    assert document_table.get(table, "a") is None
