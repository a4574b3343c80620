"""The price of a model while it is up and after, in `detect`, `status` and the progress."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from tests.unit.tilescout_cli import cli_models
from tests.unit.tilescout_cli.cli_models import NOW, Time
from tests.unit.tilescout_cli.cli_stack import add, add_run, deployed_stack, document
from tests.unit.tilescout_cli.models.model_bills import (
    RUN_ID,
    of_model,
    run_row,
    running,
    start_row,
    totals,
)
from tilescout.aws.tables import model_table
from tilescout_cli.app import app
from tilescout_cli.models.costs import NO_BILL, ModelBill
from tilescout_cli.stack import paths
from tilescout_cli.stack.target import Stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setattr(paths, "configuration", lambda: None)
    with deployed_stack(monkeypatch) as deployed:
        yield deployed


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return cli_models.turned(monkeypatch)


def test_the_price_of_a_model_that_is_up_grows_with_the_clock(stack: Stack, time: Time) -> None:
    running(stack, running_at=NOW - 600)
    one = of_model(status="RUNNING", result_id="")
    now = totals(stack, one)
    time.now += 60
    later = totals(stack, one)
    assert now.model == ModelBill(
        units=2, seconds=1200, usd=pytest.approx(1200 * 2 * 4 / 3600), doing="running"
    )
    assert later.model.seconds == 1260
    assert now.summary == (
        "detecting, pages tiled 0/1, tiles answered 0/9, calls 0 ($0.00), "
        "model 2 units, 20 min, $2.67 so far"
    )


def test_a_model_that_is_not_up_yet_is_said_to_start_and_costs_already(stack: Stack) -> None:
    running(stack)
    now = totals(stack, of_model(status="RUNNING", result_id=""))
    assert (now.stage, now.model.seconds) == ("starting the model", 1200)


def test_a_start_whose_row_is_not_written_yet_is_known_by_the_lease(stack: Stack) -> None:
    cli_models.lease(stack, owner="x", expires_at=NOW + 150, phase="working")
    add_run(stack, run_row(model_version="", units=0))
    now = totals(stack, of_model(status="RUNNING", result_id=""))
    assert (now.model.units, now.model.seconds, now.model.doing) == (2, 1200, "starting")


def test_a_model_that_an_earlier_run_left_is_paid_from_this_runs_beginning(stack: Stack) -> None:
    running(stack, running_at=NOW - 600)
    add_run(stack, run_row(opened_at=NOW - 300))
    assert totals(stack, of_model(status="RUNNING", result_id="")).model.seconds == 300


def test_documents_that_share_a_run_count_its_model_once(stack: Stack) -> None:
    running(stack, running_at=NOW - 600)
    pair = [of_model(number=number, status="RUNNING", result_id="") for number in (1, 2)]
    assert totals(stack, *pair).model.seconds == 1200


def test_a_closed_run_costs_what_its_record_says(stack: Stack) -> None:
    add_run(stack, run_row(status="CLOSED", closed_at=NOW, model_seconds=1500, model_usd=3.3333))
    now = totals(stack, of_model())
    assert now.model == ModelBill(units=2, seconds=1500, usd=3.3333)
    assert now.summary.endswith("model 2 units, 25 min, $3.33")


def test_a_run_that_died_does_not_pay_for_what_later_runs_started(stack: Stack) -> None:
    cli_models.lease(stack, token=9, start_requested_at=NOW - 100)
    model_table.add_start(stack.ledger, start_row(stopped_at=NOW - 600))
    model_table.add_start(stack.ledger, start_row(requested_at=NOW - 100, run_id="run#000009#one"))
    add_run(stack, run_row())
    now = totals(stack, of_model(status="QUEUED", result_id=""))
    assert (now.model.seconds, now.model.doing) == (600, "")


def test_what_somebody_else_started_costs_the_run_nothing(stack: Stack) -> None:
    cli_models.lease(stack, owner="x", expires_at=NOW + 150, owned=False, start_requested_at=0)
    add_run(stack, run_row())
    assert totals(stack, of_model(status="RUNNING", result_id="")).model == replace(
        NO_BILL, units=2
    )


def test_detectors_without_a_model_have_no_model_in_their_line(stack: Stack) -> None:
    add_run(stack, run_row(model="textract", model_version=""))
    now = totals(stack, document(status="RUNNING", run_id=RUN_ID, result_id=""))
    assert now.summary.endswith("calls 0 ($0.00)")


def test_status_tells_the_price_of_a_run_that_works_and_of_one_that_ended(stack: Stack) -> None:
    running(stack, running_at=NOW - 600)
    add(stack, of_model(status="RUNNING", result_id=""))
    closed = run_row(
        id="run#000006#dawn", token=6, status="CLOSED", opened_at=NOW - 9000, closed_at=NOW - 6000,
        units=1, model_seconds=2700, model_usd=3.0, spent_usd=3.0,
    )  # fmt: skip
    add_run(stack, closed)
    runner = CliRunner(env={"COLUMNS": "100", "TERM": "dumb"})
    lines = runner.invoke(app, ["status"]).stdout.splitlines()[-2:]
    assert lines == [
        "run 2026-11-18 10:45:40 UTC valves: OPEN, $0.00, model 2 units, 20 min, $2.67 so far",
        "run 2026-11-18 08:36:40 UTC valves: CLOSED, $3.00, model 1 unit, 45 min, $3.00",
    ]
    rows = json.loads(runner.invoke(app, ["status", "--json"]).stdout)["runs"]
    told = [(row["model_usd"], row["model_is_up"]) for row in rows]
    assert told == [(pytest.approx(2.666667), True), (3.0, False)]
