"""Boxes as a person types them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tilescout.geometry import Box
from tilescout_examples.boxes import BadBox, BoxOnPage, parse_box


def test_file_page_box_and_label_are_read() -> None:
    assert parse_box("plans/a#b.pdf#2:100,200.5,130,230=gate valve") == BoxOnPage(
        Path("plans/a#b.pdf"), 2, Box(100, 200.5, 130, 230), "gate valve"
    )


def test_the_label_may_be_left_out() -> None:
    assert parse_box("a.pdf#1:1,2,3,4").label == "symbol"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.pdf", "a box is FILE#PAGE:LEFT,TOP,RIGHT,BOTTOM=LABEL"),
        ("a.pdf#0:1,2,3,4", "pages count from 1"),
        ("a.pdf#1:1,2,3", "four numbers"),
        ("a.pdf#1:3,2,1,4", "left must be less than its right"),
    ],
)
def test_what_is_no_box_is_refused_with_the_rule(text: str, message: str) -> None:
    with pytest.raises(BadBox, match=message):
        parse_box(text)
