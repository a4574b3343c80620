"""Reads from the template which actions a function is allowed."""

from __future__ import annotations

from tests.infra.template import Template, as_list

FUNCTIONS = [
    "accept_document",
    "advance_run",
    "collect_dead_letters",
    "detect_onnx",
    "detect_tile",
    "guard",
    "merge_page",
    "tile_page",
]


def actions_of(template: Template, function: str) -> set[str]:
    """Returns the actions of the function's role and of the policies attached to it."""
    role = template.functions()[function]["Role"]["Fn::GetAtt"][0]
    own = {
        action
        for name, statement in template.statements()
        if name == role
        for action in as_list(statement["Action"])
    }
    attached = {
        action
        for policy in template.of_type("IAM::Policy").values()
        if {"Ref": role} in policy["Properties"]["Roles"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
    }
    return own | attached
