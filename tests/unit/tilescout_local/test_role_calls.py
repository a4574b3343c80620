"""The embedded AWS counts what is asked under roles, by what a policy may name."""

from __future__ import annotations

import json
from typing import Any

from tilescout_local.role_calls import RoleCalls

DONE = (200, {}, b"")
SANDBOX = {"user-agent": "Boto3/1 app/sandbox-1"}


def calls() -> RoleCalls:
    return RoleCalls({"sandbox-1": "Tilescout-TilePage"}.get)


def asked(
    operation: str, members: dict[str, Any], headers: dict[str, str] = SANDBOX
) -> list[list[Any]]:
    """What is counted of one request to DynamoDB."""
    counted = calls()
    named = headers | {"x-amz-target": f"DynamoDB_20120810.{operation}"}
    request = ("POST", "/", named, json.dumps(members).encode(), {})
    counted.note_request("dynamodb", request, DONE)
    return counted.listed()


def of_s3(
    method: str, path: str, query: dict[str, str] | None = None, *, status: int = 200
) -> list[list[Any]]:
    counted = calls()
    request = (method, path, SANDBOX, b"", query or {})
    counted.note_request("s3", request, (status, {}, b""))
    return [call[2:4] for call in counted.listed()]


def test_a_request_is_counted_for_its_function_with_its_table_and_index() -> None:
    members = {"TableName": "documents", "IndexName": "by_status", "Limit": 3}
    assert asked("Query", members) == [
        [
            "Tilescout-TilePage",
            "dynamodb",
            "Query",
            {"TableName": "documents", "IndexName": "by_status"},
            1,
        ]
    ]


def test_a_request_of_a_person_is_nobodys() -> None:
    assert asked("GetItem", {"TableName": "documents"}, {"user-agent": "Boto3/1"}) == []


def test_a_transaction_is_counted_by_kinds_and_tables() -> None:
    put = {"Put": {"TableName": "ledger", "Item": {"pk": {"S": "a"}}}}
    check = {"ConditionCheck": {"TableName": "ledger"}}
    (call,) = asked("TransactWriteItems", {"TransactItems": [put, put, check]})
    assert call[3] == {
        "TransactItems": [
            {"ConditionCheck": {"TableName": "ledger"}},
            {"Put": {"TableName": "ledger"}},
        ]
    }


def test_a_batch_is_counted_by_its_tables() -> None:
    (call,) = asked("BatchWriteItem", {"RequestItems": {"detections": [{"PutRequest": {}}]}})
    assert call[3] == {"RequestItems": {"detections": None}}


def test_objects_are_told_apart_by_their_folder_and_version() -> None:
    assert of_s3("GET", "/tiles/answers/d/1.json") == [
        ["GetObject", {"Bucket": "tiles", "Key": "answers/any"}]
    ]
    assert of_s3("GET", "/uploads/incoming/a.pdf", {"versionId": "v"}) == [
        ["GetObject", {"Bucket": "uploads", "Key": "incoming/any", "VersionId": "version"}]
    ]


def test_a_missing_object_needs_the_right_to_list() -> None:
    assert of_s3("GET", "/tiles/answers/d/1.json", status=404)[1] == [
        "ListObjectsV2",
        {"Bucket": "tiles"},
    ]


def test_lists_and_uploads_in_parts_are_known_by_their_query() -> None:
    assert of_s3("GET", "/uploads", {"versions": ""})[0][0] == "ListObjectVersions"
    assert of_s3("GET", "/uploads", {"list-type": "2"})[0][0] == "ListObjectsV2"
    assert of_s3("POST", "/results/results/a", {"uploads": ""})[0][0] == "CreateMultipartUpload"
    assert of_s3("DELETE", "/results/results/a", {"uploadId": "u"})[0][0] == "AbortMultipartUpload"


def test_equal_calls_are_counted_together_until_they_are_cleared() -> None:
    counted = calls()
    for _ in range(3):
        counted.note("machine", "lambda", "Invoke", {"FunctionName": "f"})
    assert counted.listed() == [["machine", "lambda", "Invoke", {"FunctionName": "f"}, 3]]
    counted.clear()
    assert counted.listed() == []
