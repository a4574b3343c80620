from __future__ import annotations

import itertools
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tilescout.sample_documents import document
from tilescout.documents import Document, Status
from tilescout.intake.superseding import superseded
from tilescout.transitions.arrows import SUPERSEDE
from tilescout.transitions.decisions import MAY_BE_SUPERSEDED

NUMBERS = itertools.count()
VERSIONS = st.builds(
    document,
    id=st.builds(lambda: f"d{next(NUMBERS)}"),
    status=st.sampled_from(get_args(Status)),
    claim_token=st.integers(0, 2),
    asked_for_at=st.sampled_from([0, 5]),
)


def waiting(name: str, **changed: object) -> Document:
    return document(**{"id": name, "status": "QUEUED", "claim_token": 0} | changed)


def ids(newest_first: list[Document]) -> list[str]:
    return [each.document.id for each in superseded(newest_first)]


def test_older_versions_step_back_for_the_newest() -> None:
    found = superseded([waiting("c"), waiting("b"), waiting("a", status="ACCEPTED")])
    assert [(each.document.id, each.newer.id) for each in found] == [("b", "c"), ("a", "c")]


def test_a_rejected_version_is_no_replacement() -> None:
    assert ids([waiting("c", status="REJECTED"), waiting("b"), waiting("a")]) == ["a"]


@pytest.mark.parametrize(
    ("asked", "first", "last", "replaced"),
    [
        ("4-6", 4, 6, []),
        ("2-6", 2, 6, []),
        ("1-3", 1, 3, ["a"]),
        ("1-6", 1, 6, ["a"]),
        ("", 1, 2, ["a"]),
    ],
)
def test_a_part_of_a_file_replaces_only_what_it_has_the_pages_of(
    asked: str, first: int, last: int, replaced: list[str]
) -> None:
    newer = waiting("b", pages_asked=asked, first_page=first, last_page=last)
    older = waiting("a", pages_asked="1-3", first_page=1, last_page=3)
    assert ids([newer, older]) == replaced


def test_a_part_does_not_hide_that_the_whole_was_replaced() -> None:
    part = waiting("c", pages_asked="9", first_page=9, last_page=9)
    found = superseded([part, waiting("b"), waiting("a")])
    assert [(each.document.id, each.newer.id) for each in found] == [("a", "b")]


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "RUNNING", "claim_token": 3},
        {"status": "QUEUED", "claim_token": 3},
        {"status": "HELD", "claim_token": 3},
        {"asked_for_at": 9},
        {"status": "DONE"},
        {"status": "SUPERSEDED"},
    ],
)
def test_what_was_claimed_asked_for_or_has_ended_stays(changed: dict[str, object]) -> None:
    assert ids([waiting("b"), waiting("a", **changed)]) == []


@given(st.lists(VERSIONS, max_size=6))
def test_only_what_waits_and_cost_nothing_steps_back_and_never_the_newest(
    newest_first: list[Document],
) -> None:
    found = ids(newest_first)
    accepted = [each for each in newest_first if each.status != "REJECTED"]
    assert not accepted or accepted[0].id not in found
    assert found == [each.id for each in accepted[1:] if MAY_BE_SUPERSEDED.holds(each)]
    for each in newest_first:
        if each.id in found:
            assert each.status in SUPERSEDE.sources
            assert (each.claim_token, each.asked_for_at, each.calls) == (0, 0, 0)
