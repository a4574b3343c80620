"""Tags are compared by what a person types, whatever dashes and forms a program stores."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.merging.text.confusions import fold_confusable, normalise


@pytest.mark.parametrize(
    "dash",
    ["\u002d", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212", "\u2043",
     "\ufe58", "\ufe63", "\uff0d", "\u058a", "\u02d7", "\u2500", "\u30fc"],
    ids=ascii,
)  # fmt: skip
def test_any_dash_is_the_plain_one(dash: str) -> None:
    assert normalise(f"FV{dash}1011") == "FV-1011"


@pytest.mark.parametrize(
    ("written", "plain"),
    [("fv-1011", "FV-1011"), ("\uff26\uff36\uff0d\uff11\uff12", "FV-12"), ("»x«", "»X«")],
)  # fmt: skip
def test_case_and_wide_forms_do_not_count(written: str, plain: str) -> None:
    assert normalise(written) == plain


@given(st.text(max_size=20))
def test_normalising_keeps_the_length_and_changes_nothing_the_second_time(text: str) -> None:
    once = normalise(text)
    assert len(once) == len(text)
    assert normalise(once) == once


def test_digits_stand_for_the_letters_that_are_read_in_their_place() -> None:
    assert fold_confusable("F\u20111O1l") == "F-1011"
