"""The page of what was searched can be written: searches run in processes of their own."""

from __future__ import annotations

import pickle

import pytest

from tests.exploration.missing_rules import missing_rules


@pytest.mark.parametrize("name", missing_rules())
def test_a_search_without_a_rule_can_be_sent_to_another_process(name: str) -> None:
    search = missing_rules()[name]

    assert pickle.loads(pickle.dumps(search)).name == search.name
