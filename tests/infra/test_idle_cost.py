"""A stack with the shipped profiles costs little while nobody uploads."""

from __future__ import annotations

import re

from benchmarks.idle_cost import monthly
from infra.app import ROOT
from tests.infra.template import Template
from tilescout.pricing import PriceTable


def test_an_idle_month_costs_what_the_readme_says_and_at_most_3_50_dollars(
    template: Template,
) -> None:
    dollars = sum(monthly(template.body, PriceTable()).values())
    told = re.search(r"\*\*An idle month\*\*: \$([\d.]+)", (ROOT / "README.md").read_text())
    assert told is not None
    assert told[1] == f"{dollars:.2f}"
    assert dollars <= 3.50
