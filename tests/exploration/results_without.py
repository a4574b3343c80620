"""Results with one rule taken away each time, and the faults under which that shows."""

from __future__ import annotations

from typing import NamedTuple

from tests.exploration.results_world import Rules


class Missing(NamedTuple):
    """A rule's number, what of it is missing, and the faults in which that shows."""

    rule: str
    what: str
    faults: tuple[str, ...]
    rules: Rules


FLIP_FIRST = ("flip", "rows", "page file", "count", "look", "file", "clean")
COUNT_FIRST = ("count", "rows", "page file", "look", "file", "flip", "clean")
FILE_LAST = ("rows", "page file", "count", "look", "flip", "file", "clean")
CLEAN_FIRST = ("rows", "page file", "count", "clean", "look", "file", "flip")

MISSING = (
    Missing("20", "the flip before the rows", (), Rules(order=FLIP_FIRST)),
    Missing("20", "a page is counted before its rows", (), Rules(order=COUNT_FIRST)),
    Missing("20", "the flip before the file", (), Rules(order=FILE_LAST)),
    Missing("20", "one result set for all claims", ("new claim",), Rules(a_set_a_claim=False)),
    Missing("20", "a flip under any claim", ("new claim",), Rules(flips_only_its_claim=False)),
    Missing(
        "20",
        "a cleaning that keeps its own set",
        ("new claim",),
        Rules(cleans_all_but_the_visible=False),
    ),
    Missing("21", "tiles expire before the end", (), Rules(order=CLEAN_FIRST)),
)
