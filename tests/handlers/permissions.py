"""The calls that tests make under the roles of the template, held against what these allow.

Each call stands for one or more IAM actions on resources. A call that its role does not allow
fails its test; what a role allows and no test used can be listed. Calls of the handlers are noted
here, those on the embedded AWS, and those of the workflow and of schedules, by
``tests.local.roles``. Conditions of statements, resource policies and key policies are not looked
at.
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
MACHINE = "DetectionRun"
FUNCTION = "function:"
"""The beginning of the name of a function, as it is in its ARN."""
NAMES = TABLES | QUEUES | {bucket: f"{name}-bucket" for bucket, name in BUCKETS.items()}
NAMES[MACHINE] = MACHINE
"""The tests' names of tables, queues, buckets and the state machine, by their logical ids."""
WORKFLOW, SCHEDULES = "the workflow", "the schedules"
"""Roles that no function has."""
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
OF_STEP_FUNCTIONS = ("logs:", "xray:")
"""What Step Functions itself does with the workflow's role: it delivers logs and traces."""
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
    "lambda": lambda _, asked: iter([("lambda:InvokeFunction", asked["FunctionName"])]),
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

    def note(
        self,
        function: str,
        service: str,
        operation: str,
        asked: Mapping[str, Any],
        times: int = 1,
    ) -> None:
        for action, resource in NEEDS[service](operation, asked):
            allowing = {
                (function, action, pattern)
                for allowed, pattern in self.by_function[function]
                if allowed == action and fnmatchcase(resource, pattern)
            }
            self.used.update(dict.fromkeys(allowing, times))
            if not allowing:
                self.denied.add((function, action, resource))

    def note_missing(self, function: str, bucket: str) -> None:
        """Notes that an object was missing: without the right to list S3 would answer 403."""
        self.note(function, "s3", "ListObjectsV2", {"Bucket": bucket})

    def every(self) -> set[Right]:
        """Returns all rights that roles have."""
        return {(function, *need) for function, needs in self.by_function.items() for need in needs}

    def unused(self) -> set[Right]:
        """Returns the rights that no test has used so far."""
        return self.every() - set(self.used)


def rights_of(template: Template, names: Mapping[str, str] = NAMES) -> Rights:
    """Returns what the role of each function allows; ``names`` are those of resources."""
    roles = {
        name: function["Role"]["Fn::GetAtt"][0] for name, function in template.functions().items()
    }
    return Rights({name: list(_allowed(template, role, names)) for name, role in roles.items()})


def rights_of_services(template: Template, names: Mapping[str, str] = NAMES) -> Rights:
    """Returns what the roles of the workflow and of the schedules allow."""
    functions = {template.function_id(name): FUNCTION + name for name in template.functions()}
    names = {**functions, **names}
    roles = {WORKFLOW: template.properties("DetectionRun")["RoleArn"]["Fn::GetAtt"][0]}
    for schedule in template.of_type("Scheduler::Schedule").values():
        roles[SCHEDULES] = schedule["Properties"]["Target"]["RoleArn"]["Fn::GetAtt"][0]
    return Rights({name: list(_allowed(template, role, names)) for name, role in roles.items()})


def _allowed(template: Template, role: str, names: Mapping[str, str]) -> Iterator[Need]:
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
                        _text(resource, names).replace("/sample-symbols/", "/pumps/"),
                    )


def allowed_by(statements: Iterable[Mapping[str, Any]]) -> list[Need]:
    """Returns what statements allow, with the names of the tests' resources."""
    return [
        (action, _text(resource))
        for statement in statements
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    ]


def _text(value: Any, names: Mapping[str, str] = NAMES) -> str:
    """Returns a resource as text; what has no name in ``names`` is any text."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(_text(part, names) for part in value["Fn::Join"][1])
    name = value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]
    if name in TABLES:
        return _arn("dynamodb", f"table/{names[name]}")
    if name in BUCKETS:
        return f"arn:aws:s3:::{names[name]}"
    if names.get(name, "").startswith(FUNCTION):
        return _arn("lambda", names[name])
    if value == {"Ref": MACHINE}:
        return _arn("states", f"stateMachine:{names[name]}")
    return _arn("sqs", names[name]) if name in QUEUES else PSEUDO.get(name, "*")


def write_used(folder: Path, rights: Rights, origin: str) -> None:
    """Writes what one process of the tests used, and what roles allow, into files of its own.

    ``origin`` says which tests they are: HANDLERS or EMBEDDED.
    """
    folder.mkdir(parents=True, exist_ok=True)
    used = [[*right, count] for right, count in sorted(rights.used.items())]
    (folder / f"{os.getpid()}.{origin}.used.json").write_text(json.dumps(used))
    if rights.by_function:
        (folder / f"{origin}.allowed.json").write_text(json.dumps(sorted(rights.every())))


def calls_in(folder: Path) -> dict[Right, Counter[str]]:
    """Returns the numbers of calls by each right, of all processes together, by their origin.

    What Lambda and Step Functions do themselves is not among them.
    """
    calls = {right: Counter[str]() for right in _rights_in(folder)}
    for path in folder.glob("*.used.json"):
        origin = path.name.split(".")[1]
        for *right, count in json.loads(path.read_text()):
            if tuple(right) in calls:
                calls[tuple(right)][origin] += count
    return calls


def _rights_in(folder: Path) -> set[Right]:
    rights = {
        (role, action, resource)
        for path in folder.glob("*.allowed.json")
        for role, action, resource in json.loads(path.read_text())
    }
    return {right for right in rights if not _is_of_services(right)}


def _is_of_services(right: Right) -> bool:
    """Returns True for what Lambda or Step Functions do with a role, not the project's code."""
    role, action, _ = right
    return action in OF_LAMBDA or (role == WORKFLOW and action.startswith(OF_STEP_FUNCTIONS))


def unused_in(folder: Path) -> list[Right]:
    """Returns the rights that no process used."""
    return [right for right, count in calls_in(folder).items() if not count.total()]


HANDLERS, EMBEDDED = "handlers", "embedded"
TEXT = """# Permissions

Written by `make check-all`: what each role of the stack may do, read from the template, and how
many calls tests made under it: those of the handlers, and those that run the whole stack on the
embedded AWS, where the functions, the workflow and the schedules each have their role. A call that
a role does not allow fails its test, and a right that no test uses fails `make check`. The tests of
the workflow play its definition without AWS, and make no call. A wildcard without a reason stops
the synthesis: cdk-nag asks for one, and `infra/constructs/permissions.py` has it. What Lambda and
Step Functions do themselves with a role, polling its queue, writing logs and traces, is left out.

{summary}

Conditions of statements, resource policies and key policies are not looked at; `tests/infra` holds
these against the template.

{table}
"""


def page(folder: Path) -> str:
    """Returns docs/permissions.md."""
    calls = sorted(calls_in(folder).items())
    rows = [
        f"| `{role}` | `{action}` | `{_short(resource)}` | {_counts(count)} |"
        for (role, action, resource), count in calls
    ]
    head = "| role of | action | resource | handlers | embedded AWS |\n|---|---|---|---|---|"
    total = sum((count for _, count in calls), Counter[str]())
    unused = len(unused_in(folder))
    summary = (
        f"{total[HANDLERS]:,} calls of handler tests and {total[EMBEDDED]:,} on the embedded AWS "
        f"by {len({right[0] for right, _ in calls})} roles: none was denied, and "
        f"{unused or 'none'} of the {len(calls)} rights is unused."
    )
    return TEXT.format(summary=summary, table="\n".join([head, *rows]))


def _counts(count: Counter[str]) -> str:
    return f"{count[HANDLERS]:,} | {count[EMBEDDED]:,}"


def _short(resource: str) -> str:
    """Returns the resource without the account, the region and the project of the tests."""
    plain = resource.removeprefix("arn:aws:").replace(f":{REGION}:{ACCOUNT}:", ":")
    return plain.replace(":::", ":").replace("/pumps/", "/sample-symbols/")


def main() -> None:
    """Writes the page, and prints the rights that no test used: 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what all tests with --rights wrote")
    parser.add_argument("--out", type=Path, help="docs/permissions.md")
    asked = parser.parse_args()
    if asked.out:
        asked.out.write_text(page(asked.folder), encoding="utf-8")
    unused = unused_in(asked.folder)
    for role, action, resource in unused:
        print(f"unused: {role}: {action} on {resource}", file=sys.stderr)
    sys.exit(1 if unused else 0)


if __name__ == "__main__":
    main()
