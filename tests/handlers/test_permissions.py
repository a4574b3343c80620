"""The recorder of calls sees what a role lacks, and what it has in vain."""

from __future__ import annotations

import pytest

from tests.handlers.permissions import Rights

DOCUMENTS = "arn:aws:dynamodb:us-east-1:123456789012:table/documents"


def guard(*needs: tuple[str, str]) -> Rights:
    return Rights({"guard": list(needs)})


def test_a_call_that_a_role_allows_is_used() -> None:
    rights = guard(("dynamodb:GetItem", DOCUMENTS))
    rights.note("guard", "dynamodb", "GetItem", {"TableName": "documents"})
    assert rights.denied == set()
    assert rights.unused() == set()


def test_a_query_of_an_index_needs_the_right_to_the_index() -> None:
    rights = guard(("dynamodb:Query", DOCUMENTS))
    asked = {"TableName": "documents", "IndexName": "by_status"}
    rights.note("guard", "dynamodb", "Query", asked)
    assert rights.denied == {("guard", "dynamodb:Query", f"{DOCUMENTS}/index/by_status")}
    assert rights.unused() == {("guard", "dynamodb:Query", DOCUMENTS)}


def test_every_action_of_a_transaction_needs_its_own_right() -> None:
    rights = guard(("dynamodb:PutItem", DOCUMENTS))
    put, check = {"Put": {"TableName": "documents"}}, {"ConditionCheck": {"TableName": "documents"}}
    rights.note("guard", "dynamodb", "TransactWriteItems", {"TransactItems": [put, check]})
    assert rights.denied == {("guard", "dynamodb:ConditionCheckItem", DOCUMENTS)}


def test_an_object_outside_the_prefix_is_denied() -> None:
    rights = guard(("s3:PutObject", "arn:aws:s3:::tiles-bucket/answers/*"))
    asked = {"Bucket": "tiles-bucket", "Key": "tiles/d/1"}
    rights.note("guard", "s3", "PutObject", asked)
    assert rights.denied == {("guard", "s3:PutObject", "arn:aws:s3:::tiles-bucket/tiles/d/1")}


def test_a_service_that_the_recorder_does_not_know_is_no_silent_right() -> None:
    with pytest.raises(KeyError):
        guard().note("guard", "sns", "Publish", {})
