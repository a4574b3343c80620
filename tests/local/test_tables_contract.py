"""The behaviour of DynamoDB that the ledger and the lease need."""

from __future__ import annotations

import pytest

from tests.local.contract import Client, row


def test_a_failed_condition_check_cancels_the_transaction_and_tells_which(
    client: Client, probes: dict[str, str]
) -> None:
    dynamodb, table = client("dynamodb"), probes["Table"]
    dynamodb.put_item(TableName=table, Item=row("lease", "1", token={"N": "7"}))
    check = {"TableName": table, "Key": row("lease", "1"), "ConditionExpression": "#t = :t",
             "ExpressionAttributeNames": {"#t": "token"},
             "ExpressionAttributeValues": {":t": {"N": "6"}}}  # fmt: skip
    put = {"TableName": table, "Item": row("document", "1")}
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as raised:
        dynamodb.transact_write_items(TransactItems=[{"Put": put}, {"ConditionCheck": check}])
    reasons = [reason["Code"] for reason in raised.value.response["CancellationReasons"]]
    assert reasons == ["None", "ConditionalCheckFailed"]
    found = dynamodb.get_item(TableName=table, Key=row("document", "1"), ConsistentRead=True)
    assert "Item" not in found


def test_an_index_is_queried_by_its_own_keys(client: Client, probes: dict[str, str]) -> None:
    dynamodb, table = client("dynamodb"), probes["Table"]
    for item in ("b", "a"):
        dynamodb.put_item(TableName=table, Item=row("gsi", item, label={"S": "FV-1023"}))
    dynamodb.put_item(TableName=table, Item=row("gsi", "c"))
    rows = dynamodb.query(
        TableName=table,
        IndexName="by-label",
        KeyConditionExpression="label = :l",
        ExpressionAttributeValues={":l": {"S": "FV-1023"}},
    )["Items"]
    assert [item["item"]["S"] for item in rows] == ["a", "b"]


def test_adding_to_a_number_set_twice_keeps_each_number_once(
    client: Client, probes: dict[str, str]
) -> None:
    dynamodb, table = client("dynamodb"), probes["Table"]
    for numbers in (["3"], ["1", "3"]):
        dynamodb.update_item(
            TableName=table,
            Key=row("band", "1"),
            UpdateExpression="ADD answered :n",
            ExpressionAttributeValues={":n": {"NS": numbers}},
        )
    item = dynamodb.get_item(TableName=table, Key=row("band", "1"), ConsistentRead=True)["Item"]
    assert sorted(item["answered"]["NS"]) == ["1", "3"]
