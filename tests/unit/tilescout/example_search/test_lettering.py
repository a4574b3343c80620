"""Two symbols of the same strokes are told apart by the letters inside of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.unit.tilescout.example_search.drawn_strokes import (
    VALVE,
    box_at,
    page_of,
    placed,
    word_at,
)
from tilescout.example_search import (
    Example,
    Finding,
    LearnedSymbol,
    best_of,
    find_symbols,
    learn_symbol,
    with_common_lettering,
)
from tilescout.example_search.lettering import difference
from tilescout.rendering.page_strokes import PageStrokes


def lettered(letters: Sequence[str]) -> PageStrokes:
    """Returns a page with a valve every 70 points, each with its words inside of it."""
    page = page_of([placed(VALVE, 60 + 70 * at, 100) for at in range(len(letters))])
    words = [
        word_at(word, 60 + 70 * at, 100 + 2 * number)
        for at, of_valve in enumerate(letters)
        for number, word in enumerate(of_valve.split())
    ]
    return replace(page, words=(*words, word_at("NOTES", 500, 350)))


def learned(page: PageStrokes, at: int = 0) -> LearnedSymbol:
    return learn_symbol(page, Example(box_at(60 + 70 * at, 100), "valve"))


def reasons(page: PageStrokes, symbol: LearnedSymbol) -> list[str]:
    finds = [find for find in find_symbols(page, symbol).findings if find.score >= 0.5]
    return [find.withheld for find in sorted(finds, key=lambda find: find.box.left)]


def test_a_find_with_another_letter_is_withheld_with_both_letters() -> None:
    page = lettered(["J", "J", "S", "J"])
    assert reasons(page, learned(page)) == [
        "", "", "its lettering is 'S', the example's is 'J'", ""
    ]  # fmt: skip


def test_a_find_without_letters_is_withheld_where_the_example_has_some() -> None:
    page = lettered(["J", "J", "J", ""])
    assert reasons(page, learned(page))[3] == "it has no lettering, the example's is 'J'"


def test_a_find_with_letters_is_withheld_where_the_example_has_none() -> None:
    page = lettered(["", "", "", "S"])
    assert reasons(page, learned(page))[3] == "its lettering is 'S', the example has none"


@pytest.mark.parametrize("tag", ["12", "J4", "VALVE"])
def test_tags_with_digits_and_long_words_are_not_compared(tag: str) -> None:
    page = lettered(["J", "J", f"J {tag}", "J 7"])
    assert reasons(page, learned(page)) == ["", "", "", ""]


def test_letters_are_not_compared_where_the_example_has_another_word_only() -> None:
    page = lettered(["I2C_SDA", "SDA", "SCL", "TX"])
    assert reasons(page, learned(page)) == ["", "", "", ""]


def test_letters_in_any_order_are_the_same() -> None:
    page = lettered(["A B", "B A", "A B"])
    assert reasons(page, learned(page)) == ["", "", ""]


def test_letters_that_fewer_than_two_others_share_are_incidental_and_it_is_told() -> None:
    page = lettered(["J", "S", "T", "J"])
    symbol = learned(page)
    assert reasons(page, symbol) == ["", "", "", ""]
    assert symbol.notes == (
        "the lettering 'J' of the example of 'valve' was not compared: fewer than 2 other finds on "
        "its page share it; give an example whose lettering occurs 3 times to tell symbols apart "
        "by it",
    )


def test_nothing_is_told_of_lettering_where_no_symbol_has_any() -> None:
    page = lettered(["", ""])
    assert learned(page).notes == ()


def test_letters_are_compared_on_other_pages_too() -> None:
    symbol = learned(lettered(["J", "J", "J"]))
    assert reasons(lettered(["S", "J"]), symbol) == [
        "its lettering is 'S', the example's is 'J'", ""
    ]  # fmt: skip


def test_a_page_without_words_cannot_be_compared_and_it_is_told() -> None:
    symbol = learned(lettered(["J", "J", "J"]))
    result = find_symbols(page_of([placed(VALVE, 60, 100)]), symbol)
    assert [find.withheld for find in result.findings if find.score >= 0.5] == [""]
    assert result.notes == (
        "the page has no words, so the lettering 'J' of 'valve' was not compared; check its finds",
    )


def test_examples_of_one_label_that_differ_in_letters_ignore_them() -> None:
    page = lettered(["J", "J", "J", "S", "S", "S"])
    symbols = with_common_lettering([learned(page), learned(page, at=3)])
    assert [symbol.lettering for symbol in symbols] == [None, None]
    assert symbols[0].notes == (
        "the examples of 'valve' differ in their lettering, so it was not compared",
    )


def test_examples_of_two_labels_keep_their_letters() -> None:
    page = lettered(["J", "J", "J", "S", "S", "S"])
    other = replace(learned(page, at=3), label="other")
    symbols = with_common_lettering([learned(page), other])
    assert [symbol.lettering for symbol in symbols] == ["J", "S"]


def test_of_two_labels_the_one_with_the_place_s_letters_stays() -> None:
    box = box_at(60, 100)
    one = Finding(
        label="a", box=box, score=0.9, turn=0, mirrored=False, scale=1,
        withheld="its lettering is 'S', the example's is 'J'",
    )  # fmt: skip
    other = Finding(label="b", box=box, score=0.8, turn=0, mirrored=False, scale=1)
    assert best_of([one, other]) == [other]


def test_a_neighbours_word_beside_the_symbols_own_does_not_withhold_a_find() -> None:
    assert difference("J", "E J") == ""
    assert difference("J", "E") == "its lettering is 'E', the example's is 'J'"
