"""Only the workflow and the scheduler start runs, and services act for this account alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infra.permissions.permissions import actions_of
from tests.infra.template import Template


def test_the_machine_may_start_itself_and_call_one_function(template: Template) -> None:
    [role] = [
        name
        for name, each in template.of_type("IAM::Role").items()
        if {"Fn::GetAtt": [name, "Arn"]} == template.properties("DetectionRun")["RoleArn"]
    ]
    policies = [
        policy["PolicyDocument"]["Statement"] for policy in template.properties(role)["Policies"]
    ] + [
        policy["Properties"]["PolicyDocument"]["Statement"]
        for policy in template.of_type("IAM::Policy").values()
        if {"Ref": role} in policy["Properties"]["Roles"]
    ]
    scoped = {
        (statement["Action"], json.dumps(statement["Resource"]))
        for statements in policies
        for statement in statements
        if statement["Resource"] != "*"
    }
    advance_run = {"Fn::GetAtt": [template.function_id("advance_run"), "Arn"]}
    assert scoped == {
        ("lambda:InvokeFunction", json.dumps(advance_run)),
        ("states:StartExecution", json.dumps({"Ref": "DetectionRun"})),
    }


def test_the_guard_may_look_at_runs_and_start_those_that_no_schedule_starts(
    template: Template,
) -> None:
    actions = actions_of(template, "guard")
    assert {action for action in actions if action.startswith("states:")} == {
        "states:DescribeExecution",
        "states:StartExecution",
    }


@pytest.mark.parametrize("service", ["scheduler", "states"])
def test_a_service_acts_for_this_account_only(template: Template, service: str) -> None:
    trusts: list[dict[str, Any]] = [
        statement
        for role in template.of_type("IAM::Role").values()
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        if statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
    ]
    assert [trust["Condition"] for trust in trusts] == [
        {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    ]
