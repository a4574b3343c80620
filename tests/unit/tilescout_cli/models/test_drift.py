"""`tilescout model drift`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.unit.tilescout.drift.sheets import DAY, drawn
from tests.unit.tilescout_cli import cli_models
from tests.unit.tilescout_cli.cli_models import MODEL_PROFILE, NOW, PROJECT, PROJECT_ARN, arn
from tests.unit.tilescout_cli.cli_stack import deployed_stack
from tilescout.aws.tables import figures_table, model_table
from tilescout.pricing import PriceTable
from tilescout.runs.model_records import ModelInUse
from tilescout_cli.app import app
from tilescout_cli.documents.review_rows import ReviewRows
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.stack.cdk_profiles import Profiles
from tilescout_cli.stack.target import Stack
from tilescout_reviews.corrections import Correction, Finding
from tilescout_reviews.review import Author, Review


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    profiles = Profiles(by_name={"valves": MODEL_PROFILE}, default="valves", prices=PriceTable())
    monkeypatch.setattr(cdk_profiles, "read", lambda: profiles)
    cli_models.turned(monkeypatch)
    with deployed_stack(monkeypatch) as deployed:
        model_table.use(
            deployed.ledger,
            ModelInUse(
                project=PROJECT,
                project_arn=PROJECT_ARN,
                version="v1",
                version_arn=arn("v1"),
                used_since=NOW - 90 * DAY,
            ),
        )
        yield deployed


def keep(stack: Stack, mean: float, days_ago: int, count: int = 40) -> None:
    for number, sheet in enumerate(drawn(count, mean, seed=days_ago)):
        at = NOW - days_ago * DAY + number
        id = f"{days_ago:016x}{number:016x}"
        kept = replace(sheet, profile="valves", version=arn("v1"), at=at, document_id=id)
        figures_table.write(stack.ledger, kept, at)


def run(*options: str) -> Result:
    runner = CliRunner(env={"COLUMNS": "100", "TERM": "dumb"})
    return runner.invoke(app, ["model", "drift", "valves", "--stack", "Tilescout", *options])


def members(*options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("--json", *options).stdout)
    return found


def test_what_moved_is_shown_and_ends_with_1(stack: Stack) -> None:
    keep(stack, 85, days_ago=30)
    keep(stack, 72, days_ago=1)
    result = run()
    assert result.exit_code == 1
    line = next(line for line in result.stdout.splitlines() if line.startswith("confidence"))
    assert line.split()[1:3] == ["87.5", "72.5"]
    assert line.split()[-1] == "moved"
    assert "annotate these next: tilescout view --stack Tilescout" in result.stderr
    assert "1 figure of profile valves moved" in result.stderr


def test_drawings_as_before_end_with_0(stack: Stack) -> None:
    keep(stack, 85, days_ago=30)
    keep(stack, 85, days_ago=1)
    result = run()
    assert result.exit_code == 0
    assert "moved" not in result.stdout
    assert "annotate" not in result.stderr


def test_json_names_the_sheets_that_differ_and_those_to_annotate(stack: Stack) -> None:
    keep(stack, 85, days_ago=30)
    keep(stack, 70, days_ago=1)
    found = members("--next", "3")
    assert (found["baseline"], found["recent"]) == (40, 40)
    assert found["figures"][0]["moved"]
    assert len(found["annotate_next"]) == 3
    assert {each["id"] for each in found["sheets"]} >= set(found["annotate_next"])


def test_too_few_documents_are_told(stack: Stack) -> None:
    keep(stack, 85, days_ago=1)
    result = run()
    assert result.exit_code == 0
    assert "a baseline has 30 documents or more" in result.stderr


def test_a_plot_shows_the_figures_that_moved(stack: Stack, tmp_path: Path) -> None:
    keep(stack, 85, days_ago=30)
    keep(stack, 70, days_ago=1)
    run("--plot", str(tmp_path / "drift.svg"))
    assert "<!-- confidence -->" in (tmp_path / "drift.svg").read_text()


def test_rejections_by_people_are_a_figure(stack: Stack) -> None:
    keep(stack, 85, days_ago=30)
    keep(stack, 85, days_ago=1)
    for number in range(40):
        verdict = "rejected" if number < 20 else "accepted"
        source = f"documents-bucket/incoming/symbols/{number}.pdf"
        box = (0.0, 0.0, 9.0, 9.0)
        finding = Finding(result_id="r", detection_id="1", label="valve", text="", box=box)
        made = Correction(
            id="1", page=1, verdict=verdict, label="valve", text="", box=box, finding=finding
        )
        Review(ReviewRows(stack.ledger, source)).edit([made], "g", Author(name="A", now=int))
    assert "rejected in review" in [each["name"] for each in members()["figures"]]


def test_without_a_version_in_use_the_remedy_is_told(stack: Stack) -> None:
    stack.ledger.delete_item(Key={"pk": f"MODEL#{PROJECT}", "sk": "IN_USE"})
    result = run()
    assert result.exit_code == 1
    assert "activate one with `tilescout model use`" in result.stderr
