from __future__ import annotations

from benchmarks.tile_prices import table
from tests.unit.project.doc_pages import PAGES
from tilescout.pricing import PriceTable


def test_the_page_on_costs_has_the_table_as_it_is_counted_now() -> None:
    assert table(PriceTable()) in PAGES["docs/costs.md"]
