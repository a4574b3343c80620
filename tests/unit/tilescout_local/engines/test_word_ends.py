"""Words of a line are cut where their letters end; the recogniser places letters only roughly."""

from __future__ import annotations

from tilescout_local.engines.ink_extent import Extent
from tilescout_local.engines.recognition import Reading
from tilescout_local.engines.word_ends import with_spaces_at_gaps, word_ends


def inked(*letters: tuple[float, float]) -> Extent:
    return Extent(letters[0][0], 0.2, letters[-1][1], 0.8, letters)


def test_a_word_of_one_letter_alone_is_as_wide_as_the_ink() -> None:
    assert word_ends([3], 0, 1, 10.0, inked((0.25, 0.6))) == (0.25, 0.6)


def test_an_end_within_a_letter_moves_to_the_end_of_that_letter() -> None:
    ink = inked((0.1, 0.3), (0.4, 0.6))

    assert word_ends([2, 4], 0, 2, 10.0, ink) == (0.1, 0.6)


def test_a_word_reaches_half_a_letter_beyond_where_its_letters_fired() -> None:
    ink = inked((0.05, 0.1), (0.2, 0.3), (0.4, 0.5), (0.9, 0.95))

    assert word_ends([2, 4], 0, 2, 10.0, ink) == (0.15, 0.55)


def test_a_rule_that_the_first_letter_touches_does_not_widen_the_word() -> None:
    ink = inked((0.0, 0.5), (0.6, 0.8))

    assert word_ends([4, 6], 0, 2, 10.0, ink)[0] == 0.35


def test_a_letter_of_the_word_before_is_not_taken() -> None:
    ink = inked((0.1, 0.3), (0.32, 0.48), (0.5, 0.7))

    assert word_ends([1, 3, 5, 7], 2, 4, 10.0, ink)[0] == 0.45


def test_a_word_whose_ink_was_taken_for_a_line_keeps_its_letters() -> None:
    ink = inked((0.6, 0.7), (0.8, 0.9))

    start, end = word_ends([1, 2, 3, 6, 8], 0, 3, 10.0, ink)

    assert (start, end) == (0.1, 0.4)


def reading(text: str, *columns: int) -> Reading:
    return Reading(text, 0.9, columns, (0.9,) * len(columns), 100.0)


def test_a_letter_far_along_the_dimension_line_is_a_word_of_its_own() -> None:
    far = reading("0.150", 2, 6, 10, 14, 80)

    assert with_spaces_at_gaps(far, (41, 462)).text == "0.15 0"


def test_letters_of_one_word_stay_together() -> None:
    near = reading("A B C1", 2, 20, 40, 44)

    assert with_spaces_at_gaps(near, (20, 200)) == near
