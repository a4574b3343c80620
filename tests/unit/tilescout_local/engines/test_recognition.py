"""The recogniser answers within an alphabet, and diameter signs are summed before the choice."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tilescout.detector_kinds import ALPHABET_NAMES
from tilescout_local.engines.alphabet import Alphabet
from tilescout_local.engines.recognition import Reading, decode

DICTIONARY = ["blank", *"0123456789ABIOlxX×$&()", "Ø", "ø", "φ", "∅", "一", "Ｌ", "L", " "]  # noqa: RUF001


def output(*columns: dict[str, float]) -> NDArray[np.float32]:
    """Probabilities of columns; what is left of each is the blank's."""
    table = np.zeros((len(columns), len(DICTIONARY)), np.float32)
    for row, column in zip(table, columns, strict=True):
        for character, probability in column.items():
            row[DICTIONARY.index(character)] = probability
        row[0] = 1 - row.sum()
    return table


def read(*columns: dict[str, float]) -> Reading:
    return decode(output(*columns), float(len(columns)), Alphabet(DICTIONARY))


BLANK: dict[str, float] = {}


def test_letters_are_told_once_with_their_columns() -> None:
    reading = read({"A": 0.9}, {"A": 0.8}, BLANK, {"B": 0.7}, BLANK)

    assert (reading.text, reading.columns) == ("AB", (0, 3))
    assert reading.confidence == pytest.approx(0.8)
    assert reading.length == 5


def test_characters_outside_the_alphabet_are_never_read() -> None:
    assert read({"一": 0.6, "1": 0.35}).text == "1"


def test_full_width_letters_count_for_the_plain_ones() -> None:
    assert read({"Ｌ": 0.6, "L": 0.1, "I": 0.25}).text == "L"  # noqa: RUF001


def test_a_diameter_whose_probability_is_shared_is_read_before_a_digit() -> None:
    shared = {"Ø": 0.05, "φ": 0.06, "∅": 0.04}

    assert read(shared, BLANK, {"8": 0.9}).text == "Ø8"
    assert read(shared, BLANK, {"A": 0.9}).text == "A"
    assert read({"8": 0.9}, BLANK, shared).text == "8"


def test_the_probability_of_a_shared_diameter_does_not_lower_the_confidence() -> None:
    assert read({"Ø": 0.1, "φ": 0.1}, BLANK, {"8": 0.9}).confidence == pytest.approx(0.9)


def test_a_small_slashed_o_before_a_digit_is_a_diameter() -> None:
    assert read({"ø": 0.9}, {"1": 0.9}).text == "Ø1"
    assert read({"ø": 0.9}, {"B": 0.9}).text == "øB"


@pytest.mark.parametrize(
    ("before", "text"), [("1", "112"), ("A", "AI2")], ids=["among digits", "among letters"]
)
def test_an_i_is_a_one_among_digits_where_a_one_is_likely(before: str, text: str) -> None:
    assert read({before: 0.9}, BLANK, {"I": 0.8, "1": 0.1}, BLANK, {"2": 0.9}).text == text


def test_an_i_beside_a_letter_stays() -> None:
    letters = [{"I": 0.8, "1": 0.1}, {"A": 0.9}, {"2": 0.9}, {"3": 0.9}, {"4": 0.9}]

    assert read(*letters).text == "IA234"


def test_an_i_without_a_likely_one_stays() -> None:
    assert read({"1": 0.9}, BLANK, {"I": 0.98}, BLANK, {"2": 0.9}).text == "1I2"


def test_a_dollar_before_no_digit_is_an_ampersand() -> None:
    assert read({"A": 0.9}, {"$": 0.9}, {"B": 0.9}).text == "A&B"
    assert read({"$": 0.9}, {"2": 0.9}).text == "$2"


def test_nothing_is_read_from_blanks() -> None:
    assert read(BLANK, BLANK).text == ""


ZERO, LIKELY_O, ONE = {"0": 0.9}, {"0": 0.8, "O": 0.1}, {"1": 0.8, "I": 0.1}
TWO, A = {"2": 0.9}, {"A": 0.9}


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ([A, LIKELY_O, TWO], "AO2"),
        ([A, ZERO, TWO], "A02"),
        ([A, LIKELY_O, A], "AOA"),
        ([ONE, LIKELY_O, TWO], "IO2"),
        ([{"1": 0.9}, LIKELY_O, TWO], "1O2"),
        ([A, LIKELY_O], "A0"),  # at the end an O tells nothing
        ([TWO, LIKELY_O, A], "20A"),  # nor before a unit
        ([LIKELY_O, TWO], "02"),
    ],
)
def test_a_zero_within_a_word_is_an_o_where_one_is_likely(
    columns: list[dict[str, float]], text: str
) -> None:
    assert read(*columns).text == text


@pytest.mark.parametrize(("alphabet", "text"), [("latin", "A"), ("chinese", "A一"), ("any", "A一")])
def test_a_profile_may_have_more_characters_than_latin_ones(alphabet: str, text: str) -> None:
    columns = output({"A": 0.9}, BLANK, {"一": 0.8, "1": 0.1})
    assert decode(columns, 3.0, Alphabet(DICTIONARY, alphabet)).text.rstrip("1") == text


def test_every_alphabet_that_a_profile_may_name_is_known() -> None:
    for name in ALPHABET_NAMES:
        assert "A" in Alphabet(DICTIONARY, name).characters


@pytest.mark.parametrize(
    ("small", "capital", "text"), [(0.1, 0.3, "4X0"), (0.3, 0.1, "4x0"), (0.0, 0.0, "4x0")]
)
def test_a_multiplication_sign_between_digits_is_the_likelier_letter(
    small: float, capital: float, text: str
) -> None:
    sign = {"×": 0.6, "x": small, "X": capital}  # noqa: RUF001
    assert read({"4": 0.9}, sign, {"0": 0.9}).text == text


def test_a_multiplication_sign_at_the_end_stays() -> None:
    reading = read({"2": 0.9}, {"4": 0.9}, {"×": 0.6, "x": 0.3}, {")": 0.9})  # noqa: RUF001
    assert reading.text == "24×)"  # noqa: RUF001
