"""Rekognition's control of one Custom Labels version, as a real HTTP service to the handlers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

from tests.handlers.account import Account, module
from tests.handlers.between import Body
from tests.handlers.runs import Run
from tilescout.aws.tables import model_table
from tilescout.runs.model_records import ModelInUse

ARN = "arn:aws:rekognition:us-east-1:123456789012:project/pumps"
VERSION = f"{ARN}/version/v1/1700000000000"
OTHER = f"{ARN}/version/v2/1700000000000"
IN_USE = ModelInUse(
    project="pumps", project_arn=f"{ARN}/1700000000000", version="v1", version_arn=VERSION
)
LOST = "the answer is lost"


@dataclass
class ModelService:
    """``status`` of each version; Start and Stop move it, ``refusals`` of a call come first.

    A refusal is the name of an error, or LOST: then the call takes effect and has no answer.
    The next ``blind`` descriptions show no version at all.
    """

    status: dict[str, str] = field(default_factory=lambda: {VERSION: "STOPPED"})
    message: str = ""
    blind: int = 0
    refusals: dict[str, list[str]] = field(default_factory=dict)
    asked: list[tuple[str, str, int]] = field(default_factory=list)

    def answer(self, name: str, body: dict[str, Any], url: str) -> tuple[int, dict[str, Any]]:
        refusal = next(iter(self.refusals.get(name, [])), "")
        if refusal:
            self.refusals[name].pop(0)
        if refusal and refusal != LOST:
            return 400, {"__type": refusal, "message": "because"}
        if body.get("ProjectVersionArn", VERSION) not in self.status:
            return 400, {"__type": "ResourceNotFoundException", "message": "no such version"}
        answered = getattr(self, f"_{name}")(body)
        if refusal == LOST:
            raise ReadTimeoutError(endpoint_url=url)
        return 200, answered

    def _DescribeProjectVersions(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if self.blind:
            self.blind -= 1
            return {"ProjectVersionDescriptions": []}
        names = body.get("VersionNames")
        found = [
            {
                "ProjectVersionArn": arn,
                "Status": status,
                "StatusMessage": self.message,
                "MinInferenceUnits": 1,
            }
            for arn, status in self.status.items()
            if not names or arn.split("/")[3] in names
        ]
        return {"ProjectVersionDescriptions": found}

    def _StartProjectVersion(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.asked.append(("start", body["ProjectVersionArn"], body["MinInferenceUnits"]))
        self.status[body["ProjectVersionArn"]] = "STARTING"
        return {"Status": "STARTING"}

    def _StopProjectVersion(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.asked.append(("stop", body["ProjectVersionArn"], 0))
        self.status[body["ProjectVersionArn"]] = "STOPPING"
        return {"Status": "STOPPING"}


@contextmanager
def model_service(**status: Any) -> Iterator[ModelService]:
    """The handlers' calls to start, stop and describe a model are answered by this service."""
    service = ModelService(**status)
    client = module("runtime").model_control()

    def send(request: Any, **_: Any) -> AWSResponse | None:
        if "rekognition" not in request.url:
            return None
        name = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        code, body = service.answer(name, json.loads(request.body), request.url)
        headers = {"content-type": "application/x-amz-json-1.1"}
        return AWSResponse(request.url, code, headers, Body(json.dumps(body).encode()))

    client.meta.events.register_first("before-send", send)
    try:
        yield service
    finally:
        client.meta.events.unregister("before-send", send)


@pytest.fixture
def service() -> Iterator[ModelService]:
    with model_service() as found:
        yield found


def put_to_use(account: Account, model: ModelInUse = IN_USE) -> None:
    model_table.use(account.ledger, model)


def model_run(account: Account, execution: str = "run") -> Run:
    """A run of the model project, OpenRun done."""
    run = Run(account, model="pumps", execution=f"{EXECUTIONS}:{execution}")
    assert run.step("OpenRun")["next"] == "StartModel"
    return run


EXECUTIONS = "arn:aws:states:us-east-1:123456789012:execution:DetectionRun"
