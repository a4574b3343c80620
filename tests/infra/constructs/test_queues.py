"""Queues: work is never dropped, hints never pile up."""

from __future__ import annotations

import pytest

from tests.infra.template import Template

QUEUES = [
    "DocumentsDeadLetters",
    "DocumentsQueue",
    "MergesQueue",
    "OnnxTilesQueue",
    "PagesDeadLetters",
    "PagesQueue",
    "TilesQueue",
]
FOURTEEN_DAYS = 1_209_600


def test_queues_keep_their_logical_ids(template: Template) -> None:
    assert sorted(template.of_type("SQS::Queue")) == QUEUES


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_is_encrypted_by_sqs_itself(template: Template, queue: str) -> None:
    """The AWS-managed KMS key would drop what S3 sends."""
    properties = template.properties(queue)
    assert properties["SqsManagedSseEnabled"] is True
    assert "KmsMasterKeyId" not in properties


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_refuses_requests_without_tls(template: Template, queue: str) -> None:
    [policy] = [
        policy["Properties"]["PolicyDocument"]["Statement"]
        for policy in template.of_type("SQS::QueuePolicy").values()
        if policy["Properties"]["Queues"] == [{"Ref": queue}]
    ]
    denied = [statement for statement in policy if statement["Effect"] == "Deny"]
    assert denied[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_only_this_account_s_buckets_may_send(template: Template) -> None:
    allowed = [
        statement
        for policy in template.of_type("SQS::QueuePolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert allowed == [
        {
            "Action": "sqs:SendMessage",
            "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Resource": {"Fn::GetAtt": ["DocumentsQueue", "Arn"]},
        }
    ]


@pytest.mark.parametrize(
    ("queue", "dead_letters"),
    [("DocumentsQueue", "DocumentsDeadLetters"), ("PagesQueue", "PagesDeadLetters")],
)
def test_work_that_fails_five_times_is_kept(
    template: Template, queue: str, dead_letters: str
) -> None:
    assert template.properties(queue)["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [dead_letters, "Arn"]},
        "maxReceiveCount": 5,
    }


@pytest.mark.fault("S13")
@pytest.mark.parametrize("queue", ["DocumentsDeadLetters", "PagesDeadLetters"])
def test_dead_letters_are_kept_fourteen_days(template: Template, queue: str) -> None:
    assert template.properties(queue)["MessageRetentionPeriod"] == FOURTEEN_DAYS


@pytest.mark.parametrize(
    ("queue", "seconds"),
    [("TilesQueue", 900), ("OnnxTilesQueue", 900), ("MergesQueue", 14_400)],
)
def test_hints_have_no_dead_letters_and_go_soon(
    template: Template, queue: str, seconds: int
) -> None:
    properties = template.properties(queue)
    assert "RedrivePolicy" not in properties
    assert properties["MessageRetentionPeriod"] == seconds


@pytest.mark.parametrize("queue", QUEUES)
def test_a_message_stays_hidden_six_times_the_function_s_time_out(
    template: Template, queue: str
) -> None:
    function, _ = template.sources()[queue]
    timeout = template.properties(function)["Timeout"]
    assert template.properties(queue)["VisibilityTimeout"] >= 6 * timeout


@pytest.mark.parametrize("queue", QUEUES)
def test_a_message_is_not_gone_before_it_is_seen_again(template: Template, queue: str) -> None:
    properties = template.properties(queue)
    assert properties["MessageRetentionPeriod"] > properties["VisibilityTimeout"]
