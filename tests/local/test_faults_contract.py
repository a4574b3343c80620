"""Injected faults, and the meter of calls."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.local.contract import Call, Client, picture, row
from tilescout_local.embedded_aws import EmbeddedAws

pytestmark = pytest.mark.usefixtures("no_faults_left")


def test_an_ordered_fault_throttles_so_many_calls_and_the_meter_counts_both(
    embedded_aws: EmbeddedAws, client: Client
) -> None:
    embedded_aws.inject_fault(
        service="textract", operation="DetectDocumentText", times=2, error="ThrottlingException"
    )
    textract = client("textract")
    for _ in range(2):
        with pytest.raises(textract.exceptions.ThrottlingException):
            textract.detect_document_text(Document={"Bytes": picture("A-1")})
    textract.detect_document_text(Document={"Bytes": picture("A-1")})
    assert embedded_aws.meter()["textract.DetectDocumentText"] == {"answered": 1, "refused": 2}


def test_an_ordered_kill_ends_the_caller_after_the_answer_was_made(
    embedded_aws: EmbeddedAws, client: Client, probes: dict[str, str], call: Call
) -> None:
    client("s3").put_object(Bucket=probes["Documents"], Key="kill.png", Body=picture("TANK T-5"))
    event = {"bucket": probes["Documents"], "key": "kill.png"}
    embedded_aws.inject_fault(service="textract", operation="DetectDocumentText", kill="after")
    error, answer = call("ReadText", event)
    assert (error, answer["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert embedded_aws.meter()["textract.DetectDocumentText"]["answered"] == 1
    assert call("ReadText", event) == (None, ["TANK T-5"])


def test_a_transaction_conflict_can_be_ordered(
    embedded_aws: EmbeddedAws, client: Client, probes: dict[str, str]
) -> None:
    embedded_aws.inject_fault(
        service="dynamodb",
        operation="TransactWriteItems",
        error="TransactionCanceledException",
        members={"CancellationReasons": [{"Code": "TransactionConflict"}]},
    )
    dynamodb = client("dynamodb")
    put = {"Put": {"TableName": probes["Table"], "Item": row("conflict", "1")}}
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as raised:
        dynamodb.transact_write_items(TransactItems=[put])
    assert raised.value.response["CancellationReasons"] == [{"Code": "TransactionConflict"}]
    dynamodb.transact_write_items(TransactItems=[put])


def test_an_s3_fault_is_an_error_of_s3(
    embedded_aws: EmbeddedAws, client: Client, probes: dict[str, str]
) -> None:
    embedded_aws.inject_fault(service="s3", operation="PutObject", error="SlowDown")
    with pytest.raises(ClientError, match="SlowDown"):
        client("s3").put_object(Bucket=probes["Documents"], Key="x", Body=b"x")


def test_a_lost_answer_is_an_error_of_a_call_that_was_made(
    embedded_aws: EmbeddedAws, client: Client, probes: dict[str, str]
) -> None:
    embedded_aws.inject_fault(
        service="dynamodb", operation="PutItem", error="InternalServerError", lost=True
    )
    dynamodb = client("dynamodb")
    with pytest.raises(dynamodb.exceptions.InternalServerError):
        dynamodb.put_item(TableName=probes["Table"], Item=row("lost", "1"))
    found = dynamodb.get_item(TableName=probes["Table"], Key=row("lost", "1"), ConsistentRead=True)
    assert found["Item"] == row("lost", "1")
    assert embedded_aws.meter()["dynamodb.PutItem"] == {"answered": 1, "refused": 0}


def test_a_fault_may_be_for_calls_with_a_certain_text_only(
    embedded_aws: EmbeddedAws, client: Client, probes: dict[str, str]
) -> None:
    embedded_aws.inject_fault(
        service="dynamodb",
        operation="PutItem",
        containing=["chosen", "second"],
        error="AccessDeniedException",
    )
    dynamodb = client("dynamodb")
    dynamodb.put_item(TableName=probes["Table"], Item=row("chosen", "first"))
    assert [order["containing"] for order in embedded_aws.faults_left()] == [["chosen", "second"]]
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.put_item(TableName=probes["Table"], Item=row("chosen", "second"))
    assert embedded_aws.faults_left() == []


def test_the_answer_of_an_execution_may_be_lost(
    embedded_aws: EmbeddedAws, client: Client, probes: dict[str, str], call: Call
) -> None:
    client("s3").put_object(Bucket=probes["Documents"], Key="lost.png", Body=picture("TANK T-5"))
    event = {"bucket": probes["Documents"], "key": "lost.png"}
    embedded_aws.inject_fault(
        service="lambda",
        operation="Execution",
        containing=["lost.png"],
        lost=True,
        error="Lambda.ServiceException",
    )
    error, answer = call("ReadText", event)
    assert (error, answer["errorType"]) == ("Unhandled", "Lambda.ServiceException")
    assert embedded_aws.meter()["textract.DetectDocumentText"]["answered"] == 1
    assert call("ReadText", event) == (None, ["TANK T-5"])
