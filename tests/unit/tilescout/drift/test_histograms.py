"""Histograms of fixed bins are added, and kept as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.drift.histograms import (
    CONFIDENCE,
    PER_TILE,
    SYMBOL_SIZE,
    TILES_WITH_INK,
    Histograms,
    added,
    edges,
    from_json,
    histogram,
    middle,
    to_json,
)

NAMES = st.sampled_from((CONFIDENCE, SYMBOL_SIZE, TILES_WITH_INK, f"{PER_TILE}valve"))
HISTOGRAMS = st.dictionaries(
    NAMES, st.dictionaries(st.integers(0, 19), st.integers(1, 9), min_size=1)
)


def test_a_limit_belongs_to_the_upper_bin() -> None:
    assert histogram(CONFIDENCE, [0, 4.99, 5, 99, 100]) == {0: 2, 1: 1, 19: 2}


def test_none_and_all_have_bins_of_their_own() -> None:
    assert histogram(TILES_WITH_INK, [0, 0.01, 0.99, 1]) == {0: 1, 1: 1, 20: 1, 21: 1}


def test_lengths_double_every_four_bins() -> None:
    assert histogram(SYMBOL_SIZE, [8.1, 16.1, 32.1]) == {9: 1, 13: 1, 17: 1}


@pytest.mark.parametrize("name", [CONFIDENCE, SYMBOL_SIZE, TILES_WITH_INK, f"{PER_TILE}valve"])
def test_the_middle_of_a_bin_lies_in_it(name: str) -> None:
    inner = range(1, len(edges(name)))
    assert all(histogram(name, [middle(name, number)]) == {number: 1} for number in inner)


@given(HISTOGRAMS, HISTOGRAMS, HISTOGRAMS)
def test_the_order_of_adding_makes_no_difference(
    one: Histograms, two: Histograms, three: Histograms
) -> None:
    assert added((one, two, three)) == added((added((three, one)), two))


@given(HISTOGRAMS)
def test_text_gives_the_histograms_back(histograms: Histograms) -> None:
    assert from_json(to_json(histograms)) == histograms
