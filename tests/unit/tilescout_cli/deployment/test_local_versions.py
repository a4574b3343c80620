"""On this machine the newest version of a project is activated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.tilescout_cli import cli_models
from tests.unit.tilescout_cli.cli_models import PROJECT, Account
from tests.unit.tilescout_cli.cli_stack import add, deployed_stack
from tests.unit.tilescout_cli.models.model_bills import of_model
from tilescout.aws.tables import lease_table, model_table
from tilescout_cli.deployment import local_models
from tilescout_cli.stack import paths
from tilescout_cli.stack.target import Stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setattr(paths, "configuration", lambda: None)
    with deployed_stack(monkeypatch) as deployed:
        yield deployed


@pytest.fixture
def local(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The account of an embedded AWS whose checkout has one profile with a model."""
    profile = {"detector": "custom-labels", "dpi": 200, "tile_size": 1024, "overlap": 128}
    tilescout = {"profiles": {"valves": profile | {"model_project": PROJECT}}}
    (tmp_path / "cdk.json").write_text(json.dumps({"context": {"tilescout": tilescout}}))
    monkeypatch.setattr(paths, "configuration", lambda: tmp_path / "cdk.json")
    return cli_models.account(monkeypatch)


def test_on_this_machine_the_newest_version_is_activated_and_said(
    stack: Stack, local: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    local.have("v1", "TRAINING_COMPLETED")
    local.have("v2", "TRAINING_FAILED")
    add(stack, of_model(status="WAITING_FOR_MODEL", result_id=""))
    local_models.activate_all(stack)
    used = model_table.in_use(stack.ledger, PROJECT)
    assert used is not None
    assert used.version == "v1"
    said = "model valves: version v1 is active, 1 document queued\n"
    assert capsys.readouterr().err == said


def test_a_version_that_a_person_chose_stays_in_use(stack: Stack, local: Account) -> None:
    local.have("v1", "TRAINING_COMPLETED")
    local_models.activate_all(stack)
    local.have("v2", "TRAINING_COMPLETED")
    local_models.activate_all(stack)
    used = model_table.in_use(stack.ledger, PROJECT)
    assert used is not None
    assert used.version == "v1"


def test_a_project_that_this_machine_does_not_know_is_left(stack: Stack, local: Account) -> None:
    local_models.activate_all(stack)
    assert model_table.in_use(stack.ledger, PROJECT) is None
    assert lease_table.every(stack.ledger) == []
