"""A storm of uploads starves neither the guard nor the run, whatever the account's executions."""

from __future__ import annotations

import pytest

from benchmarks.simulation.storm import Storm, is_kept
from benchmarks.storm import page
from tests.unit.project.doc_pages import PAGES

WITHOUT_CAPS = dict.fromkeys(("DocumentsQueue", "PagesQueue", "TilesQueue", "MergesQueue"), 1_000)


@pytest.mark.parametrize("executions", [10, 100, 1_000])
def test_nothing_fails_and_every_beat_is_kept(executions: int) -> None:
    outcome = Storm(executions, 1_000).outcome()
    assert is_kept(outcome)
    assert (outcome.throttled, outcome.runs_failed) == (0, 0)


def test_without_caps_a_storm_loses_documents() -> None:
    outcome = Storm(10, 1_000, caps=WITHOUT_CAPS).outcome()
    assert not is_kept(outcome)
    assert outcome.dead > 0


def test_executions_that_others_take_cost_time_and_no_document() -> None:
    outcome = Storm(10, 1_000, others=3).outcome()
    assert (outcome.done, outcome.dead, outcome.runs_failed) == (1_000, 0, 0)
    assert outcome.throttled > 0


@pytest.mark.long
def test_the_page_is_what_the_simulation_says() -> None:
    assert PAGES["docs/storm.md"] == page()
