"""Each rule taken away: the shortest way to what then breaks, as it is written down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.exploration.missing_rules import COVERED, missing_rules
from tests.exploration.searches import run

MISSING = missing_rules()
KNOWN = json.loads((Path(__file__).parent / "counterexamples.json").read_text())


@pytest.mark.parametrize("rule", MISSING)
def test_without_the_rule_the_known_counterexample_is_the_shortest(rule: str) -> None:
    found = run(MISSING[rule])
    assert {"breaks": found.broken, "steps": list(found.path)} == KNOWN[rule]


def test_every_rule_without_a_counterexample_is_covered_by_another() -> None:
    without = {rule for rule, known in KNOWN.items() if not known["breaks"]}
    assert without == set(COVERED)


def test_every_rule_of_the_protocol_is_taken_away() -> None:
    numbers = {int(rule.split(":")[0].rstrip("abcd")) for rule in MISSING}
    measured = {10, 13}
    assert numbers | measured == set(range(1, 24))
