"""The calls that handlers make while they are tested, held against the roles of the template.

Each call of a function stands for one or more IAM actions on resources. A call that the
function's role does not allow fails its test; what a role allows and no test used can be listed.
Conditions of statements, resource policies and key policies are not looked at.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tests.handlers.account import ACCOUNT, REGION
from tests.infra.template import Template, as_list

Need = tuple[str, str]
"""An IAM action and the ARN of the resource that it acts on."""
Right = tuple[str, str, str]
"""A function, an action and a pattern of ARNs that the function's role allows it on."""

TABLES = {"DocumentsTable": "documents", "DetectionsTable": "detections", "LedgerTable": "ledger"}
BUCKETS = {f"{name.title()}Bucket": name for name in ("documents", "tiles", "results", "models")}
QUEUES = {
    "DocumentsQueue": "documents",
    "PagesQueue": "pages",
    "TilesQueue": "tiles",
    "OnnxTilesQueue": "onnx_tiles",
    "MergesQueue": "merges",
    "DocumentsDeadLetters": "documents-dead-letters",
    "PagesDeadLetters": "pages-dead-letters",
}
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
TRANSACTED = {
    "ConditionCheck": "ConditionCheckItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
}
OF_LAMBDA = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
}
"""What Lambda itself does with a function's role; the guard's look at a queue is among them."""
S3_WRITES = ("PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


BUS = _arn("events", "event-bus/default")


def _of_table(operation: str, asked: Mapping[str, Any]) -> Iterator[Need]:
    if operation == "TransactWriteItems":
        for action in asked["TransactItems"]:
            for kind, each in action.items():
                yield from _of_table(TRANSACTED[kind], each)
        return
    for name in asked.get("RequestItems", {}) or [asked["TableName"]]:
        index = f"/index/{asked['IndexName']}" if "IndexName" in asked else ""
        yield f"dynamodb:{operation}", _arn("dynamodb", f"table/{name}{index}")


def _of_bucket(operation: str, asked: Mapping[str, Any]) -> Iterator[Need]:
    bucket = f"arn:aws:s3:::{asked['Bucket']}"
    if operation == "ListObjectVersions":
        yield "s3:ListBucketVersions", bucket
    elif operation in ("ListObjectsV2", "HeadBucket"):
        yield "s3:ListBucket", bucket
    elif operation == "DeleteObjects":
        for each in asked["Delete"]["Objects"]:
            yield "s3:DeleteObject", f"{bucket}/{each['Key']}"
    elif operation in S3_WRITES:
        yield "s3:PutObject", f"{bucket}/{asked['Key']}"
    elif asked["Key"].startswith("/"):
        return  # no event announces a key outside of incoming/; a test sends one all the same
    elif operation in ("HeadObject", "GetObject"):
        version = "Version" if asked.get("VersionId") else ""
        yield f"s3:GetObject{version}", f"{bucket}/{asked['Key']}"
    else:
        yield f"s3:{operation}", f"{bucket}/{asked['Key']}"


def _of_queue(operation: str, asked: Mapping[str, Any]) -> Iterator[Need]:
    name = asked["QueueUrl"].rpartition("/")[2]
    yield f"sqs:{operation.removesuffix('Batch')}", _arn("sqs", name)


def _of_model(operation: str, asked: Mapping[str, Any]) -> Iterator[Need]:
    if asked.get("ProjectVersionArn") == "":
        return  # a call without a version is refused before it is sent
    yield f"rekognition:{operation}", asked.get("ProjectVersionArn") or asked.get("ProjectArn", "*")


def _of_execution(operation: str, asked: Mapping[str, Any]) -> Iterator[Need]:
    if operation == "StartExecution":
        yield "states:StartExecution", asked["stateMachineArn"]
        return
    # Tests give executions short names too.
    name = asked["executionArn"].rpartition(":")[2]
    yield f"states:{operation}", _arn("states", f"execution:run:{name}")


NEEDS: dict[str, Callable[[str, Mapping[str, Any]], Iterator[Need]]] = {
    "dynamodb": _of_table,
    "s3": _of_bucket,
    "sqs": _of_queue,
    "rekognition": _of_model,
    "stepfunctions": _of_execution,
    "textract": lambda operation, _: iter([(f"textract:{operation}", "*")]),
    "events": lambda operation, _: iter(
        [(f"events:{operation}", _arn("events", "event-bus/default"))]
    ),
}
"""What a call needs, by the service. A service that is not here fails the test."""


@dataclass
class Rights:
    """``by_function`` has what each role allows; ``denied`` is what tests found to be missing, and
    ``used`` what they needed, with the number of calls.
    """

    by_function: Mapping[str, list[Need]]
    denied: set[Right] = field(default_factory=set)
    used: Counter[Right] = field(default_factory=Counter)

    def note(self, function: str, service: str, operation: str, asked: Mapping[str, Any]) -> None:
        for action, resource in NEEDS[service](operation, asked):
            allowing = {
                (function, action, pattern)
                for allowed, pattern in self.by_function[function]
                if allowed == action and fnmatchcase(resource, pattern)
            }
            self.used.update(allowing)
            if not allowing:
                self.denied.add((function, action, resource))

    def note_missing(self, function: str, bucket: str) -> None:
        """Notes that an object was missing: without the right to list S3 would answer 403."""
        self.note(function, "s3", "ListObjectsV2", {"Bucket": bucket})

    def unused(self) -> set[Right]:
        """Returns the rights that no test has used so far."""
        every = {
            (function, *need) for function, needs in self.by_function.items() for need in needs
        }
        return every - set(self.used)


def rights_of(template: Template) -> Rights:
    """Returns what the role of each function allows, with the names of the tests' resources."""
    roles = {
        name: function["Role"]["Fn::GetAtt"][0] for name, function in template.functions().items()
    }
    return Rights({name: list(_allowed(template, role)) for name, role in roles.items()})


def _allowed(template: Template, role: str) -> Iterator[Need]:
    owners = {role} | {
        name
        for name, policy in template.of_type("IAM::Policy").items()
        if {"Ref": role} in policy["Properties"]["Roles"]
    }
    for owner, statement in template.statements():
        if owner in owners:
            for action in as_list(statement["Action"]):
                for resource in as_list(statement["Resource"]):
                    # Handlers are tested with a project of their own.
                    yield (
                        action,
                        _text(resource).replace("/sample-symbols/", "/pumps/"),
                    )


def allowed_by(statements: Iterable[Mapping[str, Any]]) -> list[Need]:
    """Returns what statements allow, with the names of the tests' resources."""
    return [
        (action, _text(resource))
        for statement in statements
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    ]


def _text(value: Any) -> str:
    """Returns a resource as text; what tests have no name for is any text."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(_text(part) for part in value["Fn::Join"][1])
    name = value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]
    if name in TABLES:
        return _arn("dynamodb", f"table/{TABLES[name]}")
    if name in BUCKETS:
        return f"arn:aws:s3:::{BUCKETS[name]}-bucket"
    return _arn("sqs", QUEUES[name]) if name in QUEUES else PSEUDO.get(name, "*")


def write_used(folder: Path, rights: Rights) -> None:
    """Writes what one process of the tests used, and what roles allow, into files of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    used = [[*right, count] for right, count in sorted(rights.used.items())]
    (folder / f"{os.getpid()}.used.json").write_text(json.dumps(used))
    every = sorted(rights.unused() | set(rights.used))
    (folder / "allowed.json").write_text(json.dumps(every))


def calls_in(folder: Path) -> dict[Right, int]:
    """Returns the number of calls of each right, of all processes together.

    The polling of queues and logs is Lambda's own, and not among them.
    """
    allowed = [tuple(right) for right in json.loads((folder / "allowed.json").read_text())]
    calls = {right: 0 for right in allowed if right[1] not in OF_LAMBDA}
    for path in folder.glob("*.used.json"):
        for *right, count in json.loads(path.read_text()):
            if tuple(right) in calls:
                calls[tuple(right)] += count
    return calls


def unused_in(folder: Path) -> list[Right]:
    """Returns the rights that no process used."""
    return [right for right, count in calls_in(folder).items() if not count]


TEXT = """# Permissions

Written by `make check-all`: what the role of each function may do, read from the template, and how
many calls the tests of the handlers made under it. A call that a role does not allow fails its
test, and a right that no test uses fails `make check`. A wildcard without a reason stops the
synthesis: cdk-nag asks for one, and `infra/constructs/permissions.py` has it. What Lambda itself
does with a role, polling its queue and writing its log, is left out.

Conditions of statements, resource policies and key policies are not looked at; `tests/infra` holds
these against the template.

{table}
"""


def page(folder: Path) -> str:
    """Returns docs/permissions.md."""
    rows = [
        f"| `{function}` | `{action}` | `{_short(resource)}` | {count:,} |"
        for (function, action, resource), count in sorted(calls_in(folder).items())
    ]
    head = "| function | action | resource | calls |\n|---|---|---|---|"
    return TEXT.format(table="\n".join([head, *rows]))


def _short(resource: str) -> str:
    """Returns the resource without the account, the region and the project of the tests."""
    plain = resource.removeprefix("arn:aws:").replace(f":{REGION}:{ACCOUNT}:", ":")
    return plain.replace(":::", ":").replace("/pumps/", "/sample-symbols/")


def main() -> None:
    """Writes the page, and prints the rights that no test used: 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what the tests with --rights wrote")
    parser.add_argument("--out", type=Path, help="docs/permissions.md")
    asked = parser.parse_args()
    if asked.out:
        asked.out.write_text(page(asked.folder), encoding="utf-8")
    unused = unused_in(asked.folder)
    for function, action, resource in unused:
        print(f"unused: {function}: {action} on {resource}", file=sys.stderr)
    sys.exit(1 if unused else 0)


if __name__ == "__main__":
    main()
