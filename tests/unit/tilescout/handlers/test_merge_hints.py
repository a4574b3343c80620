from __future__ import annotations

from tilescout.handlers.run_steps.merge_hints import in_turns
from tilescout.messages import MergeHint


def hints(document: str, pages: int) -> list[MergeHint]:
    return [
        MergeHint(document_id=document, claim_token=1, page=page) for page in range(1, pages + 1)
    ]


def test_a_document_with_many_pages_leaves_room_for_the_others() -> None:
    sent = in_turns([hints("a", 3), hints("b", 1)], first=0)
    assert [(hint.document_id, hint.page) for hint in sent] == [
        ("a", 1),
        ("b", 1),
        ("a", 2),
        ("a", 3),
    ]


def test_another_time_begins_at_another_page() -> None:
    assert [hint.page for hint in in_turns([hints("a", 3)], first=4)] == [2, 3, 1]
