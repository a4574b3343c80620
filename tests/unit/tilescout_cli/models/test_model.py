"""`tilescout model use` and `tilescout model status`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
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
    Time,
    arn,
)
from tests.unit.tilescout_cli.cli_stack import add, deployed_stack, document
from tilescout.aws.tables import document_table, model_table
from tilescout.runs.model_records import ModelInUse, ModelStart
from tilescout_cli.app import app
from tilescout_cli.stack import paths
from tilescout_cli.stack.target import Stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setattr(paths, "configuration", lambda: None)
    with deployed_stack(monkeypatch) as deployed:
        yield deployed


@pytest.fixture
def account(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Account:
    return cli_models.account(monkeypatch)


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return cli_models.turned(monkeypatch)


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "100", "TERM": "dumb"}).invoke(app, ["model", *arguments])


def said(*arguments: str) -> str:
    """Standard output of a command that succeeds."""
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def refusal(*arguments: str) -> str:
    """What standard error says of a command that ends with 2."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


def answer(*arguments: str) -> Any:
    return json.loads(said(*arguments, "--json"))


def in_use(stack: Stack, **changed: Any) -> ModelInUse:
    values: dict[str, Any] = {
        "project": PROJECT,
        "project_arn": PROJECT_ARN,
        "version": "v1",
        "version_arn": arn("v1"),
        "used_since": NOW - 86_400,
    }
    written = ModelInUse(**values | changed)
    model_table.use(stack.ledger, written)
    return written


@pytest.mark.parametrize("command", [[], ["status"], ["use"], ["stop"]], ids=" ".join)
def test_every_help_text_ends_with_an_example_and_fits_80_columns(command: list[str]) -> None:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["model", *command, "--help"])
    assert "Example: tilescout model" in result.stdout
    assert max(len(line) for line in result.stdout.splitlines()) <= 80


def test_a_version_put_to_use_is_what_runs_start(stack: Stack, account: Account) -> None:
    account.have("v1", "TRAINING_COMPLETED")
    assert said("use", "v1", "--project", "valves") == "valves: version v1 is active\n"
    assert model_table.in_use(stack.ledger, PROJECT) == ModelInUse(
        project=PROJECT,
        project_arn=PROJECT_ARN,
        version="v1",
        version_arn=arn("v1"),
        used_since=NOW,
    )


def test_documents_that_waited_for_a_model_are_queued(stack: Stack, account: Account) -> None:
    account.have("v1", "STOPPED")
    waiting = document(1, status="WAITING_FOR_MODEL", profile=MODEL_PROFILE, result_id="")
    other = document(2, status="WAITING_FOR_MODEL", result_id="")
    add(stack, waiting, other)
    assert said("use", "v1", "--project", "valves") == (
        "valves: version v1 is active\n"
        "1 document queued; `tilescout start --model valves --stack Tilescout` starts a run now\n"
    )
    statuses = [document_table.get(stack.documents, each.id) for each in (waiting, other)]
    assert [each and each.status for each in statuses] == ["QUEUED", "WAITING_FOR_MODEL"]


def test_the_project_of_documents_that_wait_needs_not_be_named(
    stack: Stack, account: Account
) -> None:
    account.have("v1", "STOPPED")
    add(stack, document(status="WAITING_FOR_MODEL", profile=MODEL_PROFILE, result_id=""))
    assert answer("use", "v1")["in_use"]["project"] == "valves"


def test_the_project_of_the_only_profile_with_a_model_needs_not_be_named(
    stack: Stack, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.have("v1", "STOPPED")
    profile = {"detector": "custom-labels", "dpi": 200, "tile_size": 1024, "overlap": 128}
    tilescout = {"profiles": {"valves": profile | {"model_project": "valves"}}}
    written = tmp_path / "cdk.json"
    written.write_text(json.dumps({"context": {"tilescout": tilescout}}))
    monkeypatch.setattr(paths, "configuration", lambda: written)
    assert answer("use", "v1") == {
        "in_use": {
            "project": "valves",
            "project_arn": PROJECT_ARN,
            "version": "v1",
            "version_arn": arn("v1"),
            "used_since": NOW,
            "tiles_per_second_per_unit": 0.0,
            "start_seconds": 0.0,
            "measured_at": 0,
        },
        "before": "",
        "queued": 0,
    }


def test_without_any_project_one_must_be_named(stack: Stack, account: Account) -> None:
    assert refusal("use", "v1") == (
        "tilescout: no profile of cdk.json has a model_project and no model was ever started; "
        "name the Custom Labels project with --project\n"
    )


def test_what_was_measured_is_kept_while_the_version_stays_the_same(
    stack: Stack, account: Account
) -> None:
    account.have("v1", "STOPPED")
    before = in_use(stack, tiles_per_second_per_unit=4.2)
    assert said("use", "v1", "--project", "valves") == "valves: version v1 is active already\n"
    assert model_table.in_use(stack.ledger, PROJECT) == before


def test_another_version_begins_without_a_measured_rate(stack: Stack, account: Account) -> None:
    account.have("v1", "STOPPED")
    account.have("v2", "RUNNING")
    in_use(stack, tiles_per_second_per_unit=4.2)
    text = said("use", "v2", "--project", "valves")
    assert text == "valves: version v2 is active instead of v1\n"
    used = model_table.in_use(stack.ledger, PROJECT)
    assert used is not None
    assert used.tiles_per_second_per_unit == 0


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("TRAINING_IN_PROGRESS", "is TRAINING_IN_PROGRESS and cannot run yet; wait until it is "
         "TRAINING_COMPLETED, then activate it"),
        ("COPYING_IN_PROGRESS", "is COPYING_IN_PROGRESS and cannot run yet; wait until it is "
         "COPYING_COMPLETED, then activate it"),
        ("TRAINING_FAILED", "is TRAINING_FAILED (no images) and can never run; use v1"),
        ("DELETING", "is DELETING (no images) and can never run; use v1"),
        ("EXPIRED", "is EXPIRED (no images) and can never run; use v1"),
        ("DEPRECATED", "is DEPRECATED (no images) and can never run; use v1"),
        ("COPYING_FAILED", "is COPYING_FAILED (no images) and can never run; use v1"),
    ],
)  # fmt: skip
def test_a_version_that_cannot_run_is_refused(
    stack: Stack, account: Account, status: str, text: str
) -> None:
    account.have("v1", "TRAINING_COMPLETED")
    account.have("v2", status, message="no images")
    assert refusal("use", "v2", "--project", "valves") == f"tilescout: version v2 {text}\n"
    assert model_table.in_use(stack.ledger, PROJECT) is None


def test_a_version_that_is_not_there_is_refused_with_those_that_are(
    stack: Stack, account: Account
) -> None:
    account.have("v1", "STOPPED")
    account.have("v2", "STOPPED")
    assert refusal("use", "v3", "--project", "valves") == (
        "tilescout: project valves has no version 'v3', it has v2, v1; name one of these\n"
    )


def test_a_project_that_is_not_there_is_refused_with_those_that_are(
    stack: Stack, account: Account
) -> None:
    assert refusal("use", "v1", "--project", "pumps") == (
        "tilescout: there is no Custom Labels project 'pumps' in this account and region, there "
        "is valves; correct --project, or model_project in cdk.json\n"
    )


def test_status_without_any_model_says_so(stack: Stack, account: Account) -> None:
    result = run("status")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no profile has a model_project, and no model was ever started" in result.stderr


def test_status_shows_an_owned_model_with_its_lease_and_price(
    stack: Stack, account: Account
) -> None:
    account.have("v1", "RUNNING", units=2)
    in_use(stack, tiles_per_second_per_unit=4.2, start_seconds=610.0)
    owner = cli_models.begin(stack)
    cli_models.lease(stack, owner=owner, expires_at=NOW + 150, phase="working")
    model_table.add_start(
        stack.ledger,
        ModelStart(
            project=PROJECT,
            version_arn=arn("v1"),
            units=1,
            requested_at=NOW - 90_000,
            stopped_at=NOW - 88_200,
            stopped_by="guard:1",
        ),
    )
    assert [line.rstrip() for line in said("status").splitlines()] == [
        "project         valves",
        "version in use  v1, since 2026-11-17 11:06:40 UTC",
        "on AWS          v1 RUNNING, 2 units, owned",
        "lease           run noon works, until 11:09:10 UTC unless it goes on",
        "started         2026-11-18 10:46:40 UTC",
        "price           2 units, 20 min, $2.67 so far",
        "measured        4.20 tiles/s per unit, starts in 10 min",
        "start           2026-11-18 10:46:40 UTC: v1, 2 units, 20 min, $2.67, still up",
        "start           2026-11-17 10:06:40 UTC: v1, 1 unit, 30 min, $2.00, stopped by the guard",
        "last 30 days    2 starts, 50 min, $4.67",
    ]


def test_status_names_what_somebody_else_started(stack: Stack, account: Account) -> None:
    account.have("v1", "STOPPED")
    account.have("v2", "STARTING", units=3)
    in_use(stack)
    (shown,) = answer("status", "--project", "valves")
    up = [(each["name"], each["status"], each["owned"]) for each in shown["versions"]]
    assert up == [("v2", "STARTING", False), ("v1", "STOPPED", False)]
    assert "v2 STARTING, 3 units, unmanaged" in said("status", "--project", "valves")


def test_status_tells_how_to_end_waiting_for_a_model(stack: Stack, account: Account) -> None:
    add(stack, document(status="WAITING_FOR_MODEL", profile=MODEL_PROFILE, result_id=""))
    shown = " ".join(said("status").split())
    assert "`tilescout model use VERSION --project valves --stack Tilescout`" in shown
    assert "waiting 1 document WAITING_FOR_MODEL" in shown


def test_a_version_in_use_that_was_deleted_is_told(stack: Stack, account: Account) -> None:
    account.have("v2", "STOPPED")
    in_use(stack)
    assert "v1 is gone from its project; activate another version" in said(
        "status", "--project", "valves"
    )
