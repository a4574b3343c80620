"""The price of a model while it is up and after, in `detect`, `status` and the progress."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.unit import cli_models
from tests.unit.cli_models import MODEL_PROFILE, NOW, PROJECT, Account, Time, arn
from tests.unit.cli_stack import add, add_run, deployed_stack, document
from tilescout.aws import lease_table, model_table
from tilescout.documents import Document
from tilescout.models import ModelStart
from tilescout.runs import Run
from tilescout_cli import local_models, places, progress, watching
from tilescout_cli.app import app
from tilescout_cli.model_costs import NO_BILL, ModelBill
from tilescout_cli.pdf_uploads import Pdf, SentPdf
from tilescout_cli.progress import Standing, Totals
from tilescout_cli.progress_view import stage, summary
from tilescout_cli.stacks import Stack
from tilescout_cli.watching import Watched

RUN_ID = "run#000007#noon"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setattr(places, "configuration", lambda: None)
    with deployed_stack(monkeypatch) as deployed:
        yield deployed


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return cli_models.turned(monkeypatch)


def run_row(**changed: Any) -> Run:
    values: dict[str, Any] = {
        "id": RUN_ID,
        "model": PROJECT,
        "execution": "arn:aws:states:us-east-1:123456789012:execution:run:noon",
        "token": 7,
        "status": "OPEN",
        "opened_at": NOW - 1260,
        "model_version": arn("v1"),
        "units": 2,
    }
    return Run(**values | changed)


def start_row(**changed: Any) -> ModelStart:
    values: dict[str, Any] = {
        "project": PROJECT,
        "version_arn": arn("v1"),
        "units": 2,
        "requested_at": NOW - 1200,
        "run_id": RUN_ID,
    }
    return ModelStart(**values | changed)


def of_model(**changed: Any) -> Document:
    values: dict[str, Any] = {"profile": MODEL_PROFILE, "run_id": RUN_ID, "claim_token": 7}
    return document(**values | changed)


def totals(stack: Stack, *documents: Document) -> Totals:
    return progress.totals(stack, [Standing(document=each, tiles=9) for each in documents])


def running(stack: Stack, **start: Any) -> None:
    """Our v1 is up, and the run that started it works."""
    cli_models.lease(stack, owner="x", expires_at=NOW + 150, phase="working")
    model_table.add_start(stack.ledger, start_row(**start))
    add_run(stack, run_row())


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
    assert summary(now) == (
        "detecting, pages tiled 0/1, tiles answered 0/9, calls 0 ($0.00), "
        "model 2 units, 20 min, $2.67 so far"
    )


def test_a_model_that_is_not_up_yet_is_said_to_start_and_costs_already(stack: Stack) -> None:
    running(stack)
    now = totals(stack, of_model(status="RUNNING", result_id=""))
    assert (stage(now), now.model.seconds) == ("starting the model", 1200)


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
    assert summary(now).endswith("model 2 units, 25 min, $3.33")


def test_a_run_that_died_does_not_pay_for_what_later_runs_started(stack: Stack) -> None:
    cli_models.lease(stack, token=9, start_requested_at=NOW - 100)
    model_table.add_start(stack.ledger, start_row(stopped_at=NOW - 600))
    model_table.add_start(stack.ledger, start_row(requested_at=NOW - 100, run_id="run#000009#one"))
    add_run(stack, run_row())
    now = totals(stack, of_model(status="QUEUED", result_id=""))
    assert (now.model.seconds, now.model.doing) == (600, "")


def test_what_somebody_else_started_costs_the_run_nothing(stack: Stack) -> None:
    cli_models.lease(stack, owner="x", expires_at=NOW + 150, ours=False, start_requested_at=0)
    add_run(stack, run_row())
    assert totals(stack, of_model(status="RUNNING", result_id="")).model == replace(
        NO_BILL, units=2
    )


def test_detectors_without_a_model_have_no_model_in_their_line(stack: Stack) -> None:
    add_run(stack, run_row(model="textract", model_version=""))
    now = totals(stack, document(status="RUNNING", run_id=RUN_ID, result_id=""))
    assert summary(now).endswith("calls 0 ($0.00)")


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


def test_after_its_documents_the_model_is_waited_for_until_it_is_down(
    stack: Stack, time: Time
) -> None:
    running(stack, running_at=NOW - 600)
    one = of_model()
    add(stack, one)

    def close() -> None:
        cli_models.lease(stack, owner="x", ours=False)
        stopped = start_row(running_at=NOW - 600, stopped_at=NOW + 60, stopped_by="x")
        model_table.add_start(stack.ledger, stopped)

    time.each_minute = close
    shown: list[str] = []
    bill = watching.await_model(
        stack,
        [Watched(sent(one), one)],
        seconds=900,
        show=lambda now: shown.append(summary(now)),
        tell=shown.append,
    )
    assert (bill.seconds, bill.doing) == (1260, "")
    assert shown[0] == (
        "stopping the model, pages tiled 1/1, calls 0 ($0.00), model 2 units, 20 min, $2.67 so far"
    )


def test_who_does_not_wait_for_the_model_is_told_and_still_gets_the_results(
    stack: Stack, time: Time
) -> None:
    running(stack, running_at=NOW - 600)
    one = of_model()
    add(stack, one)

    def leave() -> None:
        raise KeyboardInterrupt

    time.each_minute = leave
    told: list[str] = []
    bill = watching.await_model(
        stack, [Watched(sent(one), one)], seconds=900, show=lambda _: None, tell=told.append
    )
    assert bill.doing == "running"
    assert told == ["not waited for the run, which stops the model; see `tilescout model status`"]


def test_a_model_that_goes_on_for_other_documents_is_not_waited_for(stack: Stack) -> None:
    running(stack, running_at=NOW - 600)
    one, other = of_model(), of_model(number=2, status="RUNNING", result_id="")
    add(stack, one, other)
    told: list[str] = []
    bill = watching.await_model(
        stack, [Watched(sent(one), one)], seconds=900, show=lambda _: None, tell=told.append
    )
    assert bill.seconds == 1200
    assert told == ["the run goes on with other documents, and stops the model when it ends"]


def sent(one: Document) -> SentPdf:
    return SentPdf(Pdf(Path("plan.pdf"), "0"), one.id, "key")


def heard(stack: Stack, one: Document) -> list[str]:
    """What is said about one document that is looked at once."""
    add(stack, one)
    told: list[str] = []
    watching.watch(stack, [sent(one)], seconds=0, show=lambda _: None, tell=told.append)
    return told


def test_a_document_without_a_version_in_use_is_told_with_the_remedy(stack: Stack) -> None:
    assert heard(stack, of_model(status="WAITING_FOR_MODEL", result_id="")) == [
        "plan.pdf: WAITING_FOR_MODEL: no version of valves is in use; put one to use with "
        "`tilescout model use VERSION --project valves --stack Tilescout`"
    ]


def test_who_leaves_while_a_model_is_up_hears_that_the_guard_stops_it(stack: Stack) -> None:
    one = of_model(status="QUEUED", result_id="", run_id="")
    add(stack, one)
    told: list[str] = []

    def leave(_: Totals) -> None:
        if told:
            cli_models.lease(stack)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watching.watch(stack, [sent(one)], seconds=9, show=leave, tell=told.append)
    assert told[-1] == (
        "the run was stopped; the guard stops its model within minutes, see "
        "`tilescout model status`"
    )


@pytest.fixture
def local(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The account of an embedded AWS whose checkout has one profile with a model."""
    profile = {"detector": "custom-labels", "dpi": 200, "tile_size": 1024, "overlap": 128}
    tilescout = {"profiles": {"valves": profile | {"model_project": PROJECT}}}
    (tmp_path / "cdk.json").write_text(json.dumps({"context": {"tilescout": tilescout}}))
    monkeypatch.setattr(places, "sources", lambda: tmp_path)
    return cli_models.account(monkeypatch)


def test_on_this_machine_the_newest_version_is_put_to_use_and_said(
    stack: Stack, local: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    local.have("v1", "TRAINING_COMPLETED")
    local.have("v2", "TRAINING_FAILED")
    add(stack, of_model(status="WAITING_FOR_MODEL", result_id=""))
    local_models.put_to_use(stack)
    used = model_table.in_use(stack.ledger, PROJECT)
    assert used is not None
    assert used.version == "v1"
    said = "model valves: version v1 is put to use, 1 document queued\n"
    assert capsys.readouterr().err == said


def test_a_version_that_a_person_chose_stays_in_use(stack: Stack, local: Account) -> None:
    local.have("v1", "TRAINING_COMPLETED")
    local_models.put_to_use(stack)
    local.have("v2", "TRAINING_COMPLETED")
    local_models.put_to_use(stack)
    used = model_table.in_use(stack.ledger, PROJECT)
    assert used is not None
    assert used.version == "v1"


def test_a_project_that_this_machine_does_not_know_is_left(stack: Stack, local: Account) -> None:
    local_models.put_to_use(stack)
    assert model_table.in_use(stack.ledger, PROJECT) is None
    assert lease_table.every(stack.ledger) == []
