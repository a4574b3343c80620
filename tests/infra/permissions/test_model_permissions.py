"""Only the functions that need it touch models and call detectors."""

from __future__ import annotations

import json
import re

from tests.infra.permissions.permissions import FUNCTIONS, actions_of
from tests.infra.template import Template, as_list
from tilescout.detector_kinds import KINDS


def test_only_detect_onnx_reads_models_and_nobody_writes_them(template: Template) -> None:
    touching = {
        (name, action)
        for name, statement in template.statements()
        if "ModelsBucket" in json.dumps(statement["Resource"])
        for action in as_list(statement["Action"])
    }
    role = template.functions()["detect_onnx"]["Role"]["Fn::GetAtt"][0]
    assert touching == {(role, "s3:GetObject"), (role, "s3:ListBucket")}


def test_only_detect_tile_asks_a_service(template: Template) -> None:
    asking = {
        function
        for function in template.functions()
        for action in actions_of(template, function)
        if action.startswith(("textract:Detect", "rekognition:Detect"))
    }
    assert asking == {"detect_tile"}


def _rekognition(template: Template, function: str) -> dict[str, list[str]]:
    """Rekognition actions of a function, with the end of the ARNs they are allowed on."""
    role = template.functions()[function]["Role"]["Fn::GetAtt"][0]
    return {
        action: re.findall(r':project/([^"]*)"', json.dumps(statement["Resource"]))
        for name, statement in template.statements()
        if name == role
        for action in as_list(statement["Action"])
        if action.startswith("rekognition:")
    }


def test_a_run_starts_and_stops_versions_of_its_projects_and_looks_at_the_projects(
    template: Template,
) -> None:
    assert _rekognition(template, "advance_run") == {
        "rekognition:StartProjectVersion": ["sample-symbols/version/*/*"],
        "rekognition:StopProjectVersion": ["*/version/*/*"],
        "rekognition:DescribeProjectVersions": ["*"],
    }


def test_the_guard_stops_any_model_and_starts_none(template: Template) -> None:
    assert _rekognition(template, "guard") == {
        "rekognition:StopProjectVersion": ["*/version/*/*"],
        "rekognition:DescribeProjectVersions": ["*"],
    }


def test_tiles_are_asked_of_versions_of_the_projects(template: Template) -> None:
    assert _rekognition(template, "detect_tile")["rekognition:DetectCustomLabels"] == [
        "sample-symbols/version/*/*"
    ]


def test_no_other_function_touches_a_model(template: Template) -> None:
    touching = {name for name in FUNCTIONS if _rekognition(template, name)}
    assert touching == {"advance_run", "detect_tile", "guard"}


def test_detect_tile_may_make_the_call_of_every_detector_that_it_serves(template: Template) -> None:
    served = {kind.api_call for kind in KINDS.values() if kind.function == "detect_tile"}
    assert served <= actions_of(template, "detect_tile")
