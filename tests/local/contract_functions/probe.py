"""The handlers of the contract tests; each shows one behaviour of the runner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import boto3


class OutOfPaper(Exception):
    pass


def echo(event, context):
    print("echoing")
    return {
        "event": event,
        "function_name": context.function_name,
        "memory": context.memory_limit_in_mb,
        "request_id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "remaining": context.get_remaining_time_in_millis(),
        "pid": os.getpid(),
        "task_root": os.environ["LAMBDA_TASK_ROOT"],
        "colour": os.environ["COLOUR"],
    }


def fail(event, context):
    raise OutOfPaper("tray 2 is empty")


def hang(event, context):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
    stray = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(120)"], start_new_session=True
    )
    part = Path(event["pids"] + ".part")
    part.write_text(json.dumps([os.getpid(), child.pid, stray.pid]))
    part.rename(event["pids"])
    time.sleep(120)


def leave(event, context):
    os._exit(3)


def grow(event, context):
    filled = bytearray(os.urandom(1 << 20)) * event["megabytes"]
    time.sleep(0.2)
    return len(filled)


def oversized(event, context):
    return "x" * 7_000_000


def not_json(event, context):
    return {1, 2}


def read_text(event, context):
    textract = boto3.client("textract")
    place = {"Bucket": event["bucket"], "Name": event["key"]}
    answer = textract.detect_document_text(Document={"S3Object": place})
    return [block["Text"] for block in answer["Blocks"] if block["BlockType"] == "LINE"]


def take_batch(event, context):
    started = time.time()
    table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
    time.sleep(0.3)
    failures = []
    for record in event["Records"]:
        if record["body"] == "bad":
            failures.append({"itemIdentifier": record["messageId"]})
    key = {"owner": "batches", "item": context.aws_request_id}
    bodies = [record["body"] for record in event["Records"]]
    attributes = [record["attributes"] for record in event["Records"]]
    counts = [attribute["ApproximateReceiveCount"] for attribute in attributes]
    waited = [
        int(attribute["ApproximateFirstReceiveTimestamp"]) - int(attribute["SentTimestamp"])
        for attribute in attributes
    ]
    times = {"started": str(started), "ended": str(time.time())}
    table.put_item(Item={**key, **times, "bodies": bodies, "counts": counts, "waited": waited})
    if "malformed" in bodies:
        return {"batchItemFailures": [{"itemIdentifier": ""}]}
    return {"batchItemFailures": failures}


def note(event, context):
    table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
    table.put_item(Item={"owner": "notes", "item": event["note"], "event": json.dumps(event)})
    return event


def clock(event, context):
    return time.time()
