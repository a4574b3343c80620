"""The calls of a stack on the embedded AWS, held against the roles of its template."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.handlers import account
from tests.handlers.permissions import (
    FUNCTION,
    NAMES,
    SCHEDULES,
    WORKFLOW,
    Right,
    Rights,
    rights_of,
    rights_of_services,
)
from tests.infra.template import Template
from tilescout_local.embedded_aws import EmbeddedAws
from tilescout_local.state import ACCOUNT

SDK_NAMES = {"states": "stepfunctions"}
"""The SDK's names of services that have another one on the wire."""
USED = Rights({})
"""What all stacks of this process used. It allows what services may: only these use that."""


def hold_against_roles(aws: EmbeddedAws, stack: str = "Tilescout") -> None:
    """Notes the calls that the stack's roles made since the last time; fails if one is denied.

    It is called before a stack is changed: calls are held against the roles as they are. Of a stack
    that is gone nothing is known.
    """
    if not _exists(aws, stack):
        return
    template, names = _template(aws, stack), _physical_names(aws, stack)
    tests, real = _rights(template, NAMES), _rights(template, names)
    callers = _callers(aws, template, names)
    for caller, service, operation, asked, times in aws.role_calls():
        if caller in callers:
            named = _as_in_tests(asked, aws.region)
            client = SDK_NAMES.get(service, service)
            real.note(callers[caller], client, operation, named, times)
    assert real.denied == set()
    USED.used.update(_in_names_of_tests(real, tests))
    USED.by_function = rights_of_services(template).by_function


def _exists(aws: EmbeddedAws, stack: str) -> bool:
    stacks = aws.client("cloudformation").describe_stacks()["Stacks"]
    return stack in {found["StackName"] for found in stacks}


def _rights(template: Template, names: Mapping[str, str]) -> Rights:
    functions, services = rights_of(template, names), rights_of_services(template, names)
    return Rights({**functions.by_function, **services.by_function})


def _in_names_of_tests(real: Rights, tests: Rights) -> dict[Right, int]:
    """Returns the uses of rights by the names that the tests of handlers have for resources."""
    used: dict[Right, int] = {}
    for role, needs in real.by_function.items():
        for (action, pattern), (_, named) in zip(needs, tests.by_function[role], strict=True):
            count = real.used[role, action, pattern]
            used[role, action, named] = max(count, used.get((role, action, named), 0))
    return {right: count for right, count in used.items() if count}


def _template(aws: EmbeddedAws, stack: str) -> Template:
    body: Any = aws.client("cloudformation").get_template(StackName=stack)["TemplateBody"]
    return Template(Path(stack), json.loads(body) if isinstance(body, str) else dict(body))


def _physical_names(aws: EmbeddedAws, stack: str) -> dict[str, str]:
    """Returns the names of all resources by their logical ids, of queues and machines too."""
    client = aws.client("cloudformation")
    resources = client.describe_stack_resources(StackName=stack)["StackResources"]
    return {
        resource["LogicalResourceId"]: _prefix(resource["ResourceType"])
        + re.split("[/:]", resource["PhysicalResourceId"])[-1]
        for resource in resources
    }


def _prefix(kind: str) -> str:
    return FUNCTION if kind == "AWS::Lambda::Function" else ""


def _callers(aws: EmbeddedAws, template: Template, names: Mapping[str, str]) -> dict[str, str]:
    """Returns the role of each caller, by a function's name or the ARN of another one's role."""
    functions = {
        names[template.function_id(name)].removeprefix(FUNCTION): name
        for name in template.functions()
    }
    machine = template.properties("DetectionRun")["RoleArn"]["Fn::GetAtt"][0]
    schedules = template.of_type("Scheduler::Schedule").values()
    services = {
        schedule["Properties"]["Target"]["RoleArn"]["Fn::GetAtt"][0]: SCHEDULES
        for schedule in schedules
    } | {machine: WORKFLOW}
    arn = f"arn:aws:iam::{ACCOUNT}:role/"
    return functions | {arn + names[role]: name for role, name in services.items()}


def _as_in_tests(asked: Mapping[str, Any], region: str) -> dict[str, Any]:
    """Returns the request with the account, the region and the project of the handlers' tests."""
    text = json.dumps(asked).replace(ACCOUNT, account.ACCOUNT).replace(region, account.REGION)
    return dict(json.loads(text.replace("project/sample-symbols/", "project/pumps/")))
