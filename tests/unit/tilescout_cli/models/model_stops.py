"""`tilescout model stop` typed, and what it is about: a model that is up, a run at work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.unit.tilescout_cli import cli_models
from tests.unit.tilescout_cli.cli_models import (
    MODEL_PROFILE,
    NOW,
    PROJECT,
    PROJECT_ARN,
    Account,
    arn,
)
from tests.unit.tilescout_cli.cli_stack import add, deployed_stack, document
from tilescout.aws.tables import model_table
from tilescout.runs.model_records import ModelInUse
from tilescout_cli.app import app
from tilescout_cli.stack import paths
from tilescout_cli.stack.target import Stack


def stack_with_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A deployed stack whose project uses version v1."""
    monkeypatch.setattr(paths, "configuration", lambda: None)
    with deployed_stack(monkeypatch) as deployed:
        in_use = ModelInUse(
            project=PROJECT, project_arn=PROJECT_ARN, version="v1", version_arn=arn("v1")
        )
        model_table.use(deployed.ledger, in_use)
        yield deployed


def account_with_model(monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account in which v1 runs on two units."""
    made = cli_models.account(monkeypatch)
    made.have("v1", "RUNNING", units=2)
    return made


def stop(*arguments: str, answer: str = "") -> Result:
    runner = CliRunner(env={"COLUMNS": "100", "TERM": "dumb"})
    return runner.invoke(app, ["model", "stop", "--project", "valves", *arguments], input=answer)


def status(account: Account) -> str:
    return account.versions["v1"][0]


def execution_status(stack: Stack, owner: str) -> str:
    states = stack.clients.step_functions
    return str(states.describe_execution(executionArn=owner)["status"])


def at_work(stack: Stack, **changed: Any) -> str:
    """The ARN of a run that works with our model on one document."""
    owner = cli_models.begin(stack)
    values = {"owner": owner, "expires_at": NOW + 150, "phase": "working"}
    cli_models.lease(stack, **values | changed)
    add(stack, document(status="RUNNING", profile=MODEL_PROFILE, result_id="", claim_token=7))
    return owner
