"""A command that waits for a document is told of its model, and waits until that is down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.tilescout_cli import cli_models
from tests.unit.tilescout_cli.cli_models import NOW, Time
from tests.unit.tilescout_cli.cli_stack import add, deployed_stack
from tests.unit.tilescout_cli.models.model_bills import of_model, running, start_row
from tilescout.aws.tables import model_table
from tilescout.documents import Document
from tilescout_cli.documents.uploads import Pdf, SentPdf
from tilescout_cli.runs import waiting
from tilescout_cli.runs.progress import Totals
from tilescout_cli.runs.waiting import Watched
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


def test_after_its_documents_the_model_is_waited_for_until_it_is_down(
    stack: Stack, time: Time
) -> None:
    running(stack, running_at=NOW - 600)
    one = of_model()
    add(stack, one)

    def close() -> None:
        cli_models.lease(stack, owner="x", owned=False)
        stopped = start_row(running_at=NOW - 600, stopped_at=NOW + 60, stopped_by="x")
        model_table.add_start(stack.ledger, stopped)

    time.each_minute = close
    shown: list[str] = []
    bill = waiting.await_model(
        stack,
        [Watched(sent(one), one)],
        seconds=900,
        show=lambda now: shown.append(now.summary),
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
    bill = waiting.await_model(
        stack, [Watched(sent(one), one)], seconds=900, show=lambda _: None, tell=told.append
    )
    assert bill.doing == "running"
    assert told == ["not waited for the run, which stops the model; see `tilescout model status`"]


def test_a_model_that_goes_on_for_other_documents_is_not_waited_for(stack: Stack) -> None:
    running(stack, running_at=NOW - 600)
    one, other = of_model(), of_model(number=2, status="RUNNING", result_id="")
    add(stack, one, other)
    told: list[str] = []
    bill = waiting.await_model(
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
    waiting.watch(stack, [sent(one)], seconds=0, show=lambda _: None, tell=told.append)
    return told


def test_a_document_without_a_version_in_use_is_told_with_the_remedy(stack: Stack) -> None:
    assert heard(stack, of_model(status="WAITING_FOR_MODEL", result_id="")) == [
        "plan.pdf: WAITING_FOR_MODEL: no version of valves is active; activate one with "
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
        waiting.watch(stack, [sent(one)], seconds=9, show=leave, tell=told.append)
    assert told[-1] == (
        "the run was stopped; the guard stops its model within minutes, see "
        "`tilescout model status`"
    )
