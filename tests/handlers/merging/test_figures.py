"""A document leaves figures for drift when it ends."""

from __future__ import annotations

from tests.handlers.account import Account
from tests.handlers.merged import answered
from tests.handlers.runs import queued, run_with
from tilescout.aws.tables import figures_table
from tilescout.drift.sheet_figures import SheetFigures

LATE = 9_000_000_000


def kept(account: Account) -> list[SheetFigures]:
    return list(figures_table.between(account.ledger, "text", 0, LATE))


def test_a_document_leaves_one_row_with_its_pages_together(account: Account) -> None:
    document = queued(account, 2)
    run_with(account)
    (figures,) = kept(account)
    assert (figures.document_id, figures.pages) == (document, 2)
    assert figures.histograms["tiles without detections"] == {0: 2}
    assert sum(figures.histograms["per tile: text"].values()) == 2


def test_a_page_merged_twice_counts_once(account: Account) -> None:
    document = queued(account, 2)
    run = answered(account, document, 2)
    account.deliver("merge_page", *[run.merge_hint(document, 1)] * 2)
    account.deliver("merge_page", *[run.merge_hint(document, 2)] * 2)
    (figures,) = kept(account)
    assert sum(figures.histograms["per tile: text"].values()) == 2


def test_figures_expire_after_more_than_a_year(account: Account) -> None:
    queued(account)
    run_with(account)
    (row,) = [row for row in account.ledger.scan()["Items"] if row["pk"].startswith("FIGURES#")]
    assert 365 * 24 * 3600 < int(row["expire_at"]) - int(row["sk"][:10]) < 2e9
