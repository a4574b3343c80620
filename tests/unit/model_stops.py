"""`tilescout model stop` typed, and what it is about: a model that is up, a run at work."""

from __future__ import annotations

from typing import Any

from typer.testing import CliRunner, Result

from tests.unit import cli_models
from tests.unit.cli_models import MODEL_PROFILE, NOW, Account
from tests.unit.cli_stack import add, document
from tilescout_cli.app import app
from tilescout_cli.stacks import Stack


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
