"""An O is told from a 0, and an I from a 1, by the width of its ink."""

from __future__ import annotations

import pytest

from tilescout_local.engines.ink_extent import Extent
from tilescout_local.engines.letter_widths import with_letters_by_width
from tilescout_local.engines.recognition import Reading

HEIGHT, WIDTH = 30, 200


def read(text: str, widths: list[float]) -> str:
    """What becomes of a line of letters of these widths (px), 5 px apart, 30 px high."""
    lefts = [sum(widths[:at]) + 5 * at for at in range(len(widths))]
    letters = tuple(
        (left / WIDTH, (left + width) / WIDTH) for left, width in zip(lefts, widths, strict=True)
    )
    count = len(text.replace(" ", ""))
    reading = Reading(text, 0.99, tuple(range(count)), (0.99,) * count, float(count))
    ink = Extent(0.0, 0.0, 1.0, 1.0, letters)
    return with_letters_by_width(reading, ink, (HEIGHT, WIDTH)).text


@pytest.mark.parametrize(
    ("text", "widths", "expected"),
    [
        ("1022", [4, 28, 19, 19], "IO22"),  # IO22 in Arial
        ("1022", [11, 19, 19, 19], "1022"),
        ("102 7", [4, 28, 19, 19], "IO2 7"),
        ("PU0L 5", [20, 20, 27, 16, 19], "PUOL 5"),
        ("C100", [20, 15, 18, 18], "C100"),  # no digit tells the width
        ("1503", [4, 19, 19, 19], "1503"),  # a 1 that is a mere stroke
        ("2080", [16, 22, 16, 22], "2080"),  # 22 px of 30 px high are no O
    ],
)
def test_letters_are_told_by_their_width(text: str, widths: list[float], expected: str) -> None:
    assert read(text, widths) == expected


def test_letters_that_touch_are_left_as_they_were_read() -> None:
    assert read("1022", [4, 28, 43]) == "1022"
