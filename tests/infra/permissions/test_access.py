"""The policies for uploaders and readers allow what their commands do, and nothing beside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from typer.testing import CliRunner

from tests.handlers.permissions import NEEDS, Need, allowed_by
from tests.infra.template import Template
from tests.unit.tilescout.rendering.pdf_files import blank_page, save
from tests.unit.tilescout_cli.cli_stack import add, add_result, deployed_stack, document, tag
from tilescout_cli.app import app
from tilescout_cli.documents.stack_documents import StackDocuments
from tilescout_cli.stack.target import Stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with deployed_stack(monkeypatch) as deployed:
        add(deployed, document())
        add_result(deployed, document(), tag("FV-1023"))
        yield deployed


@pytest.fixture
def needs(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> set[Need]:
    """Returns what the calls from now on need, as they are made."""
    noted: set[Need] = set()
    make: Any = getattr(BaseClient, "_make_api_call")  # noqa: B009

    def call(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        service = client.meta.service_model.service_name
        if service == "cloudformation":
            noted.add((f"cloudformation:{operation}", "arn:aws:cloudformation:::stack"))
        else:
            noted.update(NEEDS[service](operation, arguments))
        return make(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return noted


def denied(template: Template, policy: str, needs: set[Need]) -> set[str]:
    """Returns the actions that a policy of the template does not allow."""
    [properties] = [
        resource["Properties"]
        for name, resource in template.of_type("IAM::ManagedPolicy").items()
        if name.startswith(f"Access{policy}")
    ]
    allowed = allowed_by(properties["PolicyDocument"]["Statement"])
    return {
        action
        for action, resource in needs
        if not any(action == own and fnmatchcase(resource, pattern) for own, pattern in allowed)
    }


def run(*arguments: str) -> None:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.stderr


def upload(folder: Path) -> None:
    run("upload", str(save(blank_page()[0], folder)), "--profile", "text")


def test_an_uploader_uploads_and_follows(
    template: Template, stack: Stack, needs: set[Need], tmp_path: Path
) -> None:
    upload(tmp_path)
    run("status")
    run("status", document().id)

    assert len(needs) >= 4
    assert denied(template, "Uploader", needs) == set()


def test_an_uploader_sees_no_results(template: Template, stack: Stack, needs: set[Need]) -> None:
    run("export", document().id, "--out", "/dev/null")

    assert denied(template, "Uploader", needs) & {"s3:GetObject", "dynamodb:Query"}


def test_a_reader_sees_drawings_results_and_reviews(
    template: Template, stack: Stack, needs: set[Need], tmp_path: Path
) -> None:
    put = stack.clients.s3.put_object(Bucket="documents-bucket", Key=document().key, Body=b"%PDF-")
    stack.documents.update_item(
        Key={"id": document().id},
        UpdateExpression="SET version = :v",
        ExpressionAttributeValues={":v": put["VersionId"]},
    )
    needs.clear()

    for query in (["--text", "FV-1023"], ["--label", "instrument"], [document().id]):
        run("results", *query)
    run("export", document().id, "--out", str(tmp_path / "found.json"))
    shown = StackDocuments(stack, tmp_path)
    shown.result(document().id)
    shown.drawing(document().id)

    assert {action for action, _ in needs} >= {"s3:GetObjectVersion", "dynamodb:Query"}
    assert denied(template, "Reader", needs) == set()


def test_a_reader_uploads_nothing(
    template: Template, stack: Stack, needs: set[Need], tmp_path: Path
) -> None:
    upload(tmp_path)

    assert denied(template, "Reader", needs) == {"s3:PutObject"}


def test_neither_deletes_starts_or_changes(template: Template) -> None:
    policies = json.dumps(template.of_type("IAM::ManagedPolicy"))

    for verb in ("Delete", "Start", "Update", "BatchWrite", "PutItem", "iam:", "lambda:"):
        assert verb not in policies
