"""No fault leaves a model running, calls it without a run, or loses a document (protocol.md)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.local.model_faults.case import Case
from tests.local.model_faults.cases import CASES, QUICK
from tests.local.model_faults.play import play
from tests.local.model_faults.watch import Look, Watch
from tests.local.model_faults.world import World, world


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("models")) as deployed:
        yield deployed


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.id, marks=() if case.id in QUICK else pytest.mark.long)
        for case in CASES
    ],
)
def test_the_model_comes_down_and_the_document_is_done(models: World, case: Case) -> None:
    assert play(models, case).wrong == ()


def test_an_ask_after_the_end_of_a_run_is_seen() -> None:
    """Asked at some time between 20 and 30, while the run was last seen at work at 10."""
    looks = [
        Look(at=10, may_detect=True, asked=1, last_answered=9),
        Look(at=20, may_detect=False, asked=1, last_answered=9),
        Look(at=30, may_detect=False, asked=2, last_answered=25),
    ]
    assert Watch(project="solid-rectangles", looks=looks).asked_without_run() == 10


def test_an_ask_of_a_run_at_work_is_none_without_a_run() -> None:
    looks = [
        Look(at=10, may_detect=True, asked=1, last_answered=9),
        Look(at=20, may_detect=False, asked=2, last_answered=12),
    ]
    assert Watch(project="solid-rectangles", looks=looks).asked_without_run() == 0


def test_a_paid_time_was_of_use_until_its_last_answer() -> None:
    looks = [Look(at=at, may_detect=True, asked=1, last_answered=at - 1) for at in (10, 20, 30)]
    assert Watch(project="solid-rectangles", looks=looks).last_answer(5, 25) == 19
    assert Watch(project="solid-rectangles", looks=looks).last_answer(40, 50) == 40
