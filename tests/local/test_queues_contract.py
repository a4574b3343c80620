"""Queues and their mappings: batches, partial failures, dead letters, concurrency."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.local.contract import Client, eventually


def batches(client: Client, probes: dict[str, str], body: str) -> list[dict[str, Any]]:
    """Returns what take_batch wrote for every batch that held a message starting with `body`."""
    rows = client("dynamodb").query(
        TableName=probes["Table"],
        KeyConditionExpression="#o = :o",
        ExpressionAttributeNames={"#o": "owner"},
        ExpressionAttributeValues={":o": {"S": "batches"}},
    )["Items"]
    found = []
    for item in rows:
        bodies = [value["S"] for value in item["bodies"]["L"]]
        if any(text.startswith(body) for text in bodies):
            found.append({"bodies": bodies, "counts": [c["S"] for c in item["counts"]["L"]],
                          "waited": [int(w["N"]) for w in item["waited"]["L"]],
                          "started": float(item["started"]["S"]),
                          "ended": float(item["ended"]["S"])})  # fmt: skip
    return found


def send(client: Client, url: str, bodies: list[str], delay: int = 0) -> None:
    entries = [
        {"Id": str(number), "MessageBody": body, "DelaySeconds": delay}
        for number, body in enumerate(bodies)
    ]
    client("sqs").send_message_batch(QueueUrl=url, Entries=entries)


def left(client: Client, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(value) for value in answer["Attributes"].values())


def test_messages_come_in_batches_at_most_so_many_at_once(
    client: Client, probes: dict[str, str]
) -> None:
    for part in range(3):
        send(client, probes["Work"], [f"many-{10 * part + number}" for number in range(10)])
    eventually(lambda: sum(len(b["bodies"]) for b in batches(client, probes, "many-")) == 30)
    found = batches(client, probes, "many-")
    assert max(len(batch["bodies"]) for batch in found) == 5
    at_once = [
        sum(other["started"] <= batch["started"] < other["ended"] for other in found)
        for batch in found
    ]
    assert max(at_once) == 2


def test_only_the_reported_message_comes_back_and_ends_in_the_dead_letters(
    client: Client, probes: dict[str, str]
) -> None:
    send(client, probes["Work"], ["good", "bad"])
    letters = eventually(
        lambda: client("sqs").receive_message(QueueUrl=probes["DeadLetters"]).get("Messages")
    )
    counts = [c for batch in batches(client, probes, "bad") for c in batch["counts"]]
    assert [letter["Body"] for letter in letters] == ["bad"]
    assert "2" in counts
    assert "3" not in counts
    assert sum(batch["bodies"].count("good") for batch in batches(client, probes, "good")) == 1
    client("sqs").purge_queue(QueueUrl=probes["DeadLetters"])


def test_a_malformed_partial_response_fails_the_whole_batch(
    client: Client, probes: dict[str, str]
) -> None:
    send(client, probes["Work"], ["malformed", "beside"])
    eventually(lambda: left(client, probes["DeadLetters"]) == 2)
    client("sqs").purge_queue(QueueUrl=probes["DeadLetters"])


def test_a_delayed_message_comes_soon_after_its_delay(
    client: Client, probes: dict[str, str]
) -> None:
    send(client, probes["Work"], ["delayed"], delay=1)
    time.sleep(0.5)
    send(client, probes["Uploads"], ["wakes the poller out of step"])
    (batch,) = eventually(lambda: batches(client, probes, "delayed"))
    client("sqs").purge_queue(QueueUrl=probes["Uploads"])
    send(client, probes["Work"], ["at once"])
    (other,) = eventually(lambda: batches(client, probes, "at once"))
    # Beside what this machine takes for a message without a delay.
    assert 1000 <= batch["waited"][0] < 1400 + other["waited"][0]


def test_a_mapping_that_is_off_says_so(client: Client, probes: dict[str, str]) -> None:
    functions = client("lambda")
    states = [functions.get_event_source_mapping(UUID=probes[name])["State"] for name in
              ("OffMapping", "WorkMapping")]  # fmt: skip
    assert states == ["Disabled", "Enabled"]


def test_an_upload_is_announced_on_the_queue_with_its_version_and_a_quoted_key(
    client: Client, probes: dict[str, str]
) -> None:
    key = "incoming/plans/site plan.pdf"
    put = client("s3").put_object(Bucket=probes["Documents"], Key=key, Body=b"%PDF")

    def announced() -> Any:
        answer = client("sqs").receive_message(QueueUrl=probes["Uploads"], MaxNumberOfMessages=10)
        events = [json.loads(message["Body"]) for message in answer.get("Messages", [])]
        return [record for event in events for record in event.get("Records", [])]

    (record,) = eventually(announced)
    assert record["s3"]["object"]["key"] == "incoming/plans/site+plan.pdf"
    assert record["s3"]["object"]["versionId"] == put["VersionId"]
