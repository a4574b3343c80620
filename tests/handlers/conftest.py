"""The account that the handlers work in: moto's tables, buckets and queues, empty for each test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.s3.responses import S3Response

from infra.app import synthesise
from tests.handlers.account import ENVIRONMENT, FUNCTION, PROFILES, Account
from tests.handlers.permissions import HANDLERS, Rights, rights_of, write_used
from tests.infra.template import Template
from tests.moto_items import send_values_as_they_lie
from tilescout.aws import objects
from tilescout_local.emulator.service_gaps import encode_keys

send_values_as_they_lie()


@pytest.fixture(scope="session", autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the handlers read when they are imported; as the template would set it."""
    root = tmp_path_factory.mktemp("task-root")
    (root / "profiles.json").write_text(json.dumps(PROFILES))
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in (ENVIRONMENT | {"LAMBDA_TASK_ROOT": str(root)}).items():
            monkeypatch.setenv(name, value)
        yield


@pytest.fixture(scope="session", autouse=True)
def versions_listed_as_s3_does() -> Iterator[None]:
    """moto sends keys as they are, control characters too, which no XML may hold."""
    plain = S3Response.list_object_versions

    def listed(response: S3Response) -> Any:
        status, headers, body = plain(response)
        return status, headers, encode_keys(body.encode())

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(S3Response, "list_object_versions", listed)
        yield


@pytest.fixture
def account() -> Iterator[Account]:
    # moto knows no models; tests/handlers/model_service.py answers in its place.
    with mock_aws(config={"core": {"passthrough": {"services": ["rekognition"]}}}):
        yield Account.create()


@pytest.fixture(scope="session")
def rights(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Rights]:
    """What the roles of the synthesised template allow, and what of it tests use."""
    made = tmp_path_factory.mktemp("template")
    assembly = synthesise(outdir=str(made / "cdk.out"), build=made / "build")
    path = assembly / "Tilescout.template.json"
    found = rights_of(Template(path, json.loads(path.read_text())))
    yield found
    if folder := request.config.getoption("--rights"):
        write_used(Path(folder), found, HANDLERS)


@pytest.fixture(autouse=True)
def no_call_is_denied(rights: Rights, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test in which a function makes a call that its role does not allow."""
    make: Any = getattr(BaseClient, "_make_api_call")  # noqa: B009

    def noted(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        function, service = FUNCTION[-1], client.meta.service_model.service_name
        if not function:
            return make(client, operation, arguments)
        rights.note(function, service, operation, arguments)
        try:
            return make(client, operation, arguments)
        except ClientError as error:
            if service == "s3" and error.response["Error"]["Code"] in objects.GONE:
                rights.note_missing(function, arguments["Bucket"])
            raise

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    yield
    denied, rights.denied = rights.denied, set()
    assert denied == set()
