from __future__ import annotations

from typing import get_args

from benchmarks import status_page
from tilescout.documents import Status


def test_the_committed_page_says_what_the_transitions_say() -> None:
    assert status_page.PAGE.read_text(encoding="utf-8") == status_page.page()


def test_the_picture_shows_every_status() -> None:
    words = set(status_page.page().replace(":", "").split())
    assert set(get_args(Status)) <= words


def test_the_picture_shows_where_a_rejected_upload_goes() -> None:
    assert "    [*] --> REJECTED: reject\n" in status_page.page()
    assert "    REJECTED --> [*]: forget\n" in status_page.page()
