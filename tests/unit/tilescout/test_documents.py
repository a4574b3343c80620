from __future__ import annotations

from tests.unit.tilescout.sample_documents import document
from tilescout.documents import ENDED


def test_pages_are_counted_from_the_first_to_the_last_asked_for() -> None:
    part = document(first_page=3, last_page=5)
    assert part.pages == 3
    assert list(part.page_numbers()) == [3, 4, 5]


def test_a_document_on_hold_has_not_ended() -> None:
    assert not document(status="HELD").has_ended
    assert {"DONE", "PARTIAL", "FAILED", "REJECTED", "SUPERSEDED"} == ENDED
