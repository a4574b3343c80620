"""One embedded AWS for all whole-system tests of a session."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.handlers.permissions import EMBEDDED, write_used
from tests.local.contract import Call, Client
from tests.local.contract_assembly import write_assembly
from tests.local.roles import USED
from tests.local.system import System, deployed, synthesised
from tilescout_local.deployment.deploy import deploy
from tilescout_local.embedded_aws import EmbeddedAws, start


@pytest.fixture(scope="session", autouse=True)
def rights_used(request: pytest.FixtureRequest) -> Iterator[None]:
    """Writes which rights the stacks of all tests used."""
    yield
    if folder := request.config.getoption("--rights"):
        write_used(Path(folder), USED, EMBEDDED)


@pytest.fixture(scope="session")
def embedded_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with start(tmp_path_factory.mktemp("embedded-aws")) as aws:
        yield aws


@pytest.fixture(scope="session")
def client(embedded_aws: EmbeddedAws) -> Callable[..., Any]:
    """Returns a function: `client("sqs")` is a boto3 client of the embedded AWS without retries."""

    def make(service: str) -> Any:
        return embedded_aws.client(service, retries={"total_max_attempts": 1})

    return make


@pytest.fixture(scope="session")
def probes(embedded_aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Deploys the stack of the contract tests and returns physical ids by logical ids."""
    assembly = write_assembly(tmp_path_factory.mktemp("assembly"))
    return deploy(embedded_aws, assembly)["Contract"]


@pytest.fixture(scope="session")
def call(client: Client, probes: dict[str, str]) -> Call:
    """Invokes a contract function by its logical id; returns (error kind or None, answer)."""

    def invoke(name: str, event: Any = None) -> tuple[str | None, Any]:
        function = probes[name]
        answer = client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        return answer.get("FunctionError"), json.loads(answer["Payload"].read())

    return invoke


@pytest.fixture
def no_faults_left(embedded_aws: EmbeddedAws) -> Iterator[None]:
    embedded_aws.clear_faults()
    embedded_aws.reset_meter()
    yield
    embedded_aws.clear_faults()


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Deploys the project's own stack, synthesised from this checkout, for the whole-system
    tests."""
    assembly = synthesised(tmp_path_factory.mktemp("whole"))
    with deployed(tmp_path_factory.mktemp("whole-aws"), assembly) as system:
        yield system


@pytest.fixture
def faults(system: System) -> Iterator[Callable[..., None]]:
    """Returns a function that injects a `faults.Fault`; none is left for the next test."""
    system.aws.clear_faults()
    yield system.aws.inject_fault
    system.aws.clear_faults()
