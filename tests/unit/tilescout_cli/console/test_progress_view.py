"""Progress tells what is left, and how long that takes at the pace so far."""

from __future__ import annotations

from tilescout_cli.console.progress_view import Pace


def test_what_is_left_is_told_with_the_time_that_it_takes_at_this_pace() -> None:
    pace = Pace()
    pages = ("pages tiled", 2, 2)

    told = [
        pace.outlook([pages, ("tiles answered", done, 20)], now)
        for now, done in ((100.0, 0), (130.0, 0), (140.0, 4), (300.0, 5), (900.0, 20))
    ]

    assert told == [
        ", 20 left",
        ", 20 left",
        ", 16 left, about 3 min",
        ", 15 left, about 10 min",
        "",
    ]


def test_what_was_done_before_does_not_count_for_the_pace() -> None:
    pace = Pace()
    pace.outlook([("tiles answered", 90, 100)], 0.0)

    assert pace.outlook([("tiles answered", 95, 100)], 50.0) == ", 5 left, about 50 s"


def test_nothing_to_count_tells_nothing() -> None:
    assert Pace().outlook([], 5.0) == ""
