"""With all rules in place, no interleaving of steps and faults breaks an invariant."""

from __future__ import annotations

import pytest

from tests.exploration.configurations import flat, in_every_check, in_long_checks
from tests.exploration.searches import Search, run


@pytest.mark.parametrize("search", flat(in_every_check()), ids=lambda search: search.name)
def test_nothing_breaks_and_everything_settles(search: Search) -> None:
    found = run(search)
    assert (found.broken, found.path) == ("", ())


@pytest.mark.long
@pytest.mark.parametrize("search", flat(in_long_checks()), ids=lambda search: search.name)
def test_nothing_breaks_under_several_faults(search: Search) -> None:
    found = run(search)
    assert (found.broken, found.path) == ("", ())
